"""What happens to Kafka and on the way to it. The conductor's own way to the broker has no proxy."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from faults.chaos.pod_faults import nothing

if TYPE_CHECKING:
    from faults.chaos.stage import Stage

OFFSET_COMMIT = b"\x00\x08\x00\x03\x00\x00"
"""How a commit of offsets begins: api key 8, version 3 (aiokafka's), the upper half of a small correlation id."""


async def restart(stage: Stage, rng: random.Random, _: float) -> Callable[[], Awaitable[None]]:
    """Stop the broker in order; start it at the end."""
    del rng
    await stage.world.services.kafka.stop()
    return stage.world.services.kafka.start


async def kill(stage: Stage, rng: random.Random, _: float) -> Callable[[], Awaitable[None]]:
    """Kill -9 the broker; start it at the end."""
    del rng
    await stage.world.services.kafka.stop(kill=True)
    return stage.world.services.kafka.start


async def delay(stage: Stage, rng: random.Random, _: float) -> Callable[[], Awaitable[None]]:
    """Let every packet take 0.1 to 0.8 s longer."""
    stage.world.kafka.delay(rng.uniform(0.1, 0.8))
    return _restore(stage)


async def cut(stage: Stage, rng: random.Random, _: float) -> Callable[[], Awaitable[None]]:
    """Reset all connections, now and at the end."""
    del rng
    stage.world.kafka.cut()

    async def again() -> None:
        stage.world.kafka.cut()

    return again


async def blackhole(stage: Stage, rng: random.Random, _: float) -> Callable[[], Awaitable[None]]:
    """Let connections open and nothing pass."""
    del rng
    stage.world.kafka.blackhole()
    return _restore(stage)


async def refuse(stage: Stage, rng: random.Random, _: float) -> Callable[[], Awaitable[None]]:
    """Reset all connections, also new ones."""
    del rng
    stage.world.kafka.refuse()
    return _restore(stage)


async def commit_unanswered(stage: Stage, rng: random.Random, _: float) -> Callable[[], Awaitable[None]]:
    """Let offset commits arrive and lose their answers, with their connection."""
    stage.world.kafka.cut_before_answer(OFFSET_COMMIT, times=rng.randint(1, 3))
    return _restore(stage)


async def add_partitions(stage: Stage, rng: random.Random, _: float) -> Callable[[], Awaitable[None]]:
    """Add partitions to the topic: from now on, groups may go to another one."""
    await stage.add_partitions(rng.randint(1, 4))
    return nothing


def _restore(stage: Stage) -> Callable[[], Awaitable[None]]:
    async def restore() -> None:
        stage.world.kafka.restore()

    return restore
