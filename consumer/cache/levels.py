"""Which levels there are, by the settings; each connects or opens its file at its first call."""

from __future__ import annotations

from consumer.cache.disk import DiskCache
from consumer.cache.level import SharedLevel
from consumer.cache.memory import MemoryCache
from consumer.cache.outlasted import Outlasted
from consumer.cache.tiers import TieredCache
from consumer.clock import Clock
from consumer.errors import UserError
from consumer.settings import CacheSettings

CHAT, VECTOR = "chat", "vector"
"""Kinds of what is cached: a chat model's answers, an embedder's vectors."""


def tiered(
    kind: str, memory_bytes: int, settings: CacheSettings | None = None, *, clock: Clock | None = None
) -> TieredCache:
    """Return a cache of `kind` over memory and the shared levels that are set; close it with `close`.

    Raises:
        UserError: Redis is set and its client is not installed.
    """
    settings = settings or CacheSettings()
    memory = MemoryCache(memory_bytes, ttl_s=settings.memory_ttl_s, clock=clock)
    lower = [
        Outlasted(
            level,
            timeout_s=settings.disk_timeout_s if isinstance(level, DiskCache) else settings.redis_timeout_s,
            cool_down_s=settings.cool_down_s,
            clock=clock,
        )
        for level in shared_levels(settings, clock=clock)
    ]
    return TieredCache(kind, memory, lower)


def shared_levels(
    settings: CacheSettings, *, redis_timeout_s: float | None = None, clock: Clock | None = None
) -> list[SharedLevel]:
    """Return the levels below memory that are set, the faster one first.

    Raises:
        UserError: Redis is set and its client is not installed.
    """
    levels: list[SharedLevel] = []
    if settings.redis_url is not None:
        levels.append(
            _redis_cache(
                settings.redis_url.get_secret_value(), redis_timeout_s or settings.redis_timeout_s, settings.redis_ttl_s
            )
        )
    if settings.disk_dir is not None:
        levels.append(DiskCache(settings.disk_dir, settings.disk_max_bytes, ttl_s=settings.disk_ttl_s, clock=clock))
    return levels


def _redis_cache(url: str, timeout_s: float, ttl_s: float) -> SharedLevel:
    try:
        from consumer.cache.redis_level import RedisCache  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise UserError("EPISODES_CACHE__REDIS_URL needs the extra `redis`: pip install 'episodes[redis]'") from error
    return RedisCache(url, timeout_s=timeout_s, ttl_s=ttl_s)
