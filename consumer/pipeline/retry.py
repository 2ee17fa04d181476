"""Persistence: the same call again while the world is at fault, a few times while a bug may be.

One retry layer only: the clients' own retries are off. The wait doubles with full jitter (AWS architecture blog,
"Exponential backoff and jitter", 2015) and is never shorter than what the dependency asked for.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from consumer.clock import Clock
from consumer.errors import AssignmentLost, EpisodeFault, UserError, WorldFault

T = TypeVar("T")
logger = logging.getLogger(__name__)


class Unexpected(Exception):  # noqa: N818 - the verdict of this module, chained from the bug itself
    """An exception that no table knows, after all attempts; `attempts` says how many."""

    def __init__(self, attempts: int, cause: Exception) -> None:
        """Store the number of `attempts` and describe the `cause`."""
        super().__init__(f"{type(cause).__name__}: {cause}")
        self.attempts = attempts


class Persistence:
    """Calls again, with growing waits between `initial_s` and `max_s` seconds."""

    def __init__(
        self,
        clock: Clock,
        initial_s: float,
        max_s: float,
        *,
        max_unexpected: int,
        jitter: random.Random | None = None,
        on_retry: Callable[[str, str], None] = lambda _what, _dependency: None,
    ) -> None:
        """Take the `clock` to wait by; `max_unexpected` tries for exceptions of no family.

        `on_retry(what, dependency)` is told of each wait for the world.
        """
        self._clock = clock
        self._initial_s = initial_s
        self._max_s = max_s
        self._max_unexpected = max_unexpected
        self._on_retry = on_retry
        self._jitter = jitter or random.Random()  # noqa: S311 - spreads waits, guards nothing

    def delay_s(self, attempt: int, asked_s: float | None) -> float:
        """Return seconds to wait after failed `attempt` (from 1), at least `asked_s` when given."""
        ceiling = min(self._max_s, self._initial_s * 2 ** min(attempt - 1, 30))
        return max(asked_s or 0.0, self._jitter.uniform(ceiling / 2, ceiling))

    async def call(self, what: str, once: Callable[[], Awaitable[T]]) -> T:
        """Return what `once` returns; wait and call again on `WorldFault`, without limit.

        Raises:
            EpisodeFault, AssignmentLost, UserError: as `once` raised them, at once.
            Unexpected: anything else, after `max_unexpected` tries.
        """
        attempt = unexpected = 0
        while True:
            attempt += 1
            try:
                return await once()
            except (EpisodeFault, AssignmentLost, UserError):
                raise
            except WorldFault as fault:
                delay = self.delay_s(attempt, fault.retry_after_s)
                self._on_retry(what, fault.dependency)
                logger.warning("%s waits %.1f s (attempt %d): %s", what, delay, attempt, fault)
            except Exception as error:
                unexpected += 1
                logger.exception("%s: unexpected exception, attempt %d", what, unexpected)
                if unexpected >= self._max_unexpected:
                    raise Unexpected(unexpected, error) from error
                delay = self.delay_s(unexpected, None)
            await self._clock.sleep(delay)
