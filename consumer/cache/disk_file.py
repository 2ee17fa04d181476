"""The file of the disk level: bytes by key in SQLite, least recently used first out, bounded in bytes. Blocks.

Write-ahead logging lets several pods of a machine share the file. A file that SQLite can't read is replaced by an
empty one: it is a cache. docs/decisions/0009-cache-levels.md says why SQLite and not a library on top of it.
"""

from __future__ import annotations

import logging
import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

logger = logging.getLogger(__name__)

FILE_NAME = "cache-1.sqlite3"
"""With the version of the table; another version is another file."""

ENTRY_OVERHEAD_BYTES = 120
"""What an entry takes beside key and value: times, size, and its part of two indexes."""

EVICT_TO = 0.8
"""When full, the least recently used go until so much of the bound is left."""

_TOUCH_AFTER_S = 60.0
"""A read is noted at most so often: a cache that is read all day is not written all day."""

_BUSY_S = 0.5
_EVICT_ROWS = 256
_SUFFIXES = ("", "-wal", "-shm")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS entry (
    key TEXT PRIMARY KEY, value BLOB NOT NULL, size INTEGER NOT NULL, used_at REAL NOT NULL, expires_at REAL
);
CREATE INDEX IF NOT EXISTS entry_used_at ON entry (used_at);
CREATE TABLE IF NOT EXISTS total (bytes INTEGER NOT NULL);
INSERT INTO total SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM total);
CREATE TRIGGER IF NOT EXISTS entry_added AFTER INSERT ON entry BEGIN UPDATE total SET bytes = bytes + new.size; END;
CREATE TRIGGER IF NOT EXISTS entry_gone AFTER DELETE ON entry BEGIN UPDATE total SET bytes = bytes - old.size; END;
"""


class DiskFile:
    """One connection to the file, for one thread at a time; opened by the first call.

    D1: after a call the sizes of all entries are at most `max_bytes`. D2: an entry past its time is never returned.
    D3: a file that is no database of ours, or damaged, is replaced. What the disk refuses is raised as `OSError` or
    `sqlite3.Error` and leaves the file as it was.
    """

    def __init__(self, folder: Path, max_bytes: int) -> None:
        """Store where the file is and its bound; nothing is opened."""
        self.path = folder / FILE_NAME
        self._max_bytes = max_bytes
        self._connection: sqlite3.Connection | None = None

    def get(self, keys: Sequence[str], now: float) -> dict[str, bytes]:
        """Return the values of those `keys` that are there at `now` (seconds of the wall clock)."""

        def read(connection: sqlite3.Connection) -> dict[str, bytes]:
            found: dict[str, bytes] = {}
            stale: list[str] = []
            for key in keys:
                row = connection.execute(
                    "SELECT value, used_at, expires_at FROM entry WHERE key = ?", (key,)
                ).fetchone()
                if row is None or (row[2] is not None and row[2] <= now):
                    continue
                found[key] = row[0]
                if row[1] < now - _TOUCH_AFTER_S:
                    stale.append(key)
            if stale:
                with connection:
                    connection.executemany("UPDATE entry SET used_at = ? WHERE key = ?", [(now, key) for key in stale])
            return found

        return self._do(read)

    def set(self, values: Mapping[str, bytes], now: float, ttl_s: float | None) -> None:
        """Keep `values`; those larger than the bound are left out. All or none are kept when the disk refuses."""
        expires_at = None if ttl_s is None else now + ttl_s

        def write(connection: sqlite3.Connection) -> None:
            with connection:
                for key, value in values.items():
                    size = len(key) + len(value) + ENTRY_OVERHEAD_BYTES
                    connection.execute("DELETE FROM entry WHERE key = ?", (key,))
                    if size <= self._max_bytes:
                        connection.execute(
                            "INSERT INTO entry VALUES (?, ?, ?, ?, ?)", (key, value, size, now, expires_at)
                        )
                self._evict(connection, now)

        self._do(write)

    def delete(self, key: str) -> int:
        """Remove `key`; return how many entries that were."""

        def write(connection: sqlite3.Connection) -> int:
            with connection:
                return connection.execute("DELETE FROM entry WHERE key = ?", (key,)).rowcount

        return self._do(write)

    def clear(self) -> int:
        """Remove all entries and give the space back; return how many there were."""

        def write(connection: sqlite3.Connection) -> int:
            with connection:
                count = connection.execute("DELETE FROM entry").rowcount
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return count

        return self._do(write)

    def stats(self) -> tuple[int, Counter[str]]:
        """Return bytes used, and entries by the kind that their keys name."""

        def read(connection: sqlite3.Connection) -> tuple[int, Counter[str]]:
            kinds = Counter(str(key).rpartition(":")[0].rpartition(":")[2] for (key,) in connection.execute(_ALL_KEYS))
            return _used(connection), kinds

        return self._do(read)

    def close(self) -> None:
        """Close the connection; the next call would open it again."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work`; on a damaged file run it once more on an empty one."""
        try:
            return work(self._open())
        except sqlite3.OperationalError:
            self.close()  # a full or failing disk: what is open may not be usable
            raise
        except sqlite3.DatabaseError as error:
            logger.warning("the cache file %s is damaged (%s): it is replaced by an empty one", self.path, error)
            self.close()
            for suffix in _SUFFIXES:
                Path(f"{self.path}{suffix}").unlink(missing_ok=True)
            return work(self._open())

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            # Answers quote what people wrote: nobody else on the machine may read them.
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.path.touch(mode=0o600)
            connection = sqlite3.connect(self.path, timeout=_BUSY_S, check_same_thread=False)
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = NORMAL")  # a power cut loses the last entries, not the file
                connection.execute("PRAGMA journal_size_limit = 4194304")
                connection.executescript(_SCHEMA)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _evict(self, connection: sqlite3.Connection, now: float) -> None:
        """Make room when the bound is passed: what is past its time first, then the least recently used."""
        if _used(connection) <= self._max_bytes:
            return
        connection.execute("DELETE FROM entry WHERE expires_at <= ?", (now,))
        target = self._max_bytes * EVICT_TO
        while (excess := _used(connection) - target) > 0:
            oldest = connection.execute("SELECT rowid, size FROM entry ORDER BY used_at LIMIT ?", (_EVICT_ROWS,))
            with closing(oldest) as rows:
                gone = []
                for rowid, size in rows:
                    gone.append((rowid,))
                    excess -= size
                    if excess <= 0:
                        break
            connection.executemany("DELETE FROM entry WHERE rowid = ?", gone)


_ALL_KEYS = "SELECT key FROM entry"


def _used(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT bytes FROM total").fetchone()[0])
