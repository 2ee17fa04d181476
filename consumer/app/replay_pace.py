"""When a replayed record is due: at the distances in which the records were logged, stretched or shortened. Pure."""

from __future__ import annotations


class Pace:
    """Tells for record after record how long after the first it is due.

    P1: the distance of two records in log order is the recorded one divided by `speed`; a timestamp that goes back
        waits for nothing and shortens nothing that follows.
    P2: no distance is counted as more than `max_gap_s` recorded seconds.
    """

    def __init__(self, speed: float | None, max_gap_s: float | None = None) -> None:
        """Start before the first record; without `speed` everything is due at once."""
        self._speed = speed
        self._max_gap_s = max_gap_s
        self._latest_ms: int | None = None
        self._due_s = 0.0

    def due_s(self, timestamp_ms: int) -> float:
        """Return the seconds after the first record at which the next one, logged at `timestamp_ms`, is due."""
        if self._speed is None:
            return 0.0
        latest = timestamp_ms if self._latest_ms is None else self._latest_ms
        gap_s = max(0, timestamp_ms - latest) / 1_000
        self._latest_ms = max(timestamp_ms, latest)
        self._due_s += (gap_s if self._max_gap_s is None else min(gap_s, self._max_gap_s)) / self._speed
        return self._due_s
