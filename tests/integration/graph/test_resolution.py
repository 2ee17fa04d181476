"""N1 on the real Neo4j: names that resemble each other, in random batches, orders and removals."""

import random
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from plugins.graph import DIMENSION, FakeEmbedder
from plugins.graph_dump import full_dump, wipe
from plugins.like_names import in_batches, random_episode, removed, said, vector

from consumer.app.reembed import Mover, plan
from consumer.graph import digest
from consumer.graph.deciding import EntityDesk
from consumer.model.knowledge import Assertion, Mention
from consumer.settings import EmbeddingSettings
from consumer.testing.fakes import FakeClock

assert DIMENSION == 384, "as the vectors of plugins.like_names"


@pytest.mark.parametrize("seed", range(6))
async def test_any_delivery_gives_the_graph_of_the_log(database, store, narrator, seed):
    """Every property, of our bookkeeping too, is as if the episodes that stay had been told alone, in order."""
    rng, group = random.Random(seed), narrator.group_id
    items = [random_episode(rng, number, group) for number in range(14)]
    gone = set(rng.sample(range(14), 4))
    events = items + rng.sample(items, 3)
    if seed % 2:
        rng.shuffle(events)
    for number in gone:
        events.insert(rng.randint(0, len(events)), removed(number, 50 + number, group))
    for batch in in_batches(rng, events):
        await store.write(batch)
    found = await digest(database, group), await full_dump(database, group)

    await wipe(database, group)
    await store.write([item for number, item in enumerate(items) if number not in gone])
    assert found[1] == await full_dump(database, group)
    assert found[0] == await digest(database, group)


async def test_two_names_are_one_entity_and_its_fact_is_one(database, store, narrator):
    """An alias is kept with its reason; a name that comes late and stands earlier takes over."""
    group = narrator.group_id
    items = [
        said(1, [Mention("Acme Inc.", "Company")], [Assertion("Acme Inc.", "OWNS", "Ada", "one")], group),
        said(2, [Mention("Acme", "Company")], [Assertion("Acme", "OWNS", "Ada", "two")], group),
    ]
    await store.write([items[1]])
    await store.write([items[0]])
    entities, _, _ = await database.driver.execute_query(
        "MATCH (e:Entity {group_id: $g}) RETURN e.name AS name ORDER BY name", g=group
    )
    assert [record["name"] for record in entities] == ["Acme Inc.", "Ada"]
    facts, _, _ = await database.driver.execute_query(
        "MATCH ()-[r:RELATES_TO {group_id: $g}]->() RETURN r.fact AS fact, r.episodes AS episodes, "
        "r.fact_embedding IS NOT NULL AS has_vector",
        g=group,
    )
    assert [(r["fact"], len(r["episodes"]), r["has_vector"]) for r in facts] == [("one", 2, True)]
    aliases, _, _ = await database.driver.execute_query(
        "MATCH (n:ConsumerName {group_id: $g}) WHERE n.alias_of IS NOT NULL RETURN n.alias_reason AS reason", g=group
    )
    assert [record["reason"] for record in aliases] == ["parts"]


async def test_a_groups_removal_takes_its_aliases(database, store, narrator):
    """Nothing of ours is left but the group's own node."""
    items = [said(n, [Mention(name)], [], narrator.group_id) for n, name in enumerate(["Acme Inc.", "Acme", "ACME"])]
    await store.write(items)
    await store.write([narrator.group_removed(at=9)])
    left, _, _ = await database.driver.execute_query(
        "MATCH (n {group_id: $g}) RETURN labels(n) AS labels", g=narrator.group_id
    )
    assert [record["labels"] for record in left] == [["ConsumerGroup"]]


async def test_part_of_a_group_goes_exactly(database, store, narrator):
    """What stands after the group's removal stays, as if what stood before had never been."""
    group = narrator.group_id
    late = said(3, [Mention("Acme")], [Assertion("Acme", "OWNS", "Ada", "two")], group)
    late = replace(late, episode=replace(late.episode, position=narrator.at(30)))
    await store.write([said(1, [Mention("Acme Inc.")], [Assertion("Acme Inc.", "OWNS", "Bob", "one")], group), late])
    await store.write([narrator.group_removed(at=20)])
    found = await full_dump(database, group)
    await wipe(database, group)
    await store.write([late])
    assert found == await full_dump(database, group)


async def test_a_group_with_aliases_moves_to_another_embedding_model(database, store, narrator):
    """The kept vectors of aliases too: as if written with the new model from the start."""

    class Turned(FakeEmbedder):
        model = f"turned/{DIMENSION}"

        async def embed(self, texts, *, is_query=False):
            return np.stack([turned(text) for text in texts])

    def turned(text):
        return vector(text)[::-1]

    rng, group = random.Random(5), narrator.group_id
    items = [random_episode(rng, number, group) for number in range(10)]
    await store.write(items)
    planned = await plan(database, Turned(), EmbeddingSettings(), [group])
    await Mover(database, Turned(), clock=FakeClock(skips_sleep=True)).move(planned)
    found = await full_dump(database, group)
    await wipe(database, group)
    moved = [
        replace(item, vectors={text: turned(text) for text in item.vectors}, embedding_model=Turned.model)
        for item in items
    ]
    await store.write(moved)
    assert found == await full_dump(database, group)
    assert any("'alias_of'" in line and "vector_" in line for line in found)


async def test_decisions_by_hand_on_the_real_graph(database, store, narrator):
    """A merge is tried out, made and listed; a split of it leaves the graph that was there before."""
    group, now = narrator.group_id, datetime(2026, 1, 1, tzinfo=UTC)
    await store.write(
        [
            said(1, [], [Assertion("Robert Smith", "LEADS", "Acme Inc.", "one")], group),
            said(2, [], [Assertion("Bob Smith", "LEADS", "Acme", "two")], group),
        ]
    )
    before, desk = await digest(database, group), EntityDesk(database)
    (doubt,) = await desk.doubts(group)
    assert {doubt.one.named.name, doubt.other.named.name} == {"Bob Smith", "Robert Smith"}
    assert (await desk.merge(group, ["Bob Smith", "Robert Smith"], now=now)).episodes == 1
    assert await digest(database, group) == before
    await desk.merge(group, ["Bob Smith", "Robert Smith"], now=now, writes=True)
    found = await desk.aliases(group)
    names = [[name.name for name in view.names] for view in found]
    assert names == [["Acme Inc.", "Acme"], ["Robert Smith", "Bob Smith"]]
    await store.write([said(3, [], [Assertion("Bob Smith", "LEADS", "Acme", "three")], group)])
    facts, _, _ = await database.driver.execute_query(
        "MATCH ()-[r:RELATES_TO {group_id: $g}]->() RETURN size(r.episodes) AS episodes", g=group
    )
    assert [record["episodes"] for record in facts] == [3]
    await store.write([removed(3, 50, group)])
    await desk.split(group, ["Bob Smith"], now=now, writes=True)
    assert await digest(database, group) == before
    (view,) = await desk.show(group, ["Bob Smith"])
    assert [choice for _, _, choice, _ in view.decisions] == ["split"]
    await store.write([narrator.group_removed(at=90)])
    left, _, _ = await database.driver.execute_query("MATCH (n {group_id: $g}) RETURN properties(n) AS p", g=group)
    assert [record["p"].get("decisions") for record in left] == [None]
