"""Many episodes about many people: every entity and every interval is the gold's, and nothing is there twice."""

import asyncio
import random
import time
import uuid
from collections import defaultdict

import pytest
from plugins.graph_dump import wipe
from plugins.told_facts import embedded

from consumer.graph import Neo4jGraphStore, connect, statistics
from consumer.graph.fact_reader import FactReader
from consumer.settings import Neo4jSettings
from consumer.testing.generate import generate
from consumer.testing.gold import gold

WRITERS = 3


async def write(uri, items, rng):
    """Write the items in their order, in batches of any size; now and then what went before once more."""
    database = connect(Neo4jSettings(uri=uri))
    store = Neo4jGraphStore(database)
    try:
        at = 0
        while at < len(items):
            size = rng.randint(1, 120)
            await store.write(items[max(at - rng.choice([0, 0, 0, 30]), 0) : at + size])
            at += size
    finally:
        await database.aclose()


async def check(database, group, wanted):
    """Entities, types and facts of a group, as anybody reads them and as the history reader does."""
    entities, _, _ = await database.driver.execute_query(
        "MATCH (e:Entity {group_id: $g}) RETURN e.name AS name, [l IN labels(e) WHERE l <> 'Entity'][0] AS type",
        g=group,
    )
    assert sorted((row["name"], row["type"]) for row in entities) == sorted(wanted.entities.items())
    facts, _, _ = await database.driver.execute_query(
        "MATCH (s)-[r:RELATES_TO {group_id: $g}]->(o) "
        "RETURN s.name AS s, r.name AS r, o.name AS o, r.valid_at AS v, r.invalid_at AS i",
        g=group,
    )
    found = [(row["s"], row["r"], row["o"], *(row[k] and row[k].to_native() for k in "vi")) for row in facts]
    assert len(found) == len(set(found))
    assert set(found) == {(f.subject, f.relation, f.object, f.valid_at, f.invalid_at) for f in wanted.facts}
    held = await FactReader(database).facts(group)
    assert {(f.subject, f.relation, f.object, f.valid_at, f.invalid_at) for f in held} == set(found)
    assert (await statistics(database, group)).duplicates == 0
    return len(found)


async def run(database, uri, episodes, groups, people):
    """Let three writers write the log at once, two of them the same groups; compare everything; return the facts."""
    name = f"many{uuid.uuid4().hex[:8]}"
    events = [
        event | {"group_id": event["group_id"].replace("grammar", name)}
        for event in generate(seed=20, n=episodes, groups=groups, people=people)
    ]
    rng = random.Random(20)
    shares = defaultdict(list)
    for number, event in enumerate(events):
        mine = int(event["group_id"].rsplit("-", 1)[1]) % (WRITERS - 1)
        shares[mine].append(embedded(event, number))
    began = time.monotonic()
    async with asyncio.TaskGroup() as tasks:
        for number in range(WRITERS):
            tasks.create_task(write(uri, shares[number % (WRITERS - 1)], random.Random(rng.random())))
    took_s = time.monotonic() - began
    total = 0
    wanted = gold(events)
    assert len(wanted) == groups
    for group, graph in sorted(wanted.items()):
        total += await check(database, group, graph)
        await wipe(database, group)
    print(f"episodes={episodes} groups={groups} facts={total} written_in_s={took_s:.0f}")
    return total


async def test_some_episodes_are_the_gold(database, neo4j_uri):
    """A short form of the long one."""
    assert await run(database, neo4j_uri, episodes=800, groups=4, people=50) > 400


@pytest.mark.slow
@pytest.mark.timeout(3_600)
async def test_twenty_thousand_episodes_about_a_thousand_people_are_the_gold(database, neo4j_uri):
    """20 groups of 50 people each, a thousand episodes a group."""
    assert await run(database, neo4j_uri, episodes=20_000, groups=20, people=50) > 10_000
