"""The facts kept for summaries, against all facts of the entity, sorted anew after each change."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.graph.summaries import KEPT, SENTENCES, Recent, Recents, recent_of
from consumer.graph.summing import Summing, summed


def a_fact(rng, number):
    """Starts collide, and so do log times."""
    return Recent(rng.randrange(20), rng.randrange(3), f"{rng.randrange(10**6):06d}-{number}", f"Fact | {number}.")


@given(st.integers(0, 10**9))
def test_what_is_kept_is_what_all_facts_give(seed):
    """Any mix of new, late, ended and moved facts; where too few are left it says that it does not know."""
    rng = random.Random(seed)
    everything, kept, number = {}, Recents(), 0
    for _ in range(rng.randrange(1, 30)):
        ending = [] if rng.random() < 0.4 else rng.sample(sorted(everything), min(len(everything), rng.randrange(6)))
        moving = [uuid for uuid in ending if rng.random() < 0.3]
        came = [everything[uuid]._replace(valid_at=rng.randrange(20)) for uuid in moving]
        for _ in range(rng.randrange(12)):
            number += 1
            came.append(a_fact(rng, number))
        for uuid in ending:
            del everything[uuid]
        everything |= {fact.uuid: fact for fact in came}
        latest = sorted(everything.values(), key=lambda fact: fact.rank)
        found = kept.changed(set(ending), came)
        if found is None:
            assert len(everything) >= SENTENCES or kept.has_older
            found = Recents(tuple(latest[:KEPT]), len(latest) > KEPT)
        assert list(found.facts) == latest[: len(found.facts)]
        assert found.has_older == (len(latest) > len(found.facts))
        assert len(found.facts) <= KEPT
        kept = found


def test_a_fact_is_kept_as_text_whatever_its_sentence():
    """The sentence may hold the separator."""
    one = Recent(5, 6, "u", "A | b | c")
    assert recent_of(one.text) == one


@pytest.mark.parametrize("row", [{"uuid": "e", "description": None, "recent": None, "has_older": None}])
def test_what_is_not_known_is_left_to_the_query(row):
    """An entity of an older graph, or an alias before: the graph is read."""
    steps = [("write_facts", [{}]), ("summarise_entities", [{"uuid": "e"}])]
    assert summed(steps, Summing(["e"]), {"e": row}) == steps


def test_a_new_entity_is_written_once():
    """Its summary goes with it, and nothing else is to be done."""
    steps = [
        ("write_entities", [{"uuid": "e", "properties": {"summary": "Said."}, "name": {}}]),
        ("summarise_entities", [{"uuid": "e"}]),
    ]
    came = {"e": [Recent(1, 1, "f", "It is.")]}
    (query, (row,)), *rest = summed(steps, Summing(["e"], {"e": "Said."}, {}, came), {})
    assert (query, rest) == ("write_entities", [])
    assert row["properties"]["summary"] == "Said. It is."
    assert row["name"] == {"recent": ["1|1|f|It is."], "has_older": False}
