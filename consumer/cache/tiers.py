"""The levels as one cache: memory, then Redis, then disk; what a lower level has is brought up.

aiocache's interface like each level's own, so what uses a cache does not know how many levels there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from aiocache.base import BaseCache
from aiocache.serializers import NullSerializer

from consumer.cache.memory import MemoryCache
from consumer.cache.outlasted import Outlasted
from consumer.telemetry import held_memory, names
from consumer.telemetry.calls import count, mark

MISS = "none"
"""The level of a value that no level had."""


class TieredCache(BaseCache):  # type: ignore[misc] # aiocache has no types
    """Keeps bytes by key in all its levels.

    T1: a value found in a level is in all levels above it afterwards, as far as they take it. T2: a value that is set
    is in every level. T3: no level's fault is raised. Times to live are those of the levels.
    """

    NAME = "tiers"

    def __init__(self, kind: str, memory: MemoryCache, lower: Sequence[Outlasted] = ()) -> None:
        """Take the kind of what is kept (for metrics), and the levels, all owned from now on, fastest first."""
        super().__init__(serializer=NullSerializer(encoding=None), timeout=None)
        self._kind = kind
        self._memory = memory
        self._lower = tuple(lower)
        held_memory.watch(self)

    @property
    def holder(self) -> str:
        """What its bytes in memory are called in metrics: its kind."""
        return self._kind

    @property
    def held_bytes(self) -> int:
        """Bytes in memory."""
        return self._memory.used_bytes

    @property
    def max_held_bytes(self) -> int:
        """Most bytes in memory."""
        return self._memory.max_bytes

    async def _get(self, key: str, encoding: str | None = None, _conn: Any = None) -> bytes | None:
        return (await self._multi_get([key], encoding))[0]

    async def _multi_get(
        self,
        keys: Sequence[str],
        encoding: str | None = None,  # noqa: ARG002
        _conn: Any = None,
    ) -> list[bytes | None]:
        values = await self._memory.multi_get(list(keys))
        found = {key: value for key, value in zip(keys, values, strict=True) if value is not None}
        self._tell(self._memory.NAME, len(found))
        for depth, level in enumerate(self._lower):
            missing = [key for key in keys if key not in found]
            if not missing:
                break
            here = await level.get(missing)
            self._tell(level.name, len(here))
            if here:
                found.update(here)
                await self._memory.multi_set(list(here.items()))
                for above in self._lower[:depth]:
                    await above.set(here)
        self._tell(MISS, len([key for key in keys if key not in found]))
        return [found.get(key) for key in keys]

    async def _set(
        self, key: str, value: bytes, ttl: float | None = None, _cas_token: Any = None, _conn: Any = None
    ) -> bool:
        return await self._multi_set([(key, value)], ttl)

    async def _multi_set(self, pairs: Iterable[tuple[str, bytes]], ttl: float | None = None, _conn: Any = None) -> bool:  # noqa: ARG002
        values = dict(pairs)
        await self._memory.multi_set(list(values.items()))
        for level in self._lower:
            await level.set(values)
        return True

    async def _exists(self, key: str, _conn: Any = None) -> bool:
        return await self._get(key) is not None

    async def _close(self, *_: Any, **__: Any) -> None:
        for level in self._lower:
            await level.aclose()

    def _tell(self, tier: str, lookups: int) -> None:
        """Count `lookups` that ended in `tier`, and name it on the current span."""
        if lookups:
            attributes = {names.CACHE: self._kind, names.CACHE_TIER: tier}
            count(names.CACHE_LOOKUPS, attributes, lookups)
            mark(names.cached(self._kind), tier)
