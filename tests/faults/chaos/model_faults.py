"""What the models do: fail, throttle, hang, talk nonsense, refuse; and what happens on the way to them."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from faults.chaos.stage import Stage


def profile(name: str, **rates: float) -> Callable[..., Awaitable[Callable[[], Awaitable[None]]]]:
    """Return a fault that lets the simulator behave with these rates, beside what others have set."""

    async def begin(stage: Stage, rng: random.Random, _: float) -> Callable[[], Awaitable[None]]:
        del rng
        stage.world.models.begin(name, rates)

        async def end() -> None:
            stage.world.models.end(name)

        return end

    return begin


async def cut(stage: Stage, rng: random.Random, _: float) -> Callable[[], Awaitable[None]]:
    """Reset all connections, now and at the end."""
    del rng
    stage.world.llm.cut()

    async def again() -> None:
        stage.world.llm.cut()

    return again


async def blackhole(stage: Stage, rng: random.Random, _: float) -> Callable[[], Awaitable[None]]:
    """Let connections open and nothing pass."""
    del rng
    stage.world.llm.blackhole()

    async def restore() -> None:
        stage.world.llm.restore()

    return restore
