"""How many calls at once a server bears: one more while all goes well, fewer when it throttles. Pure.

Source: Chiu and Jain, "Analysis of the increase and decrease algorithms for congestion avoidance", 1989 (AIMD).
"""

from __future__ import annotations

DECREASE = 0.7


class AdaptiveConcurrency:
    """Calls at once.

    C1: always between 1 and the ceiling.
    C2: as many successes in a row as there are places add one place.
    C3: calls that were under way together cost one decrease only: one that began before the last says nothing new.
    """

    def __init__(self, ceiling: int) -> None:
        """Begin at the ceiling."""
        self._ceiling = max(1, ceiling)
        self._places = float(self._ceiling)
        self._successes = 0
        self._decreased_at = float("-inf")

    @property
    def places(self) -> int:
        """Calls that may be under way at once."""
        return int(self._places)

    def succeeded(self) -> None:
        """Note an answer."""
        if self._places >= self._ceiling:
            return
        self._successes += 1
        if self._successes >= self.places:
            self._successes = 0
            self._places = min(float(self._ceiling), self._places + 1)

    def overloaded(self, now: float, began_at: float) -> None:
        """Note that a call that began at `began_at` was throttled, or got no answer in time."""
        self._successes = 0
        if began_at <= self._decreased_at:
            return
        self._decreased_at = now
        self._places = max(1.0, self._places * DECREASE)
