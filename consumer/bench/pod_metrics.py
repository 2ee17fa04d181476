"""What pods say of their stages in /metrics: how busy each was, and how long works waited for it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

from consumer.settings import Settings

STAGES = ("extract", "embed", "write")
_STAGE_LABEL = "episodes_stage"


@dataclass(frozen=True, slots=True)
class StageTimes:
    """Seconds that calls of a stage took, and that works waited before it, with how many there were."""

    busy_s: float = 0.0
    calls: float = 0.0
    waited_s: float = 0.0
    works: float = 0.0

    def plus(self, other: StageTimes, sign: int = 1) -> StageTimes:
        """Return the sum, or with `sign` -1 the difference."""
        return StageTimes(
            self.busy_s + sign * other.busy_s,
            self.calls + sign * other.calls,
            self.waited_s + sign * other.waited_s,
            self.works + sign * other.works,
        )

    @property
    def wait_s(self) -> float:
        """The mean wait of a work."""
        return self.waited_s / self.works if self.works > 0 else 0.0


def stage_times(expositions: Iterable[str]) -> dict[str, StageTimes]:
    """Return the times of each stage since the pods began, all pods together."""
    sums = {stage: [0.0, 0.0, 0.0, 0.0] for stage in STAGES}
    places = {
        "episodes_stage_duration_seconds_sum": 0,
        "episodes_stage_duration_seconds_count": 1,
        "episodes_stage_queue_wait_seconds_sum": 2,
        "episodes_stage_queue_wait_seconds_count": 3,
    }
    for text in expositions:
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                stage = sample.labels.get(_STAGE_LABEL, "")
                if sample.name in places and stage in sums:
                    sums[stage][places[sample.name]] += sample.value
    return {stage: StageTimes(*values) for stage, values in sums.items()}


def capacity(settings: Settings, pods: int) -> dict[str, int]:
    """Return how many calls of each stage can be under way at once."""
    pipeline = settings.pipeline
    workers = {"extract": settings.extract_workers, "embed": pipeline.embed_workers, "write": pipeline.write_workers}
    return {stage: pods * count for stage, count in workers.items()}


def utilisation(spent: Mapping[str, StageTimes], seconds: float, places: Mapping[str, int]) -> dict[str, float]:
    """Return which share of its places each stage had in use over `seconds`."""
    # A call counts when it ends, though part of it was before; and a pod that left took its sums with it.
    return {
        stage: min(1.0, max(0.0, spent[stage].busy_s / (seconds * places[stage]))) for stage in spent if seconds > 0
    }
