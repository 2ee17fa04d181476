"""The driver's pool on a real Neo4j: its use is told, and so is a driver that no longer lets us look."""

import asyncio

from consumer.telemetry.pools import PoolUse, pools_in_use


async def test_the_use_of_the_pool_is_seen(database):
    """In use inside a transaction, idle after it."""
    pool = database._pool
    assert pools_in_use()["neo4j"].limit >= 50
    assert pool.use() == PoolUse(0, pool.use().idle, 50)

    async def look(tx):
        await (await tx.run("RETURN 1")).consume()
        return pool.use()

    seen = await database.read("look", look)
    assert seen.in_use == 1
    await asyncio.sleep(0)
    after = pool.use()
    assert after.in_use == 0
    assert after.idle >= 1
