"""Generated logs: equal for equal seeds, valid events, and rich in what the graph must get right."""

from collections import Counter
from datetime import datetime

import pytest

from consumer.model.events import EVENT
from consumer.testing.grammar import generate, gold, padded, parse


def test_equal_arguments_give_equal_logs():
    """The seed decides everything."""
    assert generate(7, 50, 3) == generate(7, 50, 3)
    assert generate(7, 50, 3) != generate(8, 50, 3)


def test_events_are_valid_and_unique():
    """Every event passes the wire contract; ids are unique; a group's reference times never go back."""
    events = generate(1, 200, 4)
    for event in events:
        EVENT.validate_python(event)
    assert len({(event["group_id"], event["event_id"]) for event in events}) == len(events) == 200
    for group in {event["group_id"] for event in events}:
        times = [datetime.fromisoformat(e["reference_time"]) for e in events if e["group_id"] == group]
        assert times == sorted(times)


@pytest.mark.parametrize("size", [0, 80, 400, 5_000])
def test_content_is_padded_to_size_without_saying_more(size):
    """Padding is filler: same knowledge, at least so many bytes and not many more."""
    for plain, long in zip(generate(3, 30), generate(3, 30, content_bytes=size), strict=True):
        length = len(long["content"].encode())
        assert 0 <= length - max(size, len(plain["content"].encode())) <= 1
        reference = datetime.fromisoformat(plain["reference_time"])
        assert parse(long["content"], reference) == parse(plain["content"], reference)
    assert padded("x.", 1) == "x."


def test_a_log_holds_every_hard_case():
    """Late facts, ties, ends without a start, first person, repeated facts, several scripts."""
    events = generate(2, 600, 2)
    texts = [event["content"] for event in events]
    assert any(": I " in text for text in texts)
    assert any(event["source"] == "message" for event in events)
    graphs = gold(events)
    facts = [fact for graph in graphs.values() for fact in graph.facts]
    assert any(fact.valid_at is None for fact in facts)
    assert any(fact.valid_at == fact.invalid_at for fact in facts)
    assert max(Counter((f.subject, f.relation, f.object) for f in facts).values()) > 1
    assert any(not fact.subject.isascii() for fact in facts)
    days = [
        (datetime.fromisoformat(event["reference_time"]).date().isoformat(), event["content"].split("since ")[-1][:10])
        for event in events
        if " since " in event["content"]
    ]
    assert any(said < told for told, said in days), "some facts are told late"


def test_every_assertion_of_a_log_is_in_its_gold_graph():
    """Nothing that is said gets lost on the way to gold."""
    events = generate(4, 300, 2)
    graphs = gold(events)
    for event in events:
        said = parse(event["content"], datetime.fromisoformat(event["reference_time"]), source=event["source"])
        triples = {(f.subject, f.relation, f.object) for f in graphs[event["group_id"]].facts}
        assert {(a.subject, a.relation, a.object) for a in said.assertions} <= triples
        assert {mention.name for mention in said.mentions} <= graphs[event["group_id"]].entities.keys()
