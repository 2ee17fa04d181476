"""How long a model takes for a request of a size: the quantile of its latest calls. Pure; reads no clock.

A larger request asks for a longer answer. Where the latest calls show that latency grows with size, a power of the
size, the quantile is taken of what that leaves unexplained, and is small for small requests; else of the plain
latencies.
"""

from __future__ import annotations

import math
from collections import deque
from statistics import fmean

WINDOW = 512
"""Latest calls that count: an hour in a quiet pod, a minute in a busy one; both follow a provider that changes."""
AT_LEAST = 50
"""Below so many calls a 95th percentile is a guess."""
REFIT_EVERY = 16
_EXPLAINED = 0.3
"""Share of the variance that size has to explain before it counts: less is chance."""
_STEEPEST = 1.5


class LatencyWindow:
    """Latencies of the latest calls, by size.

    Q1: no answer before `AT_LEAST` calls were seen.
    Q2: `WINDOW` calls are kept at most.
    Q3: the answer lies between the lowest and the highest latency seen where size does not count; where it does,
        it never falls as size grows, and beyond the sizes seen it stays.
    """

    def __init__(self, quantile: float) -> None:
        """Take the share of calls that are to be faster than what is told."""
        self._quantile = quantile
        self._seen: deque[tuple[float, float]] = deque(maxlen=WINDOW)
        self._since_fit = 0
        self._slope, self._residual = 0.0, 0.0
        self._smallest, self._largest = 0.0, 0.0

    def observe(self, size: int, seconds: float) -> None:
        """Note a call's latency.

        One that was given up, or had no answer in time, counts for the time it was waited for: left out, the slow
        calls would be missing, and the quantile sink with each hedge that wins.
        """
        self._seen.append((math.log(max(size, 1)), math.log(max(seconds, 1e-6))))
        self._since_fit += 1

    def late_after_s(self, size: int) -> float | None:
        """Return the seconds after which the answer to a request of `size` is late; None while that is not known."""
        if len(self._seen) < AT_LEAST:
            return None
        if self._since_fit >= min(REFIT_EVERY, len(self._seen)):
            self._fit()
        at = min(max(math.log(max(size, 1)), self._smallest), self._largest)
        return math.exp(self._residual + self._slope * at)

    def _fit(self) -> None:
        """Find the power of size, and the quantile of what it leaves; n log n, once in `REFIT_EVERY` calls."""
        self._since_fit = 0
        sizes, latencies = zip(*self._seen, strict=True)
        self._smallest, self._largest = min(sizes), max(sizes)
        self._slope = _slope(sizes, latencies)
        left = sorted(latency - self._slope * size for size, latency in self._seen)
        self._residual = left[max(math.ceil(self._quantile * len(left)) - 1, 0)]


def _slope(sizes: tuple[float, ...], latencies: tuple[float, ...]) -> float:
    """Return by which power latency grows with size: least squares of the logarithms; 0 when that explains little."""
    mean_size, mean_latency = fmean(sizes), fmean(latencies)
    spread = sum((size - mean_size) ** 2 for size in sizes)
    variance = sum((latency - mean_latency) ** 2 for latency in latencies)
    together = sum(
        (size - mean_size) * (latency - mean_latency) for size, latency in zip(sizes, latencies, strict=True)
    )
    if together <= 0 or spread * variance == 0 or together**2 < _EXPLAINED * spread * variance:
        return 0.0
    return min(together / spread, _STEEPEST)
