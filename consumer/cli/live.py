"""The live view of a running pod: a table on a terminal, a log line every few seconds elsewhere."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from rich.console import Console
from rich.live import Live
from rich.table import Table

from consumer.app.runtime import RuntimeView
from consumer.clock import Clock, SystemClock

logger = logging.getLogger(__name__)

REFRESH_S = 0.25
LOG_EVERY_S = 5.0
RATE_OVER_S = 3.0


class RateMeter:
    """Works a second of each stage over the last seconds; takes the instant as an argument."""

    def __init__(self, over_s: float = RATE_OVER_S) -> None:
        """Average over `over_s` seconds."""
        self._over_s = over_s
        self._samples: list[tuple[float, dict[str, int]]] = []

    def rates(self, now: float, done: dict[str, int]) -> dict[str, float]:
        """Return works a second of each stage, given how many each has done by the monotonic instant `now`."""
        self._samples.append((now, done))
        while len(self._samples) > 2 and self._samples[1][0] <= now - self._over_s:  # noqa: PLR2004 - both ends
            self._samples.pop(0)
        then, before = self._samples[0]
        if now <= then:
            return dict.fromkeys(done, 0.0)
        return {stage: (count - before.get(stage, 0)) / (now - then) for stage, count in done.items()}


def table(view: RuntimeView, rates: dict[str, float]) -> Table:
    """Return `view` as a table: a row per stage, totals in the caption."""
    drawn = Table(title="pipeline", title_justify="left", caption=summary(view), caption_justify="left")
    drawn.add_column("stage")
    for heading in ("done", "in flight", "queue", "rate /s"):
        drawn.add_column(heading, justify="right")
    for stage in view.stages:
        rate = f"{rates.get(stage.name, 0):.0f}"
        drawn.add_row(stage.name, str(stage.done), str(stage.in_flight), str(stage.queued), rate)
    return drawn


def summary(view: RuntimeView) -> str:
    """Return `view` in one line."""
    outcomes = " ".join(f"{name}={count}" for name, count in sorted(view.outcomes.items())) or "nothing yet"
    paused = " PAUSED (budget full)" if view.is_paused else ""
    return f"lag {view.lag} on {view.partitions} partitions, in flight {view.in_flight}{paused}; {outcomes}"


@asynccontextmanager
async def watching(
    view: Callable[[], RuntimeView], console: Console, clock: Clock | None = None
) -> AsyncIterator[None]:
    """Show `view()` while the block runs: live on a terminal, else in the log."""
    watch = _draw if console.is_terminal else _log
    async with asyncio.TaskGroup() as tasks:
        watcher = tasks.create_task(watch(view, console, clock or SystemClock()), name="live-view")
        try:
            yield
        finally:
            watcher.cancel()


async def _draw(view: Callable[[], RuntimeView], console: Console, clock: Clock) -> None:
    meter = RateMeter()

    def now() -> Table:
        current = view()
        return table(current, meter.rates(clock.monotonic(), {stage.name: stage.done for stage in current.stages}))

    with Live(now(), console=console, auto_refresh=False) as live:
        try:
            while True:
                await clock.sleep(REFRESH_S)
                live.update(now(), refresh=True)
        finally:
            live.update(now(), refresh=True)


async def _log(view: Callable[[], RuntimeView], _console: Console, clock: Clock) -> None:
    while True:
        await clock.sleep(LOG_EVERY_S)
        current = view()
        stages = " ".join(f"{s.name}={s.done}+{s.in_flight}/{s.queued}" for s in current.stages)
        logger.info("%s; done+in-flight/queued: %s", summary(current), stages)
