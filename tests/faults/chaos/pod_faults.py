"""What happens to pods: killed, stopped, frozen beyond the session, more and fewer of them, clocks that jump."""

from __future__ import annotations

import random
import signal
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from faults.chaos.pod import Pod
    from faults.chaos.stage import Stage

MOST_PODS = 3


async def nothing() -> None:
    """Undo nothing: what was done is over by itself."""


def _one(stage: Stage, rng: random.Random) -> Pod | None:
    """Return a pod that runs; None when all are gone just now."""
    moving = [pod for pod in stage.fleet.living if not pod.is_frozen]
    return rng.choice(moving) if moving else None


async def kill(stage: Stage, rng: random.Random, _: float) -> Callable[[], Awaitable[None]]:
    """Kill -9 one pod; another takes its place at once."""
    pod = _one(stage, rng)
    if pod is not None:
        await stage.fleet.kill(pod)
    return nothing


async def kill_all(stage: Stage, rng: random.Random, _: float) -> Callable[[], Awaitable[None]]:
    """Kill -9 all pods at once."""
    del rng
    for pod in stage.fleet.living:
        await stage.fleet.kill(pod)
    return nothing


async def sigterm(stage: Stage, rng: random.Random, _: float) -> Callable[[], Awaitable[None]]:
    """Stop one pod in order, as a rolling update does; another takes its place at once."""
    pod = _one(stage, rng)
    if pod is not None:
        stage.later(stage.fleet.stop(pod))
    return nothing


async def freeze(stage: Stage, rng: random.Random, _: float) -> Callable[[], Awaitable[None]]:
    """Stop one pod's process (SIGSTOP) for longer than the group's session, then let it go on as if nothing was."""
    pod = _one(stage, rng)
    if pod is None:
        return nothing
    pod.is_frozen = True
    pod.signal(signal.SIGSTOP)

    async def thaw() -> None:
        pod.is_frozen = False
        pod.signal(signal.SIGCONT)

    return thaw


async def scale_up(stage: Stage, rng: random.Random, _: float) -> Callable[[], Awaitable[None]]:
    """Add pods, up to three; at the end as many as before."""
    before = stage.fleet.wanted
    stage.later(stage.fleet.scale(min(before + rng.randint(1, 2), MOST_PODS)))

    async def back() -> None:
        stage.later(stage.fleet.scale(before))

    return back


async def scale_down(stage: Stage, rng: random.Random, _: float) -> Callable[[], Awaitable[None]]:
    """Take pods away, all but one at most; at the end as many as before."""
    before = stage.fleet.wanted
    stage.later(stage.fleet.scale(max(before - rng.randint(1, 2), 1)))

    async def back() -> None:
        stage.later(stage.fleet.scale(before))

    return back


async def clock_hour(stage: Stage, rng: random.Random, _: float) -> Callable[[], Awaitable[None]]:
    """Set one pod's clock an hour ahead or back, and right again."""
    return _jump(stage, rng, 3_600.0)


async def clock_day(stage: Stage, rng: random.Random, _: float) -> Callable[[], Awaitable[None]]:
    """Set one pod's clock a day ahead or back, and right again."""
    return _jump(stage, rng, 86_400.0)


def _jump(stage: Stage, rng: random.Random, by_s: float) -> Callable[[], Awaitable[None]]:
    pod = _one(stage, rng)
    if pod is None:
        return nothing
    pod.set_clock(rng.choice((-by_s, by_s)))

    async def right() -> None:
        pod.set_clock(0.0)

    return right
