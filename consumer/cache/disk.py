"""The disk level: aiocache's interface over `DiskFile`, off the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from aiocache.base import BaseCache
from aiocache.serializers import NullSerializer

from consumer.cache.disk_file import DiskFile
from consumer.cache.level import LevelStats
from consumer.clock import Clock, SystemClock

P = ParamSpec("P")
T = TypeVar("T")


class DiskCache(BaseCache):  # type: ignore[misc] # aiocache has no types
    """Keeps bytes by key in a folder, for all processes of the machine that name the same one.

    Calls take turns on one thread. One that is cancelled leaves the thread at its end: a disk that hangs holds up
    the thread, never the loop. Raises `OSError` and `sqlite3.Error`; `Outlasted` is what makes misses of them.
    """

    NAME = "disk"

    def __init__(self, folder: Path, max_bytes: int, *, ttl_s: float | None = None, clock: Clock | None = None) -> None:
        """Take the folder, made when it is missing, the bound in bytes and the time to live in seconds."""
        super().__init__(serializer=NullSerializer(encoding=None), timeout=None, ttl=ttl_s)
        self._file = DiskFile(folder, max_bytes)
        self._max_bytes = max_bytes
        self._clock = clock or SystemClock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="cache-disk")

    @property
    def place(self) -> str:
        """The file."""
        return str(self._file.path)

    async def stats(self) -> LevelStats:
        """Return what the file holds."""
        used, kinds = await self._run(self._file.stats)
        return LevelStats(self.NAME, self.place, kinds.total(), used, self._max_bytes, dict(kinds))

    async def drop_all(self) -> int:
        """Remove all entries and give the space back to the disk."""
        return await self._run(self._file.clear)

    async def _get(self, key: str, encoding: str | None = None, _conn: Any = None) -> bytes | None:  # noqa: ARG002
        return (await self._run(self._file.get, [key], self._now())).get(key)

    async def _multi_get(
        self,
        keys: Sequence[str],
        encoding: str | None = None,  # noqa: ARG002
        _conn: Any = None,
    ) -> list[bytes | None]:
        found = await self._run(self._file.get, list(keys), self._now())
        return [found.get(key) for key in keys]

    async def _set(
        self, key: str, value: bytes, ttl: float | None = None, _cas_token: Any = None, _conn: Any = None
    ) -> bool:
        return await self._multi_set([(key, value)], ttl)

    async def _multi_set(self, pairs: Iterable[tuple[str, bytes]], ttl: float | None = None, _conn: Any = None) -> bool:
        await self._run(self._file.set, dict(pairs), self._now(), ttl)
        return True

    async def _exists(self, key: str, _conn: Any = None) -> bool:
        return await self._get(key) is not None

    async def _delete(self, key: str, _conn: Any = None) -> int:
        return await self._run(self._file.delete, key)

    async def _clear(self, namespace: str | None = None, _conn: Any = None) -> bool:  # noqa: ARG002
        await self.drop_all()
        return True

    async def _close(self, *_: Any, **__: Any) -> None:
        """Close the file behind what still runs; cancelled, as when the disk hangs, it leaves that to the thread."""
        try:
            await self._run(self._file.close)
        finally:
            self._thread.shutdown(wait=False)

    def _now(self) -> float:
        return self._clock.now().timestamp()

    async def _run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: work(*args, **kwargs))
