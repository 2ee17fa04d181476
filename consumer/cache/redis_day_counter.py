"""The day's number in a Redis that pods share."""

from __future__ import annotations

from consumer.cache.redis_level import RedisCache

PREFIX = "episodes:day-1:"
"""Not that of cached entries, which `episodes cache clear` removes."""


class RedisDayCounter:
    """Counts for all processes that use one Redis. Raises `OSError`, `TimeoutError` and `redis.RedisError`."""

    def __init__(self, url: str, *, timeout_s: float, keep_s: int) -> None:
        """Store the address, and for how long a day is kept; the first call connects."""
        level = RedisCache(url, timeout_s=timeout_s, ttl_s=keep_s)
        self._keep_s = keep_s
        self.place = level.place
        self._client = level.client

    async def add(self, day: str, amount: int) -> int:
        """Add to the day, atomically, and return what it is then."""
        async with self._client.pipeline(transaction=True) as calls:
            calls.incrby(PREFIX + day, amount)
            calls.expire(PREFIX + day, self._keep_s)
            total, _ = await calls.execute()
        return int(total)

    async def close(self) -> None:
        """Release connections; the next call would connect again."""
        await self._client.aclose()
