"""Many episodes from the topic through the model into the graph: entities and intervals of the gold, none twice."""

import time
import uuid

import pytest
from plugins.end_to_end import drained, pods

from consumer.graph import connect, statistics
from consumer.testing.generate import generate


async def run(make_log, simulator, *, episodes, groups, people, timeout_s):
    """Let two pods drain a log; compare every group; return how many facts there are."""
    name = f"through{uuid.uuid4().hex[:8]}"
    events = [
        event | {"group_id": event["group_id"].replace("grammar", name)}
        for event in generate(seed=23, n=episodes, groups=groups, people=people)
    ]
    log = await make_log()
    await log.publish(events)
    began = time.monotonic()
    async with pods(log, 2):
        await drained(log, timeout_s)
    took_s = time.monotonic() - began
    assert await log.dead_letters() == []
    assert len(log.groups) == groups
    total = 0
    database = connect(log.settings.neo4j)
    for group in sorted(log.groups):
        entities, facts = await log.graph(group)
        log.assert_gold(events, group, entities, facts)
        assert (await statistics(database, group)).duplicates == 0
        total += len(facts)
    await database.aclose()
    chats, embeddings = simulator.stats.chat_calls, simulator.stats.embedding_calls
    print(
        f"episodes={episodes} groups={groups} facts={total} took_s={took_s:.0f} episodes_per_s={episodes / took_s:.0f} "
        f"chat_calls={chats} embedding_calls={embeddings} chat_calls_per_episode={chats / episodes:.2f}"
    )
    return total


@pytest.mark.timeout(2_400)
async def test_some_episodes_end_as_the_gold(make_log, simulator):
    """A short form of the long one."""
    assert await run(make_log, simulator, episodes=1_000, groups=5, people=20, timeout_s=800) > 300


@pytest.mark.slow
@pytest.mark.timeout(3_600)
async def test_twenty_thousand_episodes_end_as_the_gold(make_log, simulator):
    """A thousand people in 20 groups, through Kafka, extraction and embedding by the simulator, and Neo4j."""
    assert await run(make_log, simulator, episodes=20_000, groups=20, people=50, timeout_s=3_000) > 10_000
