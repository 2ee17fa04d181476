"""Jars from a Maven repository into the user's cache: in parallel, verified, resumable, safe for several processes.

A jar is written to `<name>.part`, checked against its SHA-256, and renamed: whatever has the final name is whole.
The `.part` file is also the lock between processes (flock): the second waits and finds the jar done. An
interrupted download goes on where it stopped. Not here: which jars (`jars`, `lock`).
"""

from __future__ import annotations

import errno
import shutil
import threading
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from consumer.errors import UserError
from consumer.stack.jars import Jar

if TYPE_CHECKING:
    from consumer.stack.download import Download

_SPARE_BYTES = 16_000_000


class Cancelled(Exception):  # noqa: N818 - not an error: somebody asked for it
    """The fetch was asked to stop; what is half there is resumed by the next one."""


class Progress(Protocol):
    """Told how far a fetch is; called from several threads, one at a time."""

    def __call__(self, done_bytes: int, total_bytes: int) -> None:
        """Take the bytes that are there and the bytes there will be (0 when not known yet)."""
        ...


def _silent(done_bytes: int, total_bytes: int) -> None:
    """Take progress and say nothing."""


@dataclass
class Fetcher:
    """Fetches jars from `repository` (a base address) into `cache`.

    `stop` may be set from any thread: the fetch then ends within a second or so and raises `Cancelled`.
    After a failure the fetcher is spent.
    """

    repository: str
    cache: Path
    connections: int = 8
    progress: Progress = _silent
    stop: threading.Event = field(default_factory=threading.Event)

    def place(self, jar: Jar) -> Path:
        """Return where `jar` is, or will be, in the cache."""
        return self.cache.joinpath("jars", *jar.path.parts)

    def missing(self, jars: Sequence[Jar]) -> list[Jar]:
        """Return the jars that are not in the cache at their size; no content is read."""
        return [jar for jar in jars if not self._is_there(jar)]

    def fetch(self, jars: Sequence[Jar]) -> list[Path]:
        """Have every jar in the cache and return their places in the same order.

        Raises:
            UserError: no disk space, no answer from the repository, or a wrong checksum; one line that says what to do.
            Cancelled: `stop` was set.
        """
        missing = self.missing(jars)
        if missing:
            self._fetch_missing(missing, total_bytes=sum(jar.size_bytes or 0 for jar in jars))
        return [self.place(jar) for jar in jars]

    def _is_there(self, jar: Jar) -> bool:
        try:
            size = self.place(jar).stat().st_size
        except OSError:
            return False
        return jar.size_bytes is None or size == jar.size_bytes

    def _fetch_missing(self, missing: Sequence[Jar], total_bytes: int) -> None:
        from consumer.stack.download import Download  # noqa: PLC0415 - its HTTP client takes 0.4 s to import

        needed = sum(jar.size_bytes or 0 for jar in missing)
        counter = _Counter(self.progress, total_bytes - needed, total_bytes)
        try:
            self.cache.mkdir(parents=True, exist_ok=True)
            free = shutil.disk_usage(self.cache).free
        except OSError as error:
            raise disk_error(self.cache, error) from error
        if free < needed + _SPARE_BYTES:
            raise UserError(
                f"not enough disk space in {self.cache}: {needed // 1_000_000} MB are needed and "
                f"{free // 1_000_000} MB are free; free some, or set EPISODES_STACK__CACHE_DIR to another disk"
            )
        download = Download(self.repository, self.stop, counter.add)
        # The largest first, so that the last to finish is a small one.
        queue = sorted(missing, key=lambda jar: -(jar.size_bytes or 0))
        with ThreadPoolExecutor(self.connections, thread_name_prefix="fetch") as pool:
            futures: list[Future[None]] = []
            try:
                futures += [pool.submit(self._fetch_one, download, jar) for jar in queue]
                done, pending = wait(futures, return_when=FIRST_EXCEPTION)
                if pending:
                    self._abandon(futures)
                for future in done:
                    future.result()
            except BaseException:
                self._abandon(futures)
                raise
            finally:
                download.close()

    def _abandon(self, futures: Sequence[Future[None]]) -> None:
        """Let the threads end soon: one has failed, or somebody pressed Ctrl-C."""
        self.stop.set()
        for future in futures:
            future.cancel()

    def _fetch_one(self, download: Download, jar: Jar) -> None:
        try:
            download.run(jar, self.place(jar))
        except OSError as error:
            raise disk_error(self.cache, error) from error


class _Counter:
    """Adds up bytes from several threads and passes the sum on."""

    def __init__(self, progress: Progress, done_bytes: int, total_bytes: int) -> None:
        self._progress = progress
        self._done = done_bytes
        self._total = total_bytes
        self._lock = threading.Lock()

    def add(self, size: int) -> None:
        """Count `size` more bytes (fewer when a download starts over)."""
        with self._lock:
            self._done += size
            self._progress(self._done, self._total)


def disk_error(folder: Path, error: OSError) -> UserError:
    """Return the one line for a disk that refused: full, or not ours to write."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return UserError(f"no disk space left in {folder}: free some, or set EPISODES_STACK__CACHE_DIR to another disk")
    return UserError(f"cannot write to {folder}: {error.strerror or error}")
