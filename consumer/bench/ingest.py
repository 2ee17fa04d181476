"""Ingestion end to end: episodes published to Kafka, and when each can be read in the graph.

Three ways to publish. `one_at_a_time`: the next when the last can be read; what an idle pod adds to the model's
latency. `under_load`: at a rate, or as many as are taken. `in_bulk`: so many at once, until all are there.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from consumer.bench.gold_check import GoldCheck, check_gold
from consumer.bench.loads import Item, gold_of
from consumer.bench.pod_metrics import StageTimes, capacity
from consumer.bench.pod_samples import PodSamples
from consumer.bench.processes import cpu_by_name, cpu_seconds
from consumer.bench.results import Series
from consumer.bench.rig import Rig
from consumer.bench.services import Progress
from consumer.bench.sightings import Sighting
from consumer.errors import UserError

FEWEST, MOST, AHEAD_S = 400, 3_000, 10.0
"""Flat out: as many episodes are published ahead of what the graph has as were lately written in so many seconds."""

_PATIENCE_S = 60.0
_COLD_PATIENCE_S = 300.0
_CLOSE_LOOK_S = 0.005
_PAUSE_S = 0.02
_TELL_S = 10.0
_LONG_S = 180.0


@dataclass(frozen=True, slots=True)
class Measured:
    """What one measurement found. `sightings`: of episodes published in the time; `seen_at`: when any was seen in it.

    Those published before it and seen in it count for the rate, those seen after it for the latency.
    """

    seconds: float
    sightings: list[Sighting]
    seen_at: list[float]
    began: float
    stats: Mapping[str, Any]
    cpu_s: Mapping[str, float]
    stages: Mapping[str, StageTimes]
    places: Mapping[str, int]
    series: tuple[Series, ...] = ()
    memory_mb: tuple[float, ...] = ()
    missing: int = 0
    bulks_s: tuple[float, ...] = ()

    @property
    def seen(self) -> int:
        """Episodes that were first seen in the time."""
        return len(self.seen_at)


@dataclass(slots=True)
class _Window:
    """What is read when a measurement begins and ends."""

    began: float = 0.0
    ended: float = 0.0
    seen_before: int = 0
    seen_after: int = 0
    stats: Mapping[str, Any] = field(default_factory=dict)
    cpu_s: dict[str, float] = field(default_factory=dict)
    stages: dict[str, StageTimes] = field(default_factory=dict)


async def warm_up(rig: Rig, items: Iterator[Item], count: int) -> None:
    """Have `count` episodes written that are not measured: everything is compiled and connected then.

    Raises:
        UserError: they are not written, so that what is measured would be something else.
    """
    for item in islice(items, count):
        await rig.publish(item)
    if not await rig.watch.all_seen(_COLD_PATIENCE_S):
        raise UserError(f"of {count} episodes {rig.watch.awaited.pending} were not written: is the machine too busy?")


async def one_at_a_time(
    rig: Rig, items: Iterator[Item], count: int, expected_s: float = 0.0, on_progress: Progress = lambda _what: None
) -> Measured:
    """Publish `count` episodes, each when the one before can be read. Looks closely, and not before `expected_s`."""
    samples = _samples(rig, 1.0)
    async with asyncio.TaskGroup() as tasks:
        sampling = tasks.create_task(samples.run(), name="samples")
        async with _window(rig, samples) as window:
            for number, item in enumerate(islice(items, count), 1):
                await rig.publish(item)
                await rig.clock.sleep(expected_s)
                await rig.watch.all_seen(_PATIENCE_S, every_s=_CLOSE_LOOK_S)
                if number % 100 == 0:
                    on_progress(f"{number} of {count} episodes")
        sampling.cancel()
    return _measured(rig, window, samples)


async def under_load(
    rig: Rig,
    items: Iterator[Item],
    seconds: float,
    rate: float | None = None,
    *,
    settle_s: float = 10.0,
    until: int | None = None,
    on_progress: Progress = lambda _what: None,
) -> Measured:
    """Publish for `settle_s` and then for `seconds`, which are measured: at `rate` a second, or flat out.

    Ends earlier once `until` episodes were seen in that time. At a rate, an episode counts from when it was due, not
    from when we came to send it. Waits for all at the end.
    """
    samples = _samples(rig, 1.0 if seconds <= _LONG_S else 5.0)
    async with asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(rig.watch.run(), name="watch")
        feeding = tasks.create_task(_feed(rig, items, rate), name="publish")
        await rig.clock.sleep(settle_s)
        sampling = tasks.create_task(samples.run(), name="samples")
        async with _window(rig, samples) as window:
            while (left := window.began + seconds - rig.clock.monotonic()) > 0:
                await rig.clock.sleep(min(_TELL_S, left))
                done = len(rig.watch.sightings) - window.seen_before
                spent = rig.clock.monotonic() - window.began
                on_progress(f"{spent:.0f} s of {seconds:.0f}: {done / spent:.1f} episodes/s")
                if until is not None and done >= until:
                    break
        feeding.cancel()
        sampling.cancel()
        watching.cancel()
    await rig.publisher.flush()
    await rig.watch.all_seen(_PATIENCE_S)
    return _measured(rig, window, samples)


async def in_bulk(
    rig: Rig, items: Iterator[Item], bulks: int, size: int, on_progress: Progress = lambda _what: None
) -> Measured:
    """Publish `size` episodes at once and wait until all can be read, `bulks` times."""
    samples = _samples(rig, 1.0)
    took: list[float] = []
    async with asyncio.TaskGroup() as tasks:
        sampling = tasks.create_task(samples.run(), name="samples")
        async with _window(rig, samples) as window:
            for number in range(1, bulks + 1):
                began = rig.clock.monotonic()
                for item in islice(items, size):
                    await rig.publish(item, began)
                await rig.watch.all_seen(_PATIENCE_S, every_s=_PAUSE_S)
                took.append(rig.clock.monotonic() - began)
                on_progress(f"{number} of {bulks} bulks of {size}")
        sampling.cancel()
    return _measured(rig, window, samples, tuple(took))


async def gold_checked(rig: Rig, published: Sequence[Item]) -> GoldCheck:
    """Compare the groups of `published`, which is all that was published to them, with what they must be."""
    wanted = await asyncio.to_thread(gold_of, published)
    return await check_gold(rig.database, wanted)


async def _feed(rig: Rig, items: Iterator[Item], rate: float | None) -> None:
    began, before = rig.clock.monotonic(), len(rig.watch.sightings)
    for number, item in enumerate(items):
        if rate is None:
            while rig.watch.awaited.pending >= ahead(len(rig.watch.sightings) - before, rig.clock.monotonic() - began):
                await rig.clock.sleep(_PAUSE_S)
            await rig.publish(item)
        else:
            due = began + number / rate
            if (early := due - rig.clock.monotonic()) > 0:
                await rig.clock.sleep(early)
            await rig.publish(item, due)


def ahead(written: int, seconds: float) -> int:
    """Return how many episodes to publish ahead, after so many were written in so many seconds."""
    return round(min(MOST, max(FEWEST, AHEAD_S * written / seconds))) if seconds > 0 else FEWEST


def _samples(rig: Rig, every_s: float) -> PodSamples:
    memory_of = {name: list(pids) for name, pids in rig.services.pids.items()}
    return PodSamples(rig.pods, rig.clock, every_s, capacity(rig.settings, rig.setup.pods), memory_of)


@asynccontextmanager
async def _window(rig: Rig, samples: PodSamples) -> AsyncIterator[_Window]:
    """Read everything before and after the block."""
    window = _Window()
    stages = await samples.stage_times()
    await rig.provider.reset()
    cpu = _cpu(rig)
    window.seen_before, window.began = len(rig.watch.sightings), rig.clock.monotonic()
    yield window
    window.seen_after, window.ended = len(rig.watch.sightings), rig.clock.monotonic()
    window.cpu_s = {name: spent - cpu.get(name, 0.0) for name, spent in _cpu(rig).items()}
    window.stats = await rig.provider.stats()
    window.stages = {stage: times.plus(stages[stage], -1) for stage, times in (await samples.stage_times()).items()}


def _cpu(rig: Rig) -> dict[str, float]:
    found = cpu_by_name(rig.processes())
    # Ours without our children, which are told by name.
    return found | {"bench": cpu_seconds([rig.own_pid], alone=True)}


def _measured(rig: Rig, window: _Window, samples: PodSamples, bulks_s: tuple[float, ...] = ()) -> Measured:
    within = [each for each in rig.watch.sightings if window.began <= each.published_at < window.ended]
    return Measured(
        seconds=window.ended - window.began,
        sightings=within,
        seen_at=[each.seen_at for each in rig.watch.sightings[window.seen_before : window.seen_after]],
        began=window.began,
        stats=window.stats,
        cpu_s=window.cpu_s,
        stages=window.stages,
        places=capacity(rig.settings, rig.setup.pods),
        series=samples.series(),
        memory_mb=tuple(samples.values("memory of the pods")),
        missing=rig.watch.awaited.pending,
        bulks_s=bulks_s,
    )
