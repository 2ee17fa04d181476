"""Results kept: found again under the same request and the same versions of its groups.

The version of a group counts its writes and stands in the graph, written in the transaction of the write itself. So a
result is never older than its groups, whichever pod wrote and whichever pod kept it: the key names the versions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from aiocache.base import BaseCache
from pydantic import TypeAdapter, ValidationError

from consumer.cache.keys import cache_key
from consumer.clock import Clock
from consumer.graph import GroupState
from consumer.search.request import SearchRequest
from consumer.search.result import SearchResult

KIND = "search"
"""Kind of what is cached."""

_RESULT: TypeAdapter[SearchResult] = TypeAdapter(SearchResult)
_UNTIL_BYTES = 16


class ResultCache:
    """Keeps results in a cache of bytes, which bounds them.

    K1: a result is returned only for an equal request at equal versions of all its groups. K2: never after its time
    to live, nor after one of its facts has ended. A group without a version (nothing of ours writes it) is not kept.
    """

    def __init__(self, cache: BaseCache, ttl_s: float, clock: Clock) -> None:
        """Take the cache, owned from now on, and the time to live in seconds."""
        self._cache = cache
        self._ttl_s = ttl_s
        self._clock = clock

    def key(self, request: SearchRequest, states: Mapping[str, GroupState], scope: str) -> str | None:
        """Return the key of a request; None where a group has no version. `scope` is what else decides the result."""
        groups = dict.fromkeys(request.group_ids)
        if any(group_id not in states for group_id in groups):
            return None
        versions = [[group_id, states[group_id].version, states[group_id].model] for group_id in groups]
        asked = asdict(request) | {"vector": None if request.vector is None else request.vector.tobytes().hex()}
        del asked["refresh"], asked["explain"]
        return cache_key(KIND, [scope, json.dumps([asked, versions], sort_keys=True, default=str)])

    async def get(self, key: str) -> SearchResult | None:
        """Return what is kept under `key` and still holds."""
        value = await self._cache.get(key)
        if not isinstance(value, bytes) or len(value) <= _UNTIL_BYTES:
            return None
        try:
            if float(value[:_UNTIL_BYTES]) <= self._clock.now().timestamp():
                return None
            return _RESULT.validate_json(value[_UNTIL_BYTES:])
        except (ValueError, ValidationError):
            return None  # of another release, or damaged

    async def put(self, key: str, result: SearchResult) -> None:
        """Keep a result; where it shows the present only until the first of its facts ends."""
        now = self._clock.now()
        ends = [hit.invalid_at for hit in result.hits if hit.invalid_at is not None and hit.invalid_at > now]
        until = min([now.timestamp() + self._ttl_s, *(end.timestamp() for end in ends)])
        head = f"{until:.3f}".encode().rjust(_UNTIL_BYTES)
        await self._cache.set(key, head + _RESULT.dump_json(result))

    async def aclose(self) -> None:
        """Close the cache."""
        await self._cache.close()


def plain(result: SearchResult) -> dict[str, Any]:
    """Return a result as JSON has it."""
    found: dict[str, Any] = _RESULT.dump_python(result, mode="json")
    return found
