"""Percentiles of what was counted in buckets. Pure."""

from __future__ import annotations

from collections.abc import Sequence


def quantile(bounds: Sequence[float], counts: Sequence[float], share: float) -> float | None:
    """Return the value at `share` (0 to 1) of a distribution, even within its bucket; None of nothing.

    `counts` has the values at or under each of the ascending `bounds` and above the one before, and at its end those
    above the last bound, which are told as that bound.
    """
    total = sum(counts)
    if not total or not bounds:
        return None
    sought, passed = share * total, 0.0
    for place, count in enumerate(counts[: len(bounds)]):
        if count and passed + count >= sought:
            low = bounds[place - 1] if place else min(0.0, bounds[0])
            return low + (bounds[place] - low) * max(0.0, sought - passed) / count
        passed += count
    return bounds[-1]
