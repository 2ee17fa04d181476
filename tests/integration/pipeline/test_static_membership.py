"""Pods with names of their own in the consumer group, on the real Kafka."""

import asyncio

import pytest
from plugins.end_to_end import drained, pods, until

from consumer.app.runtime import open_runtime
from consumer.errors import UserError
from consumer.testing.generate import generate

STATIC = {"group_instance_id": "pod-0", "session_timeout_ms": 120_000}


async def test_a_restart_under_the_same_name_takes_over_at_once(make_log):
    """The next process has the partitions in a moment: nobody waits for the session of the one before."""
    log = await make_log(kafka=STATIC)
    events = generate(seed=21, n=60, groups=3)
    await log.publish(events[:30])
    async with pods(log, 1):
        await drained(log)
    await log.publish(events[30:], first=30)
    async with asyncio.timeout(60), pods(log, 1):
        await drained(log)
    for group in sorted(log.groups):
        log.assert_gold(events, group, *await log.graph(group))


async def test_whose_name_is_taken_ends_and_says_so(make_log):
    """Two pods of one name: the newer one works, the older one ends with one line, and does not come back at it."""
    log = await make_log(kafka=STATIC)
    events = generate(seed=22, n=60, groups=3)
    await log.publish(events)
    async with open_runtime(log.settings) as older, open_runtime(log.settings) as newer:
        running = asyncio.ensure_future(older.run())
        await until(lambda: older.pipeline.assignments.partitions, 20)
        second = asyncio.ensure_future(newer.run())
        with pytest.raises(UserError, match="has taken the name 'pod-0'; give each pod its own"):
            await asyncio.wait_for(running, 90)
        await drained(log)
        assert newer.pipeline.assignments.partitions
        assert newer.source.rebalances == 0, "the older one has thrown it out again"
        newer.stop()
        await second
    for group in sorted(log.groups):
        log.assert_gold(events, group, *await log.graph(group))
