"""The watermark of one partition: which offset may be committed while works finish out of order.

Decides only; reads no clock, awaits nothing, knows no client.
"""

from __future__ import annotations

from collections import deque


class OffsetTracker:
    """Offsets begun and finished since one assignment of one partition.

    W1: `next_offset` never passes a begun offset that is not finished.
    W2: `next_offset` never goes back.
    W3: with nothing pending, `next_offset` is one past the last begun offset (or the start).
    Memory: two integers per offset that is pending or waits behind one.
    """

    def __init__(self, start: int) -> None:
        """Begin at `start`, the committed offset the partition was assigned with."""
        self._next = start
        self._pending: deque[int] = deque()
        self._open: set[int] = set()

    @property
    def next_offset(self) -> int:
        """The offset to commit: the lowest that is not yet written."""
        return self._pending[0] if self._pending else self._next

    @property
    def pending(self) -> int:
        """How many begun offsets hold the watermark back or wait behind it."""
        return len(self._pending)

    def begin(self, offset: int) -> None:
        """Note that `offset` is in flight. Offsets come in rising order; gaps (compaction, markers) are fine.

        Raises:
            ValueError: the offset was passed already; the caller mixed two assignments.
        """
        if offset < self._next:
            raise ValueError(f"offset={offset} begun after next_offset={self._next}")
        self._pending.append(offset)
        self._open.add(offset)
        self._next = offset + 1

    def finish(self, offset: int) -> bool:
        """Note that `offset` is written or dead-lettered; return whether the watermark moved.

        Raises:
            ValueError: the offset is not pending, so finishing it twice is noticed. O(1) amortised.
        """
        if offset not in self._open:
            raise ValueError(f"offset={offset} finished but not pending")
        self._open.remove(offset)
        moved = False
        while self._pending and self._pending[0] not in self._open:
            self._pending.popleft()
            moved = True
        return moved

    def skip_to(self, position: int) -> None:
        """Move past offsets that hold no record (transaction markers at the end) when nothing is pending."""
        if not self._pending and position > self._next:
            self._next = position
