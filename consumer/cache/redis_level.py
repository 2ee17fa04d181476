"""The Redis level: aiocache's Redis backend with our connection, times and bookkeeping.

Bounded by the server (`maxmemory` with an LRU policy), for several pods and others write to it, and by the time to
live of each entry. One server or a proxy before one: keys of one call are not in one slot of a Redis Cluster.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import redis.asyncio as redis
from aiocache.backends.redis import RedisCache as _AiocacheRedis
from aiocache.serializers import NullSerializer
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from consumer.cache.level import LevelStats

ALL_VERSIONS = "episodes:cache:*"
"""Keys of this and of earlier versions."""

_MAX_CONNECTIONS = 16
_SCAN_COUNT = 500
_NO_BOUND = "the server has no maxmemory: set one, with maxmemory-policy allkeys-lru"
_NO_EVICTION = "the server evicts nothing when full: set maxmemory-policy allkeys-lru"


class RedisCache(_AiocacheRedis):  # type: ignore[misc] # aiocache has no types
    """Keeps bytes by key in a Redis, or a Valkey, that pods share.

    A connection and each answer are waited for at most `timeout_s`, and nothing is tried again. Raises `OSError`,
    `TimeoutError` and `redis.RedisError`; `Outlasted` is what makes misses of them.
    """

    NAME = "redis"

    def __init__(self, url: str, *, timeout_s: float, ttl_s: float) -> None:
        """Store the address (redis://, rediss:// or unix://); the first call connects."""
        super().__init__(serializer=NullSerializer(encoding=None), timeout=None, ttl=float(ttl_s))
        self.place = place_of(url)
        pool = redis.BlockingConnectionPool.from_url(
            url,
            max_connections=_MAX_CONNECTIONS,
            timeout=timeout_s,
            socket_timeout=timeout_s,
            socket_connect_timeout=timeout_s,
            retry=Retry(NoBackoff(), 0),
            decode_responses=False,
        )
        self.client: redis.Redis = redis.Redis.from_pool(pool)

    async def stats(self) -> LevelStats:
        """Return what the server holds of ours (values only), and its own bound."""
        kinds: Counter[str] = Counter()
        used = 0
        async for keys in self._own_keys():
            kinds.update(key.split(b":")[-2].decode(errors="replace") for key in keys)
            async with self.client.pipeline(transaction=False) as calls:
                for key in keys:
                    calls.strlen(key)
                used += sum(await calls.execute())
        memory = await self.client.info("memory")
        bound = int(memory.get("maxmemory", 0)) or None
        note = _NO_BOUND if bound is None else _NO_EVICTION if memory.get("maxmemory_policy") == "noeviction" else ""
        return LevelStats(self.NAME, self.place, kinds.total(), used, bound, dict(kinds), note)

    async def drop_all(self) -> int:
        """Remove our entries, of every version, and nothing of others."""
        dropped = 0
        async for keys in self._own_keys():
            dropped += int(await self.client.unlink(*keys))
        return dropped

    async def _clear(self, namespace: str | None = None, _conn: Any = None) -> bool:  # noqa: ARG002
        # aiocache's own would flush the whole database.
        await self.drop_all()
        return True

    async def _close(self, *_: Any, **__: Any) -> None:
        await self.client.aclose()

    async def _own_keys(self) -> AsyncIterator[list[bytes]]:
        """Yield our keys in lists; SCAN may name a key twice, and does not hold up the server as KEYS does."""
        cursor = 0
        while True:
            cursor, keys = await self.client.scan(cursor, match=ALL_VERSIONS, count=_SCAN_COUNT)
            if keys:
                yield [key for key in keys if isinstance(key, bytes)]  # all: decode_responses is off
            if not cursor:
                return


def place_of(url: str) -> str:
    """Return the address without user, password and options: what may be shown and logged."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
