"""What happens to Neo4j and on the way to it."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import neo4j

from consumer.testing.tcp_proxy import BOLT_COMMIT

if TYPE_CHECKING:
    from faults.chaos.stage import Stage

_HOG_ROWS = 4_000
_HOG = "UNWIND range(1, $rows) AS i CREATE (:Hog {i: i, text: 'a node that takes room and is never committed'})"


async def restart(stage: Stage, rng: random.Random, _: float) -> Callable[[], Awaitable[None]]:
    """Stop the database in order; start it at the end."""
    del rng
    await stage.world.services.neo4j.stop()
    return stage.world.services.neo4j.start


async def kill(stage: Stage, rng: random.Random, _: float) -> Callable[[], Awaitable[None]]:
    """Kill -9 the database; at the end it starts and recovers."""
    del rng
    await stage.world.services.neo4j.stop(kill=True)
    return stage.world.services.neo4j.start


async def delay(stage: Stage, rng: random.Random, _: float) -> Callable[[], Awaitable[None]]:
    """Let every packet take 0.1 to 0.8 s longer."""
    stage.world.neo4j.delay(rng.uniform(0.1, 0.8))
    return _restore(stage)


async def cut(stage: Stage, rng: random.Random, _: float) -> Callable[[], Awaitable[None]]:
    """Reset all connections, now and at the end."""
    del rng
    stage.world.neo4j.cut()

    async def again() -> None:
        stage.world.neo4j.cut()

    return again


async def blackhole(stage: Stage, rng: random.Random, _: float) -> Callable[[], Awaitable[None]]:
    """Let connections open and nothing pass."""
    del rng
    stage.world.neo4j.blackhole()
    return _restore(stage)


async def refuse(stage: Stage, rng: random.Random, _: float) -> Callable[[], Awaitable[None]]:
    """Reset all connections, also new ones."""
    del rng
    stage.world.neo4j.refuse()
    return _restore(stage)


async def throttle(stage: Stage, rng: random.Random, _: float) -> Callable[[], Awaitable[None]]:
    """Let 20 to 100 kB a second through."""
    stage.world.neo4j.throttle(rng.uniform(20_000, 100_000))
    return _restore(stage)


async def commit_unanswered(stage: Stage, rng: random.Random, _: float) -> Callable[[], Awaitable[None]]:
    """Let commits arrive and lose their answers, with their connection: nobody can know whether they were done."""
    stage.world.neo4j.cut_before_answer(BOLT_COMMIT, times=rng.randint(1, 4))
    return _restore(stage)


async def out_of_memory(stage: Stage, rng: random.Random, _: float) -> Callable[[], Awaitable[None]]:
    """Take nearly all memory that transactions share, with one that is never committed."""
    del rng
    hog = asyncio.create_task(_hog(stage.world.neo4j_direct), name="hog")

    async def end() -> None:
        hog.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await hog

    return end


async def _hog(uri: str) -> None:
    """Grow until there is no room, then again to just below that and hold it; begin anew when it is taken from us."""
    most = 10_000
    async with neo4j.AsyncGraphDatabase.driver(uri) as driver:
        while True:
            steps = 0
            try:
                async with driver.session() as session, await session.begin_transaction() as transaction:
                    while steps < most:
                        await (await transaction.run(_HOG, rows=_HOG_ROWS)).consume()
                        steps += 1
                    await asyncio.sleep(60)
            except (neo4j.exceptions.Neo4jError, neo4j.exceptions.DriverError):
                most = max(steps, 1)
                await asyncio.sleep(0.05)


def _restore(stage: Stage) -> Callable[[], Awaitable[None]]:
    async def restore() -> None:
        stage.world.neo4j.restore()

    return restore
