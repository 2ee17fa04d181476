"""How many texts one embedding call has: as many as are embedded in the target time. Pure.

A model in the cloud embeds a thousand texts in the time of ten, one on this machine a few dozen a second; and who
shares the machine may take half of that. So the size is found, not set.
"""

from __future__ import annotations

from collections import deque
from statistics import median

_JUDGED = 3
"""So many full calls at a size are judged, by the one in the middle: one in a heavy tail counts for nothing."""
_LEAST = 4


class CallSize:
    """The most texts of the next call.

    K1: always between 4 (or the first size, if that is less) and the ceiling.
    K2: only full calls count; it at most doubles or halves at a time, and after three of them at the earliest.
    K3: once a call larger than the first was refused, none is larger than the first again.
    """

    def __init__(self, first: int, ceiling: int, target_s: float) -> None:
        """Begin with `first`; a full call is to take between half of `target_s` and all of it."""
        self._first = first
        self._ceiling = max(first, ceiling)
        self._target_s = target_s
        self._size = first
        self._last: deque[float] = deque(maxlen=_JUDGED)

    @property
    def limit(self) -> int:
        """Texts of the next call, at most."""
        return self._size

    def took(self, texts: int, seconds: float) -> None:
        """Take into account that a call with so many `texts`, answered or given up, took so many `seconds`.

        Its own time alone: a wait for the provider's limits would say that calls must be smaller, and so more.
        """
        if texts < self._size:
            return
        self._last.append(seconds)
        if len(self._last) < _JUDGED:
            return
        usual = median(self._last)
        if usual > self._target_s:
            self._change(max(0.5, 0.75 * self._target_s / usual))
        elif usual < self._target_s / 2:
            self._change(2.0)

    def refused(self, texts: int) -> bool:
        """Take into account that so many `texts` were refused; return whether fewer, as at first, may be taken."""
        if texts <= self._first:
            return False
        self._ceiling = self._first
        self._change(1.0)
        return True

    def _change(self, factor: float) -> None:
        self._size = min(self._ceiling, max(min(_LEAST, self._first), int(self._size * factor)))
        self._last.clear()
