"""Mapped records on the real services: the right graph without a model call; an unknown ontology is a dead letter."""

import json
from pathlib import Path

from plugins.end_to_end import drained, pods

from consumer import inputs
from consumer.ontology import examples

EXAMPLES = Path(examples.__path__[0])


def told(group, **fields):
    """The shipped office events, of another group, with other fields."""
    for line in inputs.paths()[0].read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        yield {key: value for key, value in (event | {"group_id": group} | fields).items() if value is not None}


def plain(facts):
    """Facts that can be compared."""
    return {
        (f["subject"], f["relation"], f["object"], *(t and t.to_native() for t in (f["valid_at"], f["invalid_at"])))
        for f in facts
    }


async def test_mapped_records_become_the_graph_of_given_facts_without_a_model_call(make_log, simulator):
    """Entities, types and dated facts are those of the events' own facts; nobody asked a chat model.

    Given facts that leave out which side is exclusive become the same graph: their relation says it.
    """
    log = await make_log(ontology={"dir": EXAMPLES})
    given, mapped, silent = f"{log.topic}-given", f"{log.topic}-mapped", f"{log.topic}-silent"
    await log.publish(list(told(given)))
    await log.publish(list(told(mapped, facts=None, extract=None, ontology="offices")), first=1_000)
    unsaid = [
        event | {"facts": [{key: fact[key] for key in fact if key != "exclusive"} for fact in event["facts"]]}
        for event in told(silent, ontology="offices")
    ]
    await log.publish(unsaid, first=2_000)
    async with pods(log, 1):
        await drained(log)
    entities, facts = await log.graph(given)
    assert len(facts) > 60
    for group in (mapped, silent):
        other_entities, other_facts = await log.graph(group)
        assert plain(other_facts) == plain(facts)
        assert len(other_facts) == len(facts)
        assert {(e["name"], *e["types"]) for e in other_entities} == {(e["name"], *e["types"]) for e in entities}
    assert simulator.stats.chat_calls == 0
    assert await log.dead_letters() == []


async def test_an_ontology_nobody_registered_is_a_dead_letter_and_its_group_goes_on(make_log):
    """Given facts or a text to read: both would silently make another graph."""
    log = await make_log(ontology={"dir": EXAMPLES})
    group = log.topic
    good, *bad = (
        {"group_id": group, "event_id": name, "ontology": ontology, **fields}
        for name, ontology, fields in (
            ("good", "offices", {"facts": [{"subject": "Ada", "relation": "HOLDS_OFFICE", "object": "Mayor"}]}),
            ("given", "nope", {"facts": [{"subject": "Bo", "relation": "HOLDS_OFFICE", "object": "Mayor"}]}),
            ("text", "nope", {"content": "Bo is mayor."}),
        )
    )
    await log.publish([*bad, good])
    async with pods(log, 1):
        await drained(log)
    letters = await log.dead_letters()
    told_headers = [dict(letter.headers) for letter in letters]
    assert {headers["episodes.dead_letter.reason"] for headers in told_headers} == {b"unknown-ontology"}
    assert len(letters) == 2
    assert b"known: offices, vulnerabilities" in told_headers[0]["episodes.dead_letter.detail"]
    _, facts = await log.graph(group)
    assert [fact["subject"] for fact in facts] == ["Ada"]
