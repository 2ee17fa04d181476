"""What is known of one metric, and what Prometheus calls it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["histogram", "counter", "total", "gauge", "level"]

SECONDS_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60)
"""Upper bounds of duration histograms, seconds: model calls and drains reach 60."""
WAIT_BUCKETS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)
"""Upper bounds of waits, seconds: on a backlog works wait for minutes."""
DELAY_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1_800, 7_200, 43_200, 604_800)
"""Upper bounds of the end-to-end delay, seconds: ten minutes while things go well; a replay reads days-old records."""
TOKEN_BUCKETS = (1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576)
"""Upper bounds of token usage. Source: gen_ai metrics, conventions 1.41."""
COST_BUCKETS = (0.00001, 0.00003, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10)
"""Upper bounds of an episode's cost, USD: from a hundredth of a thousandth for a chat line to a book."""
COUNT_BUCKETS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64)
"""Upper bounds of how many share a call."""
LARGE_COUNT_BUCKETS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000)
"""Upper bounds of how many share a call that may be large."""

_UNITS = {"s": "seconds", "By": "bytes"}


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: kind, name, UCUM unit, what it means, what to do about it, and the labels a measurement may carry.

    A `counter` is added to and a `level` set when something happens; a `total` (which only grows) and a `gauge` are
    read when metrics are collected, with the values of `labels` in that order. `buckets` are a histogram's bounds.
    """

    kind: Kind
    name: str
    unit: str
    description: str
    advice: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = SECONDS_BUCKETS

    @property
    def is_read(self) -> bool:
        """Whether it is read when metrics are collected."""
        return self.kind in {"total", "gauge"}

    @property
    def prometheus_family(self) -> str:
        """What Prometheus calls it, without the endings of a counter or of a histogram's parts."""
        stem, unit = self.name.replace(".", "_"), _UNITS.get(self.unit, "")
        return stem if not unit or stem.endswith(f"_{unit}") else f"{stem}_{unit}"

    @property
    def prometheus_unit(self) -> str:
        """The unit at the end of that name; empty for what is counted."""
        return _UNITS.get(self.unit, "")

    @property
    def prometheus_name(self) -> str:
        """What Prometheus calls it; a histogram's parts have `_bucket`, `_sum` and `_count` behind that."""
        return f"{self.prometheus_family}_total" if self.kind in {"counter", "total"} else self.prometheus_family

    @property
    def prometheus_series(self) -> tuple[str, ...]:
        """The names that can stand in a query."""
        name = self.prometheus_name
        return (f"{name}_bucket", f"{name}_sum", f"{name}_count") if self.kind == "histogram" else (name,)

    @property
    def prometheus_labels(self) -> tuple[str, ...]:
        """What its labels are called there."""
        return tuple(label.replace(".", "_") for label in self.labels)
