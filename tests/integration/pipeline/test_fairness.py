"""One tenant with ten thousand waiting episodes, and another with one: on the real Kafka and the real Neo4j."""

import asyncio
import statistics

import neo4j
from plugins.end_to_end import pods

from consumer.testing.simulator_profile import Profile

FLOOD = 10_000
ROUNDS = 5
LOOK_EVERY_S = 0.02
AT_MOST = 6
"""Times as long as with nothing else to do: hardly more where the machine has room. Behind all of the flood it would be
a hundred times."""


async def test_a_flooding_tenant_delays_anothers_episode_by_no_more_than_its_idle_time(make_log, simulator):
    """In the same partition, behind all of the flood: a few times what it takes with nothing else to do (medians).

    The model takes a second a call; ten calls at once.
    """
    simulator.profile = Profile(latency_ms=1_000, embedding_latency_ms=50, dimension=64)
    log = await make_log(partitions=1)
    async with pods(log, 1) as (runtime,), neo4j.AsyncGraphDatabase.driver(log.settings.neo4j.uri) as driver:
        idle = [await seconds_until_written(log, driver, f"idle-{number}") for number in range(ROUNDS)]
        await log.publish([flooding(log, number) for number in range(FLOOD)])
        pipeline = runtime.pipeline
        async with asyncio.timeout(300):
            while pipeline.intake.fetched or pipeline.budget.items < FLOOD * 0.8:
                await asyncio.sleep(0.05)
        behind = [await seconds_until_written(log, driver, f"late-{number}") for number in range(ROUNDS)]
        still_waiting = pipeline.budget.items
    print(f"idle {told(idle)}, behind {FLOOD} of another tenant {told(behind)}, still waiting {still_waiting}")
    assert still_waiting > FLOOD / 2
    assert statistics.median(behind) <= AT_MOST * statistics.median(idle)


def flooding(log, number):
    """One of the flood: people of their own, so that no single history gets long."""
    content = f"Ada Quill{number} works at Brightforge{number % 97}."
    event = {"event_id": str(number), "group_id": f"{log.topic}-flood", "content": content, "source": "text"}
    return event | {"reference_time": "2024-05-06T10:00:00Z"}


async def seconds_until_written(log, driver, name):
    """Publish one episode of a group of its own; return how long it takes until the graph has it."""
    group = f"{log.topic}-{name}"
    content = f"Ada Quill works at Brightforge {name}."  # asked before, a cache would answer
    event = {"event_id": "only", "group_id": group, "content": content, "source": "text"}
    loop = asyncio.get_running_loop()
    await log.publish([event | {"reference_time": "2024-05-06T10:00:00Z"}])
    began = loop.time()
    async with asyncio.timeout(200):
        while True:
            found = await driver.execute_query(
                "MATCH (e:Episodic {group_id: $group}) RETURN count(e) AS n", group=group
            )
            if found.records[0]["n"]:
                return loop.time() - began
            await asyncio.sleep(LOOK_EVERY_S)


def told(seconds):
    """The median and the longest."""
    return f"{statistics.median(seconds):.2f} s (longest {max(seconds):.2f} s)"
