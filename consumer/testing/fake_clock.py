"""A clock that a test turns by hand, so that no test has to sleep."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from datetime import UTC, datetime, timedelta

_TURNS = 10


class FakeClock:
    """Time stands still until `advance`.

    K1: sleepers wake in the order of their deadlines, equal ones in the order in which they went to sleep.
    K2: a sleeper sees the instant of its own deadline, not the end of the advance.
    """

    def __init__(self, start: datetime = datetime(2024, 1, 1, tzinfo=UTC), *, skips_sleep: bool = False) -> None:
        """Begin at `start`; with `skips_sleep` every sleep passes at once and moves the time along."""
        self._start = start
        self._elapsed_s = 0.0
        self._skips_sleep = skips_sleep
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()
        self.slept: list[float] = []

    def now(self) -> datetime:
        """Return the wall-clock instant, aware, UTC."""
        return self._start + timedelta(seconds=self._elapsed_s)

    def monotonic(self) -> float:
        """Return seconds since the clock was made."""
        return self._elapsed_s

    @property
    def sleepers(self) -> int:
        """How many tasks wait for this clock."""
        return sum(not future.done() for _, _, future in self._sleepers)

    async def sleep(self, seconds: float) -> None:
        """Wait until `advance` has passed `seconds`; what was asked for is kept in `slept`."""
        self.slept.append(seconds)
        if self._skips_sleep or seconds <= 0:
            self._elapsed_s += max(seconds, 0.0)
            await asyncio.sleep(0)
            return
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._elapsed_s + seconds, next(self._numbers), future))
        await future

    async def advance(self, seconds: float) -> None:
        """Let `seconds` pass, waking sleepers on the way, and let the tasks that woke run."""
        until = self._elapsed_s + seconds
        await self.settle()
        while self._sleepers and self._sleepers[0][0] <= until:
            deadline, _, future = heapq.heappop(self._sleepers)
            if future.done():
                continue
            self._elapsed_s = max(self._elapsed_s, deadline)
            future.set_result(None)
            await self.settle()
        self._elapsed_s = until
        await self.settle()

    async def settle(self) -> None:
        """Give the other tasks a few turns of the event loop; no time passes."""
        for _ in range(_TURNS):
            await asyncio.sleep(0)
