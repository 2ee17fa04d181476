"""The office register since 1789 in a real graph: every fact with its dates, every question, at any time of the log."""

import asyncio
import json
import random

import pytest
from plugins.graph_dump import wipe
from plugins.offices import DATA, questions, register, true_facts

from consumer.graph import Neo4jGraphStore, connect, digest
from consumer.graph.fact_reader import FactReader
from consumer.model.episode import Embedded
from consumer.model.work import Record
from consumer.pipeline.decode import decode
from consumer.settings import Neo4jSettings, PipelineSettings

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the optional data folder ../shared/data is not there")

LOG_START_MS = 1_700_000_000_000


@pytest.fixture(scope="module")
def events():
    """The records with their facts."""
    return list(register())


def items_of(events, group):
    """The events as the store takes them, told in this order in a group of their own."""
    items = []
    for number, event in enumerate(events):
        value = json.dumps(event | {"group_id": group}).encode()
        episode = decode(Record("t", 0, number, LOG_START_MS + number, group.encode(), value, ()), PipelineSettings())
        items.append(Embedded(episode, episode.given, {}, "none"))
    return items


async def write(store, items, size):
    """Write in batches."""
    for start in range(0, len(items), size):
        await store.write(items[start : start + size])


async def held(database, group, **asked):
    """What the reader says of the group."""
    found = await FactReader(database).facts(group, **asked)
    assert len({fact.uuid for fact in found}) == len(found)
    return {(f.subject, f.relation, f.object, f.valid_at, f.invalid_at) for f in found}


async def shown(database, group):
    """The facts as anybody reads them from the graph, each as often as it is there."""
    rows, _, _ = await database.driver.execute_query(
        "MATCH (s)-[r:RELATES_TO {group_id: $g}]->(o) "
        "RETURN s.name AS s, r.name AS r, o.name AS o, r.valid_at AS v, r.invalid_at AS i",
        g=group,
    )
    return [(row["s"], row["r"], row["o"], *(row[k] and row[k].to_native() for k in "vi")) for row in rows]


async def test_every_fact_and_question_whatever_the_delivery(database, store, narrator, events, neo4j_uri):
    """In order, with duplicates, by three pods at once, shuffled in arrival: one digest. Told shuffled: one history."""
    group = narrator.group_id
    items = items_of(events, group)
    wanted = set(true_facts())
    assert len(wanted) == 452
    rng = random.Random(4)

    await write(store, items, 40)
    found = await shown(database, group)
    assert len(found) == 452
    assert set(found) == wanted
    assert await held(database, group) == wanted
    in_order = await digest(database, group)

    asked = 0
    for office, instant, answer in questions():
        holders = {s for s, _, _, _, _ in await held(database, group, about=[office], as_of=instant)}
        assert holders == ({answer} if answer else set()), (office, instant)
        asked += 1
    assert asked == 115

    await wipe(database, group)
    await write(store, [*items, *rng.sample(items, 100)], 7)
    assert await digest(database, group) == in_order

    await wipe(database, group)
    pods = [connect(Neo4jSettings(uri=neo4j_uri)) for _ in range(3)]
    try:
        async with asyncio.TaskGroup() as tasks:
            for number, pod in enumerate(pods):
                tasks.create_task(write(Neo4jGraphStore(pod), items, 20 + 7 * number))
    finally:
        for pod in pods:
            await pod.aclose()
    assert await digest(database, group) == in_order

    await wipe(database, group)
    await write(store, rng.sample(items, len(items)), 25)
    assert await digest(database, group) == in_order

    await wipe(database, group)
    await write(store, items_of(rng.sample(events, len(events)), group), 40)
    assert sorted(await shown(database, group), key=str) == sorted(wanted, key=str)
    await wipe(database, group)


async def test_what_was_known_of_the_offices_at_a_time(database, store, narrator, events):
    """At each of some times of the log, the facts and the holders are those of a graph that has the log up to there."""
    group, other = narrator.group_id, f"{narrator.group_id}-sofar"
    items = items_of(events, group)
    await write(store, random.Random(5).sample(items, len(items)), 60)
    so_far = items_of(events, other)
    for first, last in ((0, 60), (60, 150), (150, 300), (300, 440)):
        await write(store, so_far[first:last], 60)
        known_at = items[last - 1].episode.position.logged_at
        told = await held(database, group, known_at=known_at)
        assert told == set(await shown(database, other))
        _, instant, _ = list(questions())[last // 5]
        then = {
            fact for fact in told if (fact[3] is None or fact[3] <= instant) and (fact[4] is None or instant < fact[4])
        }
        assert await held(database, group, known_at=known_at, as_of=instant) == then
    assert told == set(true_facts())
    for name in (group, other):
        await wipe(database, name)
