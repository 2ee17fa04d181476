"""The memory level: least recently used, bounded in bytes, on aiocache's interface.

Values are bytes, as they will be on the levels below (Redis, disk), so that one codec serves all and nothing is
pickled. aiocache's own memory backend has no bound.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Any

from aiocache.base import BaseCache
from aiocache.serializers import NullSerializer

from consumer.clock import Clock, SystemClock

ENTRY_OVERHEAD_BYTES = 200
"""What an entry costs beside its key and value (dict slot, two objects, a tuple), measured on CPython 3.11."""

EVICT_TO = 0.8
"""When full, the least recently used go until so much of the bound is left."""


class MemoryCache(BaseCache):  # type: ignore[misc] # aiocache has no types
    """Keeps bytes by key.

    M1: `used_bytes` never exceeds `max_bytes` after a call. M2: an entry past its time is never returned.
    M3: get and set make an entry the most recently used. A value larger than the bound is not kept.
    """

    NAME = "memory"

    def __init__(self, max_bytes: int, *, clock: Clock | None = None, ttl_s: float | None = None) -> None:
        """Take the bound in bytes (keys, values and overhead) and the default time to live in seconds."""
        super().__init__(serializer=NullSerializer(encoding=None), timeout=None, ttl=ttl_s)
        self.max_bytes = max_bytes
        self._clock = clock or SystemClock()
        self._entries: OrderedDict[str, tuple[bytes, float | None]] = OrderedDict()
        self.used_bytes = 0
        self.hits = 0
        self.misses = 0

    def __len__(self) -> int:
        return len(self._entries)

    def evict(self, target_bytes: int) -> None:
        """Drop the least recently used entries until at most `target_bytes` are used."""
        while self._entries and self.used_bytes > target_bytes:
            key, (value, _) = self._entries.popitem(last=False)
            self.used_bytes -= _size(key, value)

    async def _get(self, key: str, encoding: str | None = None, _conn: Any = None) -> bytes | None:  # noqa: ARG002
        entry = self._entries.get(key)
        if entry is None:
            self.misses += 1
            return None
        value, expires_at = entry
        if expires_at is not None and self._clock.monotonic() >= expires_at:
            self._drop(key)
            self.misses += 1
            return None
        self._entries.move_to_end(key)
        self.hits += 1
        return value

    async def _multi_get(
        self, keys: Sequence[str], encoding: str | None = None, _conn: Any = None
    ) -> list[bytes | None]:
        return [await self._get(key, encoding, _conn) for key in keys]

    async def _set(
        self,
        key: str,
        value: bytes,
        ttl: float | None = None,
        _cas_token: Any = None,
        _conn: Any = None,
    ) -> bool:
        self._drop(key)
        size = _size(key, value)
        if size > self.max_bytes:
            return False
        if self.used_bytes + size > self.max_bytes:
            self.evict(min(int(self.max_bytes * EVICT_TO), self.max_bytes - size))
        self._entries[key] = (value, None if ttl is None else self._clock.monotonic() + ttl)
        self.used_bytes += size
        return True

    async def _multi_set(self, pairs: Iterable[tuple[str, bytes]], ttl: float | None = None, _conn: Any = None) -> bool:
        for key, value in pairs:
            await self._set(key, value, ttl)
        return True

    async def _add(self, key: str, value: bytes, ttl: float | None = None, _conn: Any = None) -> bool:
        if await self._get(key) is not None:
            raise ValueError(f"key is there already: {key}")
        return await self._set(key, value, ttl)

    async def _exists(self, key: str, _conn: Any = None) -> bool:
        return await self._get(key) is not None

    async def _expire(self, key: str, ttl: float, _conn: Any = None) -> bool:
        value = await self._get(key)
        if value is None:
            return False
        self._entries[key] = (value, self._clock.monotonic() + ttl if ttl else None)
        return True

    async def _delete(self, key: str, _conn: Any = None) -> int:
        return 1 if self._drop(key) else 0

    async def _clear(self, namespace: str | None = None, _conn: Any = None) -> bool:
        for key in [key for key in self._entries if namespace is None or key.startswith(namespace)]:
            self._drop(key)
        return True

    def _drop(self, key: str) -> bool:
        entry = self._entries.pop(key, None)
        if entry is None:
            return False
        self.used_bytes -= _size(key, entry[0])
        return True


def _size(key: str, value: bytes) -> int:
    return len(key) + len(value) + ENTRY_OVERHEAD_BYTES
