"""The admission budget: how many records and bytes may be in flight, and when to pause and resume.

One budget covers everything between the fetch and the graph write, so memory is bounded whatever queue the works
are in. Decides only; the Kafka source pauses and resumes partitions by what it says.
"""

from __future__ import annotations

from consumer.telemetry import held_memory

SCARCE = 0.9
"""Share of the budget from which on the rest is kept for those who have little of it."""


class AdmissionBudget:
    """Permits for items and bytes.

    F1: items in flight never exceed `max_items`.
    F2: bytes in flight never exceed `max_bytes`, except that one record larger than that may be in flight alone.
    F3: `is_paused` turns true when nothing more fits, and false only when both are below `resume_below` of their
        limit (hysteresis: what was prefetched for a paused partition is fetched again, so pausing is not free).
    F4: `is_scarce` turns true when a tenth is left, and false as `is_paused` does: what is left is for those who have
        little in flight.
    """

    def __init__(self, max_items: int, max_bytes: int, resume_below: float) -> None:
        """Start empty; `resume_below` is a share of the limits between 0 and 1."""
        self.max_items = max_items
        self.max_bytes = max_bytes
        self._resume_items = max_items * resume_below
        self._resume_bytes = max_bytes * resume_below
        self.items = 0
        self.bytes = 0
        self.peak_items = 0
        self.peak_bytes = 0
        self._is_paused = False
        self._is_scarce = False
        held_memory.watch(self)

    @property
    def holder(self) -> str:
        """What its bytes are called in metrics."""
        return "in_flight"

    @property
    def held_bytes(self) -> int:
        """Bytes in flight."""
        return self.bytes

    @property
    def max_held_bytes(self) -> int:
        """Most bytes in flight."""
        return self.max_bytes

    @property
    def room(self) -> int:
        """How many more items may be admitted."""
        return self.max_items - self.items

    @property
    def is_paused(self) -> bool:
        """Whether the source should keep its partitions paused."""
        self._look_again()
        return self._is_paused

    @property
    def is_scarce(self) -> bool:
        """Whether only partitions with less than an equal share of what is in flight should be read on."""
        self._look_again()
        return self._is_scarce

    def admit(self, size: int) -> bool:
        """Take permits for one record of `size` bytes; False, and paused, when it does not fit now."""
        fits = self.items < self.max_items and (self.bytes + size <= self.max_bytes or self.items == 0)
        if not fits:
            self._is_paused = True
            return False
        self.items += 1
        self.bytes += size
        self.peak_items = max(self.peak_items, self.items)
        self.peak_bytes = max(self.peak_bytes, self.bytes)
        if self.items >= self.max_items or self.bytes >= self.max_bytes:
            self._is_paused = True
        if self.items >= SCARCE * self.max_items or self.bytes >= SCARCE * self.max_bytes:
            self._is_scarce = True
        return True

    def release(self, size: int) -> None:
        """Give back the permits of one record of `size` bytes.

        Raises:
            ValueError: more is given back than was taken.
        """
        if self.items < 1 or self.bytes < size:
            raise ValueError(f"released size={size} of items={self.items} bytes={self.bytes}")
        self.items -= 1
        self.bytes -= size

    def _look_again(self) -> None:
        if self.items < self._resume_items and self.bytes < self._resume_bytes:
            self._is_paused = self._is_scarce = False
