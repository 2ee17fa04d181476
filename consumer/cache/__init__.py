"""Caches: one interface, aiocache's `BaseCache` with bytes as values, and single flight beside it.

`memory` is the first level; `redis_level` and `disk` are shared ones, each behind `outlasted`, which makes misses of
their faults. `tiers` is all of them as one, and `levels` builds it: what uses a cache does not know which it has.
"""

from __future__ import annotations

from consumer.cache.memory import MemoryCache
from consumer.cache.single_flight import SingleFlight

__all__ = ["MemoryCache", "SingleFlight"]
