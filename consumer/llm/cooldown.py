"""Whether a model that keeps failing is asked at all, while another can answer in its place. Pure."""

from __future__ import annotations

FAILURES = 3
COOL_S, COOL_MAX_S = 15.0, 240.0


class Cooldown:
    """Lets a model rest that failed several times in a row.

    D1: below three failures in a row every call may ask it.
    D2: while it rests nobody asks it; then one call does, and the others go on resting until that has told.
    D3: each failure after a rest doubles it, up to four minutes; an answer ends it all.
    """

    def __init__(self) -> None:
        """Begin awake."""
        self._failures = 0
        self._until = float("-inf")
        self._cool_s = COOL_S

    def may_ask(self, now: float) -> bool:
        """Whether a call that begins at monotonic `now` asks this model; True after a rest only once."""
        if self._failures < FAILURES:
            return True
        if now < self._until:
            return False
        self._until = now + self._cool_s  # a call that asks and never tells (cancelled) costs one more rest
        return True

    def succeeded(self) -> None:
        """Note an answer."""
        self._failures = 0
        self._cool_s = COOL_S

    def failed(self, now: float) -> None:
        """Note that it gave none."""
        self._failures += 1
        if self._failures > FAILURES:
            self._cool_s = min(COOL_MAX_S, self._cool_s * 2)
        if self._failures >= FAILURES:
            self._until = now + self._cool_s
