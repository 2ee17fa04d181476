"""N1 to N3: resolution inside the write is a function of the log, whatever the batches, the order and the removals.

The whole store runs, on queries that are played in memory; every property is compared, of our bookkeeping too.
"""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plugins.graph_in_memory import MemoryDatabase
from plugins.like_names import NAMES, TYPES, in_batches, random_episode, removed, said

from consumer.graph.store import Neo4jGraphStore
from consumer.model.ids import entity_uuid, name_key
from consumer.model.knowledge import Assertion, Exclusive, Mention
from consumer.resolve.judge import judge


def told(batches, database=None, **options):
    """The database after the batches."""
    database = database or MemoryDatabase()
    store = Neo4jGraphStore(database, **options)

    async def write():
        for batch in batches:
            await store.write(batch)

    asyncio.run(write())
    return database


def names_shown(database):
    return sorted(node["name"] for node in database.nodes["Entity"].values())


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False))
def test_n1_batch_boundaries_do_not_matter(rng):
    """One at a time, at random, all at once; two groups in one batch, each in its order."""
    items = [random_episode(rng, number, rng.choice("gh")) for number in range(12)]
    whole = told([items]).dump()
    assert told([[item] for item in items]).dump() == whole
    assert told(in_batches(rng, items)).dump() == whole
    by_group = [item for group in "hg" for item in items if item.group_id == group]
    assert told(in_batches(rng, by_group)).dump() == whole


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False))
def test_n1_late_arrivals_and_redeliveries_do_not_matter(rng):
    """Any order of arrival ends where the log's order does."""
    items = [random_episode(rng, number) for number in range(10)]
    shuffled = items + rng.sample(items, 3)
    rng.shuffle(shuffled)
    assert told(in_batches(rng, shuffled)).dump() == told([items]).dump()


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False))
def test_n1_a_removed_episode_leaves_nothing(rng):
    """Aliases, entities, facts and vectors are those of a log that never had it; before it came or after."""
    items = [random_episode(rng, number) for number in range(10)]
    gone = set(rng.sample(range(10), 4))
    events = list(items)
    if rng.random() < 0.5:
        rng.shuffle(events)
    for number in gone:
        events.insert(rng.randint(0, len(events)), removed(number, at=50 + number))
    stays = [item for number, item in enumerate(items) if number not in gone]
    assert told(in_batches(rng, events)).dump() == told([stays] if stays else []).dump()


@settings(max_examples=20, deadline=None)
@given(st.randoms(use_true_random=False))
def test_n2_in_the_order_of_the_log_no_entity_changes_its_uuid(rng):
    """As long as types are known from the first mention: what is there stays under its uuid."""
    kinds = {name: rng.choice(TYPES) for names in NAMES for name in names}
    seen = set()
    database = MemoryDatabase()
    for number in range(10):
        pool = [name for names in rng.sample(NAMES, 2) for name in names]
        mentions = [Mention(name, kinds[name]) for name in rng.sample(pool, 3)]
        told([[said(number, mentions, [])]], database)
        assert seen <= database.nodes["Entity"].keys()
        seen = set(database.nodes["Entity"])


def test_names_of_one_thing_are_one_entity_with_one_fact():
    """And the alias keeps why."""
    database = told(
        [
            [
                said(
                    1,
                    [Mention("John F. Kennedy", "Person")],
                    [Assertion("John F. Kennedy", "LEADS", "USA", "He leads.")],
                )
            ],
            [said(2, [], [Assertion("John Fitzgerald Kennedy", "LEADS", "U.S.A.", "JFK leads the USA.")])],
        ]
    )
    assert names_shown(database) == ["John F. Kennedy", "USA"]
    (fact,) = database.facts.values()
    assert len(fact["episodes"]) == 2
    alias = database.nodes["ConsumerName"][entity_uuid("g", name_key("John Fitzgerald Kennedy"))]
    assert (alias["alias_reason"], alias["alias_of"]) == (
        "middle initial",
        entity_uuid("g", name_key("John F. Kennedy")),
    )


def test_an_earlier_name_that_comes_late_takes_over_the_entity():
    """Facts, mentions and the uuid are those of the log's order, though a name came late."""
    items = [
        said(1, [], [Assertion("Acme Inc.", "OWNS", "Ada", "one", exclusive=Exclusive.OBJECT)]),
        said(2, [], [Assertion("Acme", "OWNS", "Ada", "two", exclusive=Exclusive.OBJECT)]),
        said(3, [], [Assertion("ACME, Inc.", "OWNS", "Bob", "three")]),
    ]
    late = told([[items[2]], [items[1]], [items[0]]])
    assert late.dump() == told([items]).dump()
    assert names_shown(late) == ["Acme Inc.", "Ada", "Bob"]


def test_n3_what_no_link_reaches_is_not_read():
    """A batch of known names costs one read of names, of new ones that resemble nothing too."""
    database = told([[said(1, [Mention("Ada"), Mention("Bob")], [])]])
    before = database.reads["known_names"]
    told([[said(2, [Mention("Ada"), Mention("Zoe")], [])]], database)
    assert database.reads["known_names"] == before + 1


def test_n3_names_that_resemble_nothing_are_hardly_compared():
    """A batch of four hundred new names costs comparisons within blocks, not eighty thousand."""
    letters = "abcdefghijklmnopqrst"
    names = [f"{one}{other} {other}{one}o".title() for one in letters for other in letters]
    judge.cache_clear()
    database = told([[said(1, [Mention(name) for name in names], [])]])
    compared = judge.cache_info()
    assert len(database.nodes["Entity"]) == len(names)
    assert compared.hits + compared.misses < 4 * len(names)


def test_without_rules_only_equal_names_are_one():
    """The setting that turns resolution off."""
    items = [said(1, [Mention("Acme Inc.")], []), said(2, [Mention("Acme"), Mention("ACME")], [])]
    assert names_shown(told([items], resolves_by_rules=False)) == ["Acme", "Acme Inc."]
    assert names_shown(told([items])) == ["Acme Inc."]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_a_type_learnt_later_keeps_two_apart(order):
    """A person and a company of like names, once both types are known, in any order."""
    items = [
        said(1, [Mention("Kraft Inc", "Company")], [Assertion("Kraft Inc", "OWNS", "Ada", "one")]),
        said(2, [Mention("Kraft")], [Assertion("Kraft", "OWNS", "Bob", "two")]),
        said(3, [Mention("Kraft", "Person")], []),
    ]
    database = told([[items[number]] for number in order])
    assert names_shown(database) == ["Ada", "Bob", "Kraft", "Kraft Inc"]
    assert database.dump() == told([items]).dump()
