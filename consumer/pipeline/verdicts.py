"""From a call that was given up to the verdict on its episode; and when verdicts are too many.

Decides only. What follows from a verdict (the dead letter) is the write stage's business.
"""

from __future__ import annotations

import hashlib
import traceback
from collections import deque
from datetime import datetime
from pathlib import PurePath

from consumer.errors import EpisodeFault
from consumer.model.episode import Rejected

_DIGEST_CHARS = 12


class GivenUp(Exception):  # noqa: N818 - a verdict, chained from what led to it
    """A call that will not be made again: its episode alone is rejected, with what is stored here."""

    def __init__(
        self,
        reason: str,
        detail: str,
        *,
        family: str = "episode",
        attempts: int = 1,
        first_at: datetime | None = None,
        traceback_digest: str = "",
    ) -> None:
        """Store the fields of `Rejected`."""
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.family = family
        self.attempts = attempts
        self.first_at = first_at
        self.traceback_digest = traceback_digest

    def verdict(self, group_id: str, stage: str) -> Rejected:
        """Return the verdict on an episode of `group_id`, found at `stage`."""
        return Rejected(
            group_id=group_id,
            reason=self.reason,
            detail=self.detail,
            stage=stage,
            attempts=self.attempts,
            family=self.family,
            first_at=self.first_at,
            traceback_digest=self.traceback_digest,
        )


def of_episode_fault(fault: EpisodeFault, attempts: int, first_at: datetime | None) -> GivenUp:
    """Return the end of a call that found its episode at fault at try number `attempts`."""
    return GivenUp(fault.reason, fault.detail, attempts=max(attempts, fault.attempts), first_at=first_at)


def of_bug(error: BaseException, attempts: int, first_at: datetime | None) -> GivenUp:
    """Return the end of a call that met an exception of no family."""
    return GivenUp(
        "unexpected",
        f"{type(error).__name__}: {error}",
        family="unexpected",
        attempts=attempts,
        first_at=first_at,
        traceback_digest=traceback_digest(error),
    )


def traceback_digest(error: BaseException) -> str:
    """Return a short hash of where `error` was raised: equal for one bug, whatever the data in its message."""
    places = [
        f"{PurePath(frame.filename).name}:{frame.name}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    told = "\n".join([type(error).__qualname__, *places])
    return hashlib.sha256(told.encode("utf-8", "backslashreplace")).hexdigest()[:_DIGEST_CHARS]


class BurstGuard:
    """Says when dead letters come so thick that something else than the episodes must be wrong.

    U1: trips at `consecutive` rejections in a row, or `unexpected` ones of exceptions that no table knows.
    U2: trips when the last `window` episodes are all there and more than `ratio` of them were rejected.
    U3: a limit of 0 never trips; once tripped it stays so.
    """

    def __init__(self, *, consecutive: int, unexpected: int, window: int, ratio: float) -> None:
        """Start with nothing seen."""
        self._consecutive = consecutive
        self._unexpected = unexpected
        self._ratio = ratio
        self._recent: deque[bool] = deque(maxlen=window or 1)
        self._has_window = window > 0
        self._rejected_in_window = 0
        self._in_a_row = 0
        self._bugs_in_a_row = 0
        self.reason = ""
        """Why it tripped; empty while it has not."""

    def accepted(self) -> None:
        """Note an episode that was written, or was there, or needed nothing."""
        self._in_a_row = self._bugs_in_a_row = 0
        self._note(is_rejected=False)

    def rejected(self, verdict: Rejected) -> bool:
        """Note a dead letter; return whether it is the one that trips."""
        self._in_a_row += 1
        self._bugs_in_a_row = self._bugs_in_a_row + 1 if verdict.family == "unexpected" else 0
        self._note(is_rejected=True)
        if self.reason:
            return False
        self.reason = self._why(verdict)
        return bool(self.reason)

    def _note(self, *, is_rejected: bool) -> None:
        if len(self._recent) == self._recent.maxlen:
            self._rejected_in_window -= self._recent[0]
        self._recent.append(is_rejected)
        self._rejected_in_window += is_rejected

    def _why(self, verdict: Rejected) -> str:
        last = f"the last: {verdict.reason}: {verdict.detail}"[:300]
        if self._unexpected and self._bugs_in_a_row >= self._unexpected:
            return f"{self._bugs_in_a_row} episodes in a row met an exception that no table knows; {last}"
        if self._consecutive and self._in_a_row >= self._consecutive:
            return f"{self._in_a_row} episodes in a row were rejected; {last}"
        is_full = self._has_window and len(self._recent) == self._recent.maxlen
        if is_full and self._rejected_in_window > self._ratio * len(self._recent):
            return f"{self._rejected_in_window} of the last {len(self._recent)} episodes were rejected; {last}"
        return ""
