"""How pods fare over time: memory, queues, stages, asked of them once in a while during a measurement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from consumer.bench.pod_metrics import StageTimes, stage_times, utilisation
from consumer.bench.pods import Pods
from consumer.bench.processes import rss_mb
from consumer.bench.results import Series
from consumer.clock import Clock


class PodSamples:
    """Samples pods while `run` runs; `series` is what was seen since it began."""

    def __init__(
        self, pods: Pods, clock: Clock, every_s: float, places: Mapping[str, int], memory_of: Mapping[str, list[int]]
    ) -> None:
        """Store whom to ask; `places` has the calls at once of a stage, `memory_of` other processes by name."""
        self._pods = pods
        self._clock = clock
        self._every_s = every_s
        self._places = places
        self._memory_of = memory_of
        self._at: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
        self._values: defaultdict[tuple[str, str], list[float]] = defaultdict(list)

    async def run(self) -> None:
        """Sample until cancelled.

        Raises:
            UserError: a pod ended by itself.
        """
        began = self._clock.monotonic()
        before, looked = await self.stage_times(), began
        while True:
            await self._clock.sleep(self._every_s)
            self._pods.check()
            now = self._clock.monotonic()
            for statistics in [await pod.statistics() for pod in self._pods.running]:
                self._take(statistics, now - began)
            self._add("memory of the pods", "MB", now - began, rss_mb([pod.pid for pod in self._pods.running]))
            for name, pids in self._memory_of.items():
                self._add(f"memory of {name}", "MB", now - began, rss_mb(pids))
            after = await self.stage_times()
            spent = {stage: after[stage].plus(before[stage], -1) for stage in after}
            for stage, share in utilisation(spent, now - looked, self._places).items():
                self._add(f"{stage}: in use", "%", now - began, 100 * share)
            before, looked = after, now

    async def stage_times(self) -> dict[str, StageTimes]:
        """Return what the pods say of their stages, since they began."""
        return stage_times([await pod.metrics() for pod in self._pods.running])

    def series(self) -> tuple[Series, ...]:
        """Return what was seen over time."""
        return tuple(
            Series(name=name, unit=unit, at_s=tuple(self._at[name, unit]), values=tuple(values))
            for (name, unit), values in self._values.items()
        )

    def values(self, name: str) -> list[float]:
        """Return the values of one series, empty where there is none."""
        return next((values for (known, _), values in self._values.items() if known == name), [])

    def _take(self, statistics: Mapping[str, Any], at: float) -> None:
        """Add what one pod says; pods that are sampled at the same moment are summed."""
        if "stages" not in statistics:
            return
        self._add("in flight", "1", at, statistics["in_flight"]["items"])
        self._add("waiting for their group's turn", "1", at, statistics["resequencer_buffered"])
        lag = sum(partition["lag"] or 0 for partition in statistics["partitions"])
        self._add("lag", "1", at, lag)
        for stage in statistics["stages"]:
            self._add(f"{stage['name']}: queued", "1", at, stage["queued"])

    def _add(self, name: str, unit: str, at: float, value: float) -> None:
        moments, values = self._at[name, unit], self._values[name, unit]
        if moments and moments[-1] == at:
            values[-1] += value
        else:
            moments.append(at)
            values.append(value)
