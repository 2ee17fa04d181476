"""Facts as the whole store makes them, against the gold that sweeps over each relation's days with all facts at once.

Ends, corrections, marriages told from either side, late and undated facts; in any order of arrival, with removals.
"""

import asyncio
from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from plugins.graph_in_memory import MemoryDatabase
from plugins.like_names import in_batches
from plugins.told_facts import embedded, event, shown, wanted

from consumer.graph.fact_reader import FactReader
from consumer.graph.store import Neo4jGraphStore
from consumer.model.episode import Removal
from consumer.model.instants import iso
from consumer.testing.gold import GoldGraph, gold
from consumer.testing.sentences import (
    CHAIR_OF,
    LIKES,
    MARRIED_TO,
    WORKS_AT,
    asserts,
    asserts_between,
    corrects,
    corrects_end,
    ends,
)

PEOPLE = ["Ada Berg", "Wim Okafor", "Lena Voss"]
FIRMS = ["Initech", "Globex", "Hooli"]
FIRST = date(2020, 3, 2)


def random_log(rng, length):
    """Events on few triples. What the gold leaves open is left out.

    That is: two dates on the same day, a first of a month that may stand for it, two spans of one triple, whose ends
    say that of each other.
    """
    days = [FIRST + timedelta(days=n) for n in range(length * 6)]
    days = [day for day in days if day.day != 1]
    rng.shuffle(days)
    told, dated, spans = [], [], set()
    for number in range(length):
        relation = rng.choice([WORKS_AT, CHAIR_OF, MARRIED_TO, LIKES])
        subject = rng.choice(PEOPLE)
        target = rng.choice([p for p in PEOPLE if p != subject] if relation is MARRIED_TO else FIRMS)
        kind = rng.choice(["since", "since", "undated", "between", "ends", "corrects", "corrects"])
        if kind == "between":
            if (relation, subject, target) in spans:
                kind = "since"
            spans |= {(relation, subject, target), (relation, target, subject)}
        reference = days.pop()
        day = days.pop()
        if kind == "since":
            content = asserts(subject, relation, target, day)
            dated.append((subject, relation, target, day, False))
        elif kind == "undated":
            content = asserts(subject, relation, target)
        elif kind == "between":
            since, until = sorted((day, days.pop()))
            content = asserts_between(subject, relation, target, since, until)
        elif kind == "ends" or not dated:
            content = ends(subject, relation, target, day)
            dated.append((subject, relation, target, day, True))
        else:
            subject, relation, target, wrong, was_end = rng.choice(dated)
            say = corrects_end if was_end else corrects
            content = say(subject, relation, target, day, wrong)
            dated.append((subject, relation, target, day, was_end))
        told.append(event(number, content, reference))
    return told


def either_way(facts):
    """The facts, each marriage with its ends in order: a later test looks at who is shown first."""
    return sorted((*sorted((s, o)), r, *rest) if r == "MARRIED_TO" else (s, o, r, *rest) for s, r, o, *rest in facts)


def written(batches):
    """The graph in memory after the batches."""
    database = MemoryDatabase()
    store = Neo4jGraphStore(database)

    async def write():
        for batch in batches:
            await store.write(batch)

    asyncio.run(write())
    return database


@settings(max_examples=150, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 9))
def test_the_graph_is_the_gold(rng, length):
    """Every fact with both its dates, and no other."""
    log = random_log(rng, length)
    items = [embedded(one, number) for number, one in enumerate(log)]
    assert either_way(shown(written([items]))) == either_way(wanted(gold(log)["g"]))


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False))
def test_arrival_and_removal_leave_the_gold(rng):
    """Shuffled, twice, in any batches, some removed before or after they came: the gold of what stays."""
    log = random_log(rng, 10)
    items = [embedded(one, number) for number, one in enumerate(log)]
    arriving = items + rng.sample(items, 4)
    rng.shuffle(arriving)
    gone = set(rng.sample(range(10), 3))
    for number in gone:
        at = embedded(event(99, "", FIRST), 100 + number).episode.position
        arriving.insert(rng.randint(0, len(arriving)), Removal("g", f"g.{number}", at))
    database = written(in_batches(rng, arriving))
    stays = [one for number, one in enumerate(log) if number not in gone]
    assert either_way(shown(database)) == either_way(wanted(gold(stays)["g"]))
    for uuid, node in database.nodes["Episodic"].items():
        assert node["entity_edges"] == sorted(f for f, fact in database.facts.items() if uuid in fact["episodes"])


def test_a_correction_is_shown_in_its_own_words():
    """Not 2019 but 2018, not 2018 but 2019, and taken back: the sentence, its date and its episodes."""
    log = [
        event(0, asserts("Ada Berg", WORKS_AT, "Initech", date(2018, 5, 2)), FIRST),
        event(1, corrects("Ada Berg", WORKS_AT, "Initech", date(2019, 5, 2), date(2018, 1, 1)), FIRST),
    ]
    items = [embedded(one, number) for number, one in enumerate(log)]
    database = written([[items[1]], [items[0]]])
    (fact,) = database.facts.values()
    assert fact["fact"] == "Ada Berg works at Initech since 2019-05-02, not 2018-01-01."
    assert (fact["valid_at"], fact["invalid_at"]) == ("2019-05-02T00:00:00Z", None)
    assert fact["episodes"] == [item.episode.uuid for item in items]
    at = embedded(event(99, "", FIRST), 100).episode.position
    database = written([items, [Removal("g", "g.1", at)]])
    assert database.dump() == written([items[:1]]).dump()


def test_a_marriage_told_from_both_sides_is_one_fact():
    """In the direction of the first telling; another marriage of either ends it."""
    log = [
        event(0, asserts("Wim Okafor", MARRIED_TO, "Ada Berg", date(2010, 5, 2)), FIRST),
        event(1, asserts("Ada Berg", MARRIED_TO, "Wim Okafor", date(2010, 6, 2)), FIRST),
        event(2, asserts("Lena Voss", MARRIED_TO, "Ada Berg", date(2015, 5, 2)), FIRST),
    ]
    database = written([[embedded(one, number)] for number, one in enumerate(log)])
    assert shown(database) == [
        ("Lena Voss", "MARRIED_TO", "Ada Berg", "2015-05-02T00:00:00Z", ""),
        ("Wim Okafor", "MARRIED_TO", "Ada Berg", "2010-05-02T00:00:00Z", "2015-05-02T00:00:00Z"),
    ]


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False))
def test_what_was_known_at_a_time_is_the_graph_of_the_log_so_far(rng):
    """At each record's time, read from the whole graph, the facts are those of the log up to it; and as of any day."""
    log = random_log(rng, 8)
    items = [embedded(one, number) for number, one in enumerate(log)]
    arriving = rng.sample(items, len(items))
    reader = FactReader(written(in_batches(rng, arriving)))
    for number, item in enumerate(items):
        known_at = item.episode.position.logged_at
        so_far = gold(log[: number + 1])["g"]
        assert either_way(held(reader, known_at=known_at)) == either_way(wanted(so_far))
        day = datetime(2020, 3, 2, tzinfo=UTC) + timedelta(days=rng.randint(0, 50))
        then = GoldGraph(facts=so_far.at(day))
        assert either_way(held(reader, known_at=known_at, as_of=day)) == either_way(wanted(then))


def held(reader, **asked):
    """What the reader answers about everybody, one entity at a time, as `wanted` has it."""
    names = {node["name"] for node in reader._database.nodes["Entity"].values()}
    found = {fact for name in sorted(names) for fact in asyncio.run(reader.facts("g", about=[name], **asked))}
    assert found == set(asyncio.run(reader.facts("g", **asked)))
    return [
        (f.subject, f.relation, f.object, *(iso(t) if t else "" for t in (f.valid_at, f.invalid_at))) for f in found
    ]


def test_who_does_not_sum_up_leaves_what_was_said():
    """Switched off, a summary has no sentence of a fact."""
    items = [embedded(event(0, asserts("Ada Berg", WORKS_AT, "Initech", date(2018, 5, 2)), FIRST), 0)]
    database = MemoryDatabase()
    asyncio.run(Neo4jGraphStore(database, sums_up=False).write(items))
    assert {node["summary"] for node in database.nodes["Entity"].values()} == {""}
    database = written([items])
    assert {node["summary"] for node in database.nodes["Entity"].values()} == {
        "Ada Berg works at Initech since 2018-05-02."
    }
