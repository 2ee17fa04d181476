"""What producers do: send again, send late, send nonsense, take back."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from faults.chaos.pod_faults import nothing

if TYPE_CHECKING:
    from faults.chaos.stage import Stage


async def duplicates(stage: Stage, rng: random.Random, _: float) -> Callable[[], Awaitable[None]]:
    """Send 20 to 60 of the events that were sent before once more."""
    stage.producer.repeat(rng.randint(20, 60), rng)
    return nothing


async def out_of_order(stage: Stage, rng: random.Random, _: float) -> Callable[[], Awaitable[None]]:
    """Shuffle what is sent: events come after events of later days."""
    stage.producer.shuffled = random.Random(rng.random())

    async def end() -> None:
        stage.producer.shuffled = None

    return end


async def invalid(stage: Stage, rng: random.Random, _: float) -> Callable[[], Awaitable[None]]:
    """Send 5 to 15 records that are no events, of every sort."""
    stage.producer.spoil(rng.randint(5, 15), rng)
    return nothing


async def removals(stage: Stage, rng: random.Random, _: float) -> Callable[[], Awaitable[None]]:
    """Take back 3 to 8 events that were sent before, as events and as tombstones."""
    stage.producer.take_back(rng.randint(3, 8), rng)
    return nothing
