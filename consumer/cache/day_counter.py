"""A whole number for each day that only grows, shared as far as the cache is: in Redis, on disk, or in memory.

No cache: nothing here is evicted or removed by `episodes cache clear`. What a store refuses leaves as its client raises
it, and the caller counts on by himself.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Protocol

from consumer.errors import UserError
from consumer.settings import CacheSettings

FILE_NAME = "days-1.sqlite3"
KEEP_S = 3 * 24 * 3_600
"""How long Redis keeps a day: past any midnight, in any zone."""

_BUSY_S = 0.5
_SCHEMA = "CREATE TABLE IF NOT EXISTS day (name TEXT PRIMARY KEY, amount INTEGER NOT NULL)"
_ADD = (
    "INSERT INTO day VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET amount = amount + excluded.amount RETURNING amount"
)


class DayCounter(Protocol):
    """Adds to a day's number; several processes may add to the same one."""

    @property
    def place(self) -> str:
        """Where it is kept, without credentials."""
        ...

    async def add(self, day: str, amount: int) -> int:
        """Add `amount` (0 only looks) to the number of `day`, an ISO date, and return what it is then."""
        ...

    async def close(self) -> None:
        """Release connections."""
        ...


class MemoryDayCounter:
    """Counts for one process."""

    place = "memory"

    def __init__(self) -> None:
        """Begin with nothing."""
        self._days: Counter[str] = Counter()

    async def add(self, day: str, amount: int) -> int:
        """Add to the day, and forget other days."""
        self._days = Counter({day: self._days[day] + amount})
        return self._days[day]

    async def close(self) -> None:
        """Keep what was counted: the process goes on."""


class DiskDayCounter:
    """Counts for the processes of a machine, and their next start. A call opens the file and closes it again."""

    def __init__(self, folder: Path) -> None:
        """Store the folder, made when it is missing."""
        self._path = folder / FILE_NAME

    @property
    def place(self) -> str:
        """The file."""
        return str(self._path)

    async def add(self, day: str, amount: int) -> int:
        """Add to the day, and forget days before it.

        Raises:
            OSError: the folder cannot be used.
            sqlite3.Error: nor can the file.
        """
        return await asyncio.to_thread(self._add, day, amount)

    async def close(self) -> None:
        """Nothing is open."""

    def _add(self, day: str, amount: int) -> int:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with closing(sqlite3.connect(self._path, timeout=_BUSY_S)) as connection, connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(_SCHEMA)
            # One statement: SQLite takes its write lock before it reads, so no process adds to an older number.
            ((total,),) = connection.execute(_ADD, (day, amount)).fetchall()
            connection.execute("DELETE FROM day WHERE name < ?", (day,))
            return int(total)


PROCESS = MemoryDayCounter()
"""What a process counts by itself, whoever in it counts."""


def day_counter(settings: CacheSettings) -> DayCounter:
    """Return the counter in the widest level that is set: Redis, else the disk, else the memory of this process.

    Raises:
        UserError: Redis is set and its client is not installed.
    """
    if settings.redis_url is not None:
        try:
            from consumer.cache.redis_day_counter import RedisDayCounter  # noqa: PLC0415 - an optional extra
        except ImportError as error:
            raise UserError(
                "EPISODES_CACHE__REDIS_URL needs the extra `redis`: pip install 'episodes[redis]'"
            ) from error
        return RedisDayCounter(settings.redis_url.get_secret_value(), timeout_s=settings.redis_timeout_s, keep_s=KEEP_S)
    return PROCESS if settings.disk_dir is None else DiskDayCounter(settings.disk_dir)
