"""The only place that reads the wall clock and the monotonic clock.

Code that decides takes `now` as an argument; code that waits takes a `Clock`, so that a test can pass
`consumer.testing.FakeClock` and no test has to sleep. Not for graph times: those are the record's log time.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What time it is, and a way to wait."""

    def now(self) -> datetime:
        """Return the wall-clock instant, aware, UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never go back, for durations and deadlines."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds` of monotonic time."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> datetime:
        """Return the wall-clock instant, aware, UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that never go back, for durations and deadlines."""
        return time.monotonic()  # noqa: TID251 - this is the place the ban points to

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds` of monotonic time."""
        await asyncio.sleep(seconds)
