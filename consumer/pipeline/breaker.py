"""The breaker of one dependency: when calls may go, and who probes after an outage.

Decides only: reads no clock, awaits nothing. `consumer.pipeline.breakers` holds one for each dependency and does the
waiting.

Source: M. Nygard, "Release It!" (2007), circuit breaker; the single probe and doubling waits are ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Closed: calls go. Open: none goes until its wait is over. Probing: one call is out to see."""

    CLOSED = "closed"
    PROBING = "probing"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Limits:
    """How many `failures` in a row open it, and its first and longest wait in seconds."""

    failures: int
    probe_s: float
    probe_max_s: float


class Breaker:
    """Failures in a row open it; one probe at a time, after growing waits, finds the end of the outage.

    B1: it opens at `failures` failures in a row; a success in between starts the count anew.
    B2: open, it admits nothing before its wait is over; then exactly one call, the probe, until that has ended.
    B3: a success closes it, whoever had it; the probe's failure opens it again with twice the wait, at most
        `probe_max_s`. A failure of a call that began before it opened changes nothing.
    B4: a wait that the dependency asked for is never cut short, open or closed, except by a success.
    """

    def __init__(self, limits: Limits) -> None:
        """Start closed."""
        self._limits = limits
        self._not_before = float("-inf")
        self._wait_s = limits.probe_s
        self._probes = 0
        self.probe = 0
        """Number of the probe that is out, 0 when none is; one that a success has overtaken is a probe no more."""
        self.state = State.CLOSED
        self.failures = 0
        """Failures in a row."""
        self.since = float("-inf")
        """When it left the closed state, monotonic seconds; meaningless while closed."""

    def admit(self, now: float) -> float:
        """Return 0 when a call may go now, else seconds after which to ask again (at least).

        Open with its wait over, it takes the caller for the probe: tell `succeeded`, `failed` or `abandoned`.
        """
        if self.state is State.PROBING:
            return self._limits.probe_s
        if now < self._not_before:
            return self._not_before - now
        if self.state is State.OPEN:
            self.state = State.PROBING
            self._probes += 1
            self.probe = self._probes
        return 0.0

    def is_waiting(self, now: float) -> bool:
        """Whether calls are held back now: by an outage, or for as long as the dependency asked."""
        return self.state is not State.CLOSED or now < self._not_before

    def succeeded(self) -> bool:
        """Note that a call was answered; return whether that closed it."""
        was_closed = self.state is State.CLOSED
        self.state = State.CLOSED
        self.probe = 0
        self.failures = 0
        self._wait_s = self._limits.probe_s
        self._not_before = float("-inf")
        return not was_closed

    def failed(self, now: float, asked_s: float | None = None, *, probe: int = 0) -> bool:
        """Note an outage's failure; return whether that opened it (anew after a probe does not count)."""
        self.failures += 1
        self._respect(now, asked_s)
        if self.state is State.CLOSED:
            if self.failures < self._limits.failures:
                return False
            self.since = now
            self._open(now)
            return True
        if probe and probe == self.probe:
            self._wait_s = min(self._limits.probe_max_s, self._wait_s * 2)
            self._open(now)
        return False

    def throttled(self, now: float, asked_s: float | None, *, probe: int = 0) -> bool:
        """Note that the dependency works but wants us slower; return whether that closed it."""
        closed = self.succeeded() if probe and probe == self.probe else False
        self._respect(now, asked_s)
        return closed

    def abandoned(self, *, probe: int) -> None:
        """Note that a call ended without telling anything (cancelled); a probe's place is free for another."""
        if probe and probe == self.probe:
            self.state = State.OPEN
            self.probe = 0

    def _open(self, now: float) -> None:
        self.state = State.OPEN
        self.probe = 0
        self._not_before = max(self._not_before, now + self._wait_s)

    def _respect(self, now: float, asked_s: float | None) -> None:
        if asked_s is not None:
            self._not_before = max(self._not_before, now + asked_s)
