"""Pods that come and go under load: how long nothing is written, and how late episodes become by it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import pairwise

from consumer.bench.arithmetic import percentile
from consumer.bench.cases import figure
from consumer.bench.ingest import Measured, gold_checked, under_load
from consumer.bench.ingest_cases import case_of
from consumer.bench.loads import Kind, events_of, items_of
from consumer.bench.results import Better, Case, Figure
from consumer.bench.rig import Rig
from consumer.bench.services import Progress

SCENARIO = "rebalance"

_AFTER_S = 15.0
"""What is later than so long after a pod came or went is not put down to it."""


async def measure_rebalance(
    rig: Rig, seconds: float, rate: float, *, groups: int = 20, tell: Progress = lambda _what: None
) -> Case:
    """Publish at `rate` for `seconds`; a pod joins after a quarter of it, another after a half, one leaves after three.

    Raises:
        UserError: a pod ends by itself.
        WorldFault: a service is down.
    """
    before = len(rig.published)
    events: list[tuple[str, float]] = []
    settle_s = 5.0

    async def change() -> None:
        await rig.clock.sleep(settle_s)
        for what in ("join", "join", "leave"):
            await rig.clock.sleep(seconds / 4)
            events.append((what, rig.clock.monotonic()))
            tell(f"a pod is to {what}")
            if what == "join":
                await rig.pods.start()
            else:
                await rig.pods.stop(rig.pods.running[0])

    async with asyncio.TaskGroup() as tasks:
        changing = tasks.create_task(change(), name="pods come and go")
        items = items_of(events_of(Kind.CHAT, f"{rig.name}-moving", groups))
        found = await under_load(rig, items, seconds, rate, settle_s=settle_s, on_progress=tell)
        changing.cancel()
    gold = await gold_checked(rig, rig.published[before:])
    case = case_of(SCENARIO, f"{rate:g} a second", found, gold, settings={"groups": str(groups)})
    return case.model_copy(update={"figures": (*_pauses(found, events), *case.figures)})


def _pauses(found: Measured, events: Sequence[tuple[str, float]]) -> tuple[Figure, ...]:
    moments = found.seen_at
    figures = [figure("longest pause", "s", longest_pause(moments, found.began, found.began + found.seconds))]
    for what in dict.fromkeys(what for what, _ in events):
        spans = [(at, at + _AFTER_S) for kind, at in events if kind == what]
        pause_s = max(longest_pause(moments, begin, end) for begin, end in spans)
        figures.append(figure(f"longest pause after a {what}", "s", pause_s))
        late = [e.seconds for e in found.sightings if any(begin <= e.published_at < end for begin, end in spans)]
        if late:
            figures.append(figure(f"p95 after a {what}", "s", percentile(late, 0.95)))
    figures.append(figure("changes of pods", "1", len(events), Better.NEITHER))
    return tuple(figures)


def longest_pause(moments: Sequence[float], begin: float, end: float) -> float:
    """Return the longest stretch between `begin` and `end` in which none of `moments` (in any order) lies."""
    within = sorted(moment for moment in moments if begin < moment < end)
    bounds = [begin, *within, end]
    return max(later - earlier for earlier, later in pairwise(bounds))
