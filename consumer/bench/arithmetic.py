"""What follows from many measured values: percentiles, rates over time, counts by bucket. Pure."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from statistics import fmean

from consumer.bench.results import Distribution, Series

LATENCY_BOUNDS_S = (
    *(0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.275),
    *(0.3, 0.325, 0.35, 0.4, 0.5, 0.6, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.5, 10.0, 20.0, 30.0, 60.0),
)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least `share` (0 to 1) of `values` do not exceed: nearest rank.

    Raises:
        ValueError: there are no values, or the share is none.
    """
    if not values or not 0 <= share <= 1:
        raise ValueError(f"no percentile {share} of {len(values)} values")
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def summary(values: Sequence[float]) -> dict[str, float]:
    """Return mean, p50 (the median), p95, p99, min and max of `values`, of which there is at least one."""
    ordered = sorted(values)

    def at(share: float) -> float:
        return ordered[max(0, math.ceil(share * len(ordered)) - 1)]

    return {
        "mean": fmean(ordered),
        "p50": at(0.5),
        "p95": at(0.95),
        "p99": at(0.99),
        "min": ordered[0],
        "max": ordered[-1],
    }


def distribution(
    name: str, values: Sequence[float], unit: str = "s", bounds: Sequence[float] = LATENCY_BOUNDS_S
) -> Distribution:
    """Return how many of `values` lie in each bucket."""
    counts = [0] * (len(bounds) + 1)
    for value in values:
        counts[bisect_left(bounds, value)] += 1
    return Distribution(name=name, unit=unit, bounds=tuple(bounds), counts=tuple(counts))


def rate_over_time(name: str, moments: Sequence[float], seconds: float, *, width_s: float) -> Series:
    """Return how many of `moments` (seconds from the beginning) there are a second, in stretches of `width_s`.

    The last stretch is cut at `seconds`; what lies outside 0 to `seconds` is left out.
    """
    stretches = max(1, math.ceil(seconds / width_s))
    counts = [0] * stretches
    for moment in moments:
        if 0 <= moment < seconds:
            counts[min(stretches - 1, int(moment / width_s))] += 1
    at, rates = [], []
    for number, count in enumerate(counts):
        begin, end = number * width_s, min(seconds, (number + 1) * width_s)
        at.append(end)
        rates.append(count / (end - begin) if end > begin else 0.0)
    return Series(name=name, unit="1/s", at_s=tuple(at), values=tuple(rates))


def slope(at: Sequence[float], values: Sequence[float]) -> float:
    """Return by how much `values` grow for each unit of `at`, by least squares; 0 where nothing can be told."""
    if len(at) < 2:  # noqa: PLR2004 - a line needs two points
        return 0.0
    mean_at, mean_value = fmean(at), fmean(values)
    spread = sum((one - mean_at) ** 2 for one in at)
    if spread == 0:
        return 0.0
    return sum((one - mean_at) * (value - mean_value) for one, value in zip(at, values, strict=True)) / spread
