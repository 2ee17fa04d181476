"""A shared level that may be down, slow or full: then it is a miss, and after that it is left alone for a while.

A cache saves calls; it must never cost an episode. Whatever a level does, a read takes `timeout_s` at most, and while
it is out of use, nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from aiocache.base import BaseCache

from consumer.cache.keys import seal, unseal
from consumer.clock import Clock, SystemClock
from consumer.telemetry import names
from consumer.telemetry.calls import count

T = TypeVar("T")

logger = logging.getLogger(__name__)

TELL_EVERY_S = 60.0
"""A level that is out of use is told once in so many seconds."""

_MAX_COOL_DOWN_S = 60.0
_CLOSE_S = 1.0
_DETAIL_CHARS = 200


class Outlasted:
    """Reads and writes a level that may fail at any time.

    G1: nothing but cancellation is raised. G2: a call takes `timeout_s` at most. G3: after a failure the level is left
    alone for `cool_down_s`, doubling up to a minute while it keeps failing; then one call tries it, the others pass by.
    G4: a value that is damaged, or another key's, is a miss.
    """

    def __init__(self, level: BaseCache, *, timeout_s: float, cool_down_s: float, clock: Clock | None = None) -> None:
        """Take the level, owned from now on."""
        self.name = str(level.NAME)
        self._level = level
        self._timeout_s = timeout_s
        self._first_cool_down_s = cool_down_s
        self._clock = clock or SystemClock()
        self._failures = 0  # in a row
        self._outage = 0  # so that calls begun before a failure change nothing after it
        self._closed_until = 0.0
        self._told_at: float | None = None

    @property
    def is_in_use(self) -> bool:
        """Whether the last call went well, or none was made."""
        return self._failures == 0

    async def get(self, keys: Sequence[str]) -> dict[str, bytes]:
        """Return what the level has of `keys`, or nothing."""
        if not keys:
            return {}
        values = await self._try(self._level.multi_get, list(keys))
        opened = {key: unseal(key, value) for key, value in zip(keys, values or [], strict=False)}
        return {key: value for key, value in opened.items() if value is not None}

    async def set(self, values: Mapping[str, bytes]) -> None:
        """Keep `values` in the level, if it can."""
        if values:
            await self._try(self._level.multi_set, [(key, seal(key, value)) for key, value in values.items()])

    async def aclose(self) -> None:
        """Close the level; one that hangs is not waited for."""
        try:
            async with asyncio.timeout(_CLOSE_S):
                await self._level.close()
        except Exception as error:  # noqa: BLE001 - nothing is lost with it
            logger.debug("closing the %s cache: %s", self.name, type(error).__name__)

    async def _try(self, call: Callable[[Any], Awaitable[T]], argument: Any) -> T | None:
        """Return what the call does, or None when it fails or the level is out of use."""
        if self._failures:
            now = self._clock.monotonic()
            if now < self._closed_until:
                return None
            self._closed_until = now + self._cool_down_s()  # others pass by while this call tries
        outage = self._outage
        try:
            async with asyncio.timeout(self._timeout_s):
                done = await call(argument)
        except Exception as error:  # noqa: BLE001 - whatever a client raises: it is only a cache
            self._failed(error, outage)
            return None
        if self._failures and outage == self._outage:
            self._failures = 0
            logger.info("the %s cache is in use again", self.name)
        return done

    def _cool_down_s(self) -> float:
        return min(self._first_cool_down_s * 2.0 ** min(self._failures - 1, 16), _MAX_COOL_DOWN_S)

    def _failed(self, error: Exception, outage: int) -> None:
        """Leave the level alone; of calls that fail together the first one counts."""
        count(names.CACHE_FAULTS, {names.CACHE_TIER: self.name})
        if outage != self._outage:
            return
        now = self._clock.monotonic()
        self._outage += 1
        self._failures += 1
        self._closed_until = now + self._cool_down_s()
        if self._told_at is None or now >= self._told_at + TELL_EVERY_S:
            self._told_at = now
            detail = " ".join(str(error).split())[:_DETAIL_CHARS]
            logger.warning(
                "the %s cache is out of use, work goes on without it: %s%s",
                self.name,
                type(error).__name__,
                f": {detail}" if detail else "",
            )
