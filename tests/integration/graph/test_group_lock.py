"""The lock of a group: who waits for it waits, and is not thrown out as a deadlock."""

import asyncio

from consumer.graph.connection import rows, run_rows


async def test_who_waits_for_a_group_gets_it(database, narrator):
    """Three transactions on one group, one after the other as the lock lets them: none is tried a second time."""
    wanted = [{"group_id": narrator.group_id, "model": None, "dimension": None, "has_lost": False}]
    attempts, inside = [], []

    async def work(tx):
        attempts.append(tx)
        await rows(tx, "lock_groups", rows=wanted)
        inside.append("in")
        await asyncio.sleep(0.5)
        await run_rows(tx, "finish_groups", wanted)
        inside.append("out")

    await database.write("first", work)
    async with asyncio.TaskGroup() as tasks:
        for _ in range(3):
            tasks.create_task(database.write("lock", work))
    assert len(attempts) == 4
    assert inside == ["in", "out"] * 4
