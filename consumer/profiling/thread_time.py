"""How long threads of this process have run on a processor, where the system tells (Linux).

By the kernel's own count, for a stack does not tell a thread that works from one that waits in a C call.
"""

from __future__ import annotations

import threading

_NANOSECONDS = 1_000_000_000


def ran_s(native_id: int | None) -> float | None:
    """Return the seconds that a thread has run; None where nobody tells, and when it has ended."""
    if native_id is None:
        return None
    try:
        with open(f"/proc/self/task/{native_id}/schedstat", encoding="ascii") as told:  # noqa: PTH123 - read often
            return int(told.read().split()[0]) / _NANOSECONDS
    except (OSError, ValueError, IndexError):
        return None


def native_ids() -> dict[int, int | None]:
    """Return the kernel's ids of all threads that Python knows, by Python's."""
    return {thread.ident: thread.native_id for thread in threading.enumerate() if thread.ident is not None}


class Working:
    """Tells, look by look, whether a thread has worked since the look before."""

    def __init__(self, least_share: float = 0.1) -> None:
        """A thread that ran for `least_share` of the time or more has worked."""
        self._least_share = least_share
        self._native: dict[int, int | None] = {}
        self._ran: dict[int, float] = {}

    def has_worked(self, thread: int, elapsed_s: float) -> bool:
        """Return whether `thread` worked in the last `elapsed_s`; yes where nobody tells, no at the first look."""
        if thread not in self._native:
            self._native = native_ids()
        now = ran_s(self._native.get(thread))
        if now is None:
            return True
        before, self._ran[thread] = self._ran.get(thread, now), now
        return now - before >= self._least_share * elapsed_s and now > before
