"""How many works one transaction takes: as many as the database has lately written in the target time. Pure.

A fixed number is too many for a database that is cold or busy: nothing new is seen for seconds, a rebalance cannot be
drained in time, and whoever comes then waits for the whole of it.
"""

from __future__ import annotations

_WEIGHT = 0.3
LEAST = 10
"""A transaction costs something by itself; fewer works than that are not worth one."""


class BatchPace:
    """The most works of the next transaction.

    Y1: never above the ceiling, nor below `LEAST` (or the ceiling, if that is less).
    Y2: an outage, however long it held a transaction up, is forgotten after a few that are not.
    """

    def __init__(self, ceiling: int, target_s: float) -> None:
        """Begin at the ceiling."""
        self._ceiling = ceiling
        self._least = min(LEAST, ceiling)
        self._target_s = target_s
        self._seconds_per_work: float | None = None

    @property
    def limit(self) -> int:
        """Works of the next transaction, at most."""
        if self._seconds_per_work is None:
            return self._ceiling
        return max(self._least, min(self._ceiling, int(self._target_s / self._seconds_per_work)))

    def written(self, works: int, seconds: float) -> None:
        """Take into account that a transaction with so many works (at least one) took so many seconds."""
        sample = max(1e-6, min(seconds / works, self._target_s))
        before = self._seconds_per_work
        self._seconds_per_work = sample if before is None else before + _WEIGHT * (sample - before)
