"""How many questions one call asks: as many as are answered in the target time. Pure.

A full batch that is slow makes the next ones smaller, quick ones let it grow again; two answers in a row that were cut
off halve it. Smoothed, so that one slow call in a heavy tail changes little, and one cut nothing.
"""

from __future__ import annotations

_WEIGHT = 0.3
_SHRINK = 0.7
_CUTS = 2
_SETTLE = 4
"""After so many full batches at a size it is judged."""


class BatchSize:
    """The most questions of a call.

    Z1: always between 1 and the ceiling.
    Z2: only full batches count: a small one says nothing about a large one.
    """

    def __init__(self, ceiling: int, target_s: float) -> None:
        """Begin at the ceiling."""
        self._ceiling = max(1, ceiling)
        self._target_s = target_s
        self._size = float(self._ceiling)
        self._seconds: float | None = None
        self._seen = 0
        self._cuts = 0

    @property
    def limit(self) -> int:
        """Questions of the next call, at most."""
        return int(self._size)

    def answered(self, questions: int, seconds: float, *, is_cut: bool = False) -> None:
        """Take into account that a call with so many `questions` took so many `seconds`."""
        if is_cut and questions > 1:
            self._cuts += 1
            if self._cuts == _CUTS:
                self._change(questions / 2)
            return
        self._cuts = 0
        if questions < self.limit:
            return
        self._seconds = seconds if self._seconds is None else self._seconds + _WEIGHT * (seconds - self._seconds)
        self._seen += 1
        if self._seen < _SETTLE:
            return
        if self._seconds > self._target_s:
            self._change(self._size * _SHRINK)
        elif self._seconds < self._target_s / 2:
            self._change(self._size + 1)

    def _change(self, size: float) -> None:
        self._size = min(float(self._ceiling), max(1.0, size))
        self._seconds, self._seen, self._cuts = None, 0, 0
