"""How much of its time a stage works: seconds that its workers spent in a call, for utilisation."""

from __future__ import annotations

from types import TracebackType

from consumer.clock import Clock


class BusyTime:
    """Enter it around each call; `seconds` is the time spent inside by all workers together.

    Y1: calls under way count up to now. Y2: it never falls, and between two looks it grows by no more than the time
    between them, times the calls that were under way.
    """

    __slots__ = ("_clock", "_done", "_inside", "_since")

    def __init__(self, clock: Clock) -> None:
        """Begin with nothing."""
        self._clock = clock
        self._done = 0.0
        self._inside = 0
        self._since = clock.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds spent inside until now; only reads, so that an exporter's thread may ask."""
        return self._done + self._inside * max(0.0, self._clock.monotonic() - self._since)

    def __enter__(self) -> None:
        """Note that one more call is under way."""
        self._turn(1)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Note that one has ended, however it did."""
        self._turn(-1)

    def _turn(self, step: int) -> None:
        now = self._clock.monotonic()
        self._done += self._inside * max(0.0, now - self._since)
        self._since = now
        self._inside += step
