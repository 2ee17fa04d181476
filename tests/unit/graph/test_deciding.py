"""Merging and splitting by hand: tried out first, kept over replays, taken back by each other."""

from datetime import UTC, datetime

import pytest
from plugins.graph_in_memory import MemoryDatabase
from plugins.like_names import removed, said

from consumer.errors import UserError
from consumer.graph.deciding import EntityDesk
from consumer.graph.store import Neo4jGraphStore
from consumer.model.knowledge import Assertion, Exclusive, Mention

NOW = datetime(2026, 1, 2, tzinfo=UTC)
ITEMS = [
    said(1, [Mention("Robert Smith", "Person")], [Assertion("Robert Smith", "LEADS", "Acme Inc.", "Robert leads.")]),
    said(2, [Mention("Bob Smith", "Person")], [Assertion("Bob Smith", "LEADS", "Acme", "Bob leads.")]),
    said(
        3, [Mention("B. Smith", "Person")], [Assertion("B. Smith", "OWNS", "Boat", "A boat.", exclusive=Exclusive.BOTH)]
    ),
]


async def told(items=ITEMS, database=None):
    """The database after the episodes."""
    database = database or MemoryDatabase()
    await Neo4jGraphStore(database).write(items)
    return database


def shown(database):
    """Names of entities, and of each fact its ends and how many episodes tell it."""
    names = {uuid: node["name"] for uuid, node in database.nodes["Entity"].items()}
    facts = [(names[f["source"]], f["name"], names[f["target"]], len(f["episodes"])) for f in database.facts.values()]
    return sorted(names.values()), sorted(facts)


async def test_a_merge_is_tried_out_first():
    """It tells what it would do and changes nothing."""
    database = await told()
    before = database.dump()
    outcome = await EntityDesk(database).merge("g", ["Bob Smith", "Robert Smith"], now=NOW)
    assert not outcome.is_written
    assert [[name.name for name in view.names] for view in outcome.before] == [["Robert Smith"], ["Bob Smith"]]
    assert [[name.name for name in view.names] for view in outcome.after] == [["Robert Smith", "Bob Smith"]]
    assert outcome.episodes == 1
    assert database.dump() == before


async def test_a_merge_moves_what_was_said_under_the_names():
    """One entity, and a fact that both told is one with two episodes; the link says that it was by hand."""
    database = await told()
    await EntityDesk(database).merge("g", ["Bob Smith", "Robert Smith"], now=NOW, writes=True)
    assert shown(database) == (
        ["Acme Inc.", "B. Smith", "Boat", "Robert Smith"],
        [("B. Smith", "OWNS", "Boat", 1), ("Robert Smith", "LEADS", "Acme Inc.", 2)],
    )
    (view,) = await EntityDesk(database).show("g", ["Bob Smith"])
    assert [(name.name, name.link and name.link.reason) for name in view.names] == [
        ("Robert Smith", None),
        ("Bob Smith", "by hand"),
    ]
    assert view.decisions == ((*sorted_pair(database, "Bob Smith", "Robert Smith"), "merge", "by hand"),)


def sorted_pair(database, *names):
    """The names in order of their uuids."""
    found = {node["uuid"]: node["state"] for node in database.nodes["ConsumerName"].values()}
    texts = {uuid: name for uuid, state in found.items() for name in names if f'"{name}"' in state}
    return [texts[uuid] for uuid in sorted(texts)]


async def test_a_split_undoes_a_merge_by_hand():
    """Graph and bookkeeping are as before, but for the decision."""
    database = await told()
    before = database.dump()
    desk = EntityDesk(database)
    await desk.merge("g", ["Bob Smith", "Robert Smith"], now=NOW, writes=True)
    await desk.split("g", ["Bob Smith"], now=NOW, writes=True)
    after = database.dump()
    del after["ConsumerDecision"]
    assert after == before


async def test_a_split_undoes_a_merge_by_rule_for_good():
    """A replay, new episodes with the same names and a third name do not bring them together again."""
    database = await told()
    desk = EntityDesk(database)
    await desk.split("g", ["Acme"], now=NOW, reason="two firms", writes=True)
    assert {"Acme", "Acme Inc."} <= set(shown(database)[0])
    await told([*ITEMS, said(5, [Mention("Acme"), Mention("ACME, Inc."), Mention("Acme Inc.")], [])], database)
    assert {"Acme", "Acme Inc."} <= set(shown(database)[0])
    await desk.merge("g", ["Acme", "Acme Inc."], now=NOW, writes=True)
    assert "Acme" not in shown(database)[0]


async def test_decisions_survive_a_replay_of_a_removed_name():
    """The graph is a function of the log and the decisions, also for a name that went and comes again."""
    database = await told()
    desk = EntityDesk(database)
    await desk.merge("g", ["Bob Smith", "Robert Smith"], now=NOW, writes=True)
    again = said(7, [], [Assertion("Bob Smith", "LEADS", "Acme", "Bob leads.")])
    await Neo4jGraphStore(database).write([removed(2, at=50)])
    assert "Bob Smith" not in str(database.dump())
    await told([again], database)
    fresh = MemoryDatabase()
    fresh.nodes["ConsumerDecision"] = database.nodes["ConsumerDecision"]
    fresh.nodes["ConsumerGroup"]["g"] = {"group_id": "g", "version": 0, "decisions": 1}
    await told([ITEMS[0], ITEMS[2], again], fresh)
    assert database.dump() == fresh.dump()
    assert shown(database)[1][1] == ("Robert Smith", "LEADS", "Acme Inc.", 2)


async def test_without_rules_what_was_merged_by_hand_is_one_all_the_same():
    """And nothing else."""
    database = MemoryDatabase()
    await Neo4jGraphStore(database, resolves_by_rules=False).write(ITEMS)
    desk = EntityDesk(database, by_rules=False)
    await desk.merge("g", ["Bob Smith", "Robert Smith"], now=NOW, writes=True)
    assert shown(database)[0] == ["Acme", "Acme Inc.", "B. Smith", "Boat", "Robert Smith"]


async def test_aliases_are_listed_with_their_entity():
    """Entities of one name are not."""
    database = await told()
    found = await EntityDesk(database).aliases("g")
    assert [[(name.name, name.link and name.link.reason) for name in view.names] for view in found] == [
        [("Acme Inc.", None), ("Acme", "parts")]
    ]


async def test_what_cannot_be_decided_is_told():
    """An unknown name, one entity already, nothing to split from."""
    desk = EntityDesk(await told())
    with pytest.raises(UserError, match="no name 'Nobody'"):
        await desk.show("g", ["Nobody"])
    with pytest.raises(UserError, match="one entity already"):
        await desk.merge("g", ["Acme", "Acme Inc."], now=NOW)
    with pytest.raises(UserError, match="no other name"):
        await desk.split("g", ["Boat"], now=NOW)
