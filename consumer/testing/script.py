"""What goes wrong with a fake, and when: errors for the next calls or for named episodes, and stalls."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque


class FaultScript:
    """Told before or during a test; asked by the fake at the start of each call."""

    def __init__(self) -> None:
        """Begin with nothing going wrong."""
        self._next: deque[Exception | None] = deque()
        self._of: defaultdict[str, deque[Exception]] = defaultdict(deque)
        self._always: dict[str, Exception] = {}
        self._gate = asyncio.Event()
        self._gate.set()
        self.waiting = 0

    def fail_next(self, *errors: Exception | None) -> None:
        """Raise `errors` at the next calls, one each; None lets a call pass."""
        self._next.extend(errors)

    def fail_for(self, key: str, *errors: Exception) -> None:
        """Raise `errors` at the next calls that concern `key` (an event id), one each."""
        self._of[key].extend(errors)

    def fail_always(self, key: str, error: Exception) -> None:
        """Raise `error` at every call that concerns `key`."""
        self._always[key] = error

    def stall(self) -> None:
        """Let every call wait until `resume`."""
        self._gate.clear()

    def resume(self) -> None:
        """Let waiting and coming calls go on."""
        self._gate.set()

    async def play(self, *keys: str) -> None:
        """Wait while stalled, then raise what the script has for this call, if anything."""
        self.waiting += 1
        try:
            await self._gate.wait()
        finally:
            self.waiting -= 1
        for key in keys:
            if key in self._always:
                raise self._always[key]
            if self._of[key]:
                raise self._of[key].popleft()
        if self._next:
            error = self._next.popleft()
            if error is not None:
                raise error
