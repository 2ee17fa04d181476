"""Persistence: the same call again while the world is at fault, a few times while a bug may be.

One retry layer only: the clients' own retries are off (Neo4j's driver repeats transient failures for two seconds).
The wait doubles with full jitter (AWS architecture blog, "Exponential backoff and jitter", 2015) and is never shorter
than what the dependency asked for. While the dependency's breaker is open nobody waits by himself: the breaker says
who goes, and when.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar
from weakref import WeakKeyDictionary

from consumer.clock import Clock
from consumer.errors import AssignmentLost, EpisodeFault, UserError, WorldFault
from consumer.pipeline.breakers import Breakers, Dependency
from consumer.pipeline.verdicts import GivenUp, of_bug, of_episode_fault
from consumer.settings import PipelineSettings

T = TypeVar("T")
logger = logging.getLogger(__name__)

LOOK_EVERY_S = 0.5
"""How often a waiting call looks whether it is wanted still."""

TOLD_FROM_S = 0.001
"""A shorter wait for a breaker is none."""


class Witness(Protocol):
    """Told what happens to a call, in the call's own context."""

    def try_failed(self, dependency: str, error: Exception, attempt: int, wait_s: float) -> None:
        """Note that a try (from 1) failed and that another one follows after so many seconds."""
        ...

    def let_go(self, dependency: str, waited_s: float) -> None:
        """Note that a call waited for the breaker of its dependency."""
        ...


@dataclass(slots=True)
class _Tries:
    """One call's tries so far: `lone` failures in a row while others were `answered`; when the first one failed."""

    what: str
    dependency: Dependency
    answered: int
    is_lone_possible: bool
    is_divisible: bool
    made: int = 0
    unexpected: int = 0
    lone: int = 0
    first_at: datetime | None = None


class Persistence:
    """Calls again, with growing waits, behind the breakers.

    N1: a fault of the world is outlasted without limit, unless the call keeps failing `max_lone_attempts` times in
        a row while the same dependency answers others in between: then it is the episode, and its group must move on.
    N2: an exception of no family is tried `max_unexpected_attempts` times.
    N3: a call that is wanted no longer is not made, and waits for no breaker.
    """

    def __init__(
        self,
        clock: Clock,
        settings: PipelineSettings,
        breakers: Breakers,
        *,
        jitter: random.Random | None = None,
        on_retry: Callable[[str, str], None] = lambda _what, _dependency: None,
        witness: Witness | None = None,
    ) -> None:
        """Take the `clock` to wait by; `on_retry(what, dependency)` is told of each call that is made again."""
        self._clock = clock
        self._settings = settings
        self._breakers = breakers
        self._on_retry = on_retry
        self._witness = witness
        self._jitter = jitter or random.Random()  # noqa: S311 - spreads waits, guards nothing
        self._spread: WeakKeyDictionary[WorldFault, float] = WeakKeyDictionary()

    def delay_s(self, attempt: int, asked_s: float | None, origin: WorldFault | None = None) -> float:
        """Return seconds to wait after failed `attempt` (from 1), at least `asked_s` when given.

        Callers of one call, whose fault is `origin`, wait equally long: they can share the next one too.
        """
        ceiling = min(self._settings.retry_max_s, self._settings.retry_initial_s * 2 ** min(attempt - 1, 30))
        spread = self._jitter.random() if origin is None else self._spread.setdefault(origin, self._jitter.random())
        wait_s: float = max(asked_s or 0.0, ceiling * (1 + spread) / 2)
        return wait_s

    async def call(
        self,
        what: str,
        dependency: Dependency,
        once: Callable[[], Awaitable[T]],
        *,
        is_wanted: Callable[[], bool] = lambda: True,
        is_lone_possible: bool = True,
        is_divisible: bool = False,
    ) -> T:
        """Return what `once` returns, however often it has to be called.

        `is_lone_possible` False: the call is no episode's alone, so the world is always at fault. `is_divisible`: the
        caller can try smaller batches.

        Raises:
            AssignmentLost: the call is wanted no longer.
            WorldFault: `is_batch_too_large`, and the call is divisible.
            GivenUp: the verdict on the episode (or batch) of this call.
            UserError: as `once` raised it.
        """
        tries = _Tries(what, dependency, self._breakers.successes(dependency), is_lone_possible, is_divisible)
        while True:
            asked_at = self._clock.monotonic()
            probe = await self._breakers.admitted(dependency, is_wanted)
            if self._witness is not None and (waited_s := self._clock.monotonic() - asked_at) > TOLD_FROM_S:
                self._witness.let_go(dependency, waited_s)
            tries.made += 1
            try:
                result = await once()
            except Exception as error:  # noqa: BLE001 - by family, in one place
                wait_s = self._wait_after(error, tries, probe=probe)
                if self._witness is not None:
                    self._witness.try_failed(dependency, error, tries.made, wait_s)
            except BaseException:
                self._breakers.abandoned(dependency, probe=probe)
                raise
            else:
                self._breakers.succeeded(dependency)
                return result
            tries.first_at = tries.first_at or self._clock.now()
            await self._pause(wait_s, what, is_wanted)

    def _wait_after(self, error: Exception, tries: _Tries, *, probe: int) -> float:
        """Tell the breaker what `error` means, and return seconds to wait; or raise what ends the call."""
        if isinstance(error, EpisodeFault):
            self._breakers.succeeded(tries.dependency)
            raise of_episode_fault(error, tries.made, tries.first_at) from error
        if isinstance(error, WorldFault) and not (tries.is_divisible and error.is_batch_too_large):
            return self._wait_for_world(error, tries, probe=probe)
        self._breakers.abandoned(tries.dependency, probe=probe)
        if isinstance(error, WorldFault | AssignmentLost | UserError):
            raise error
        tries.unexpected += 1
        logger.error("%s: unexpected exception, attempt %d", tries.what, tries.unexpected, exc_info=error)
        if tries.unexpected >= self._settings.max_unexpected_attempts:
            raise of_bug(error, tries.unexpected, tries.first_at) from error
        return self.delay_s(tries.unexpected, None)

    def _wait_for_world(self, fault: WorldFault, tries: _Tries, *, probe: int) -> float:
        if probe or not fault.is_shared:  # one failed call is one failure, however many episodes shared it
            self._breakers.failed(tries.dependency, fault, probe=probe)
        self._on_retry(tries.what, fault.dependency)
        logger.debug("%s attempt=%d: %s", tries.what, tries.made, fault)
        before, tries.answered = tries.answered, self._breakers.successes(tries.dependency)
        tries.lone = 0 if fault.is_throttling or tries.answered == before else tries.lone + 1
        if tries.is_lone_possible and tries.lone >= self._settings.max_lone_attempts:
            raise GivenUp(
                "keeps-failing",
                f"while others succeed: {fault}",
                family="world",
                attempts=tries.made,
                first_at=tries.first_at,
            ) from fault
        # While the breaker is open it says who goes next, and a wait of our own would only come late.
        return (
            0.0
            if tries.dependency in self._breakers.open
            else self.delay_s(tries.made, fault.retry_after_s, fault.origin)
        )

    async def _pause(self, wait_s: float, what: str, is_wanted: Callable[[], bool]) -> None:
        until = self._clock.monotonic() + wait_s
        while (left := until - self._clock.monotonic()) > 0:
            if not is_wanted():
                raise AssignmentLost(f"{what} no longer wanted")
            await self._clock.sleep(min(left, LOOK_EVERY_S))
