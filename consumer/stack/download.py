"""One jar over HTTP: resume, retry, verify, rename. `fetch` runs many of these at once."""

from __future__ import annotations

import contextlib
import fcntl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import requests

from consumer.errors import UserError
from consumer.stack.fetch import Cancelled
from consumer.stack.jars import Jar, sha256_of

_ATTEMPTS = 4
_BACKOFF_S = 0.5
_TIMEOUT_S = (10, 30)
_BLOCK = 1 << 16
_OK, _PARTIAL, _RANGE_REFUSED, _THROTTLED, _SERVER_FAULT = 200, 206, 416, 429, 500


class Download:
    """Downloads jars from one repository; used by several threads, each with a session of its own."""

    def __init__(self, repository: str, stop: threading.Event, count: Callable[[int], None]) -> None:
        self._repository = repository.rstrip("/")
        self._stop = stop
        self._count = count
        self._local = threading.local()
        self._sessions: list[requests.Session] = []

    def close(self) -> None:
        """Close the connections of all threads."""
        for session in self._sessions:
            session.close()

    def run(self, jar: Jar, place: Path) -> None:
        """Have `jar` at `place`, whole and verified.

        Raises:
            UserError: the repository does not answer, does not have it, or gave other bytes than the lock says.
            Cancelled: the fetch was stopped.
            OSError: the disk is full or not writable.
        """
        place.parent.mkdir(parents=True, exist_ok=True)
        partial = place.with_name(place.name + ".part")
        with self._locked(partial) as file:
            if place.exists() and (jar.size_bytes is None or place.stat().st_size == jar.size_bytes):
                self._count(jar.size_bytes or 0)  # another process was faster
                partial.unlink(missing_ok=True)
                return
            resumed = file.seek(0, 2)
            self._count(resumed)
            self._transfer(jar, file)
            if resumed and not _is_right(jar, file):
                self._start_over(file)  # the old part may be at fault: once more from the first byte
                self._transfer(jar, file)
            if not _is_right(jar, file):
                self._start_over(file)
                raise UserError(
                    f"checksum of {jar.coordinate} is wrong and the download was thrown away: run the command again; "
                    "if it stays wrong, what answers at EPISODES_STACK__MAVEN_URL (or a proxy) changes files"
                )
            partial.replace(place)

    @contextlib.contextmanager
    def _locked(self, partial: Path) -> Iterator[IO[bytes]]:
        """Give the open `.part` file, held by no other process; closing it lets go."""
        with partial.open("a+b") as file:
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    self._pause(0.1)
            yield file

    def _transfer(self, jar: Jar, file: IO[bytes]) -> None:
        for attempt in range(1, _ATTEMPTS + 1):
            self._check_stop()
            try:
                if self._request(jar, file):
                    return
                reason = "it is overloaded"
            except requests.exceptions.RequestException as error:
                reason = _reason(error)
            if attempt < _ATTEMPTS:
                self._pause(_BACKOFF_S * 2 ** (attempt - 1))
        raise UserError(
            f"cannot fetch {jar.coordinate} from {self._repository} ({reason}): check the network, "
            "or set EPISODES_STACK__MAVEN_URL to a repository that answers; what is fetched is kept"
        )

    def _request(self, jar: Jar, file: IO[bytes]) -> bool:
        """Append the missing bytes to `file`; False when the server asks to come again later."""
        have = file.seek(0, 2)
        headers = {"Range": f"bytes={have}-"} if have else {}
        if have and have == jar.size_bytes:
            return True
        url = f"{self._repository}/{jar.path}"
        with self._session().get(url, headers=headers, stream=True, timeout=_TIMEOUT_S) as response:
            if response.status_code == _THROTTLED or response.status_code >= _SERVER_FAULT:
                return False
            if response.status_code == _RANGE_REFUSED or (have and response.status_code == _OK):
                self._start_over(file)
                if response.status_code == _RANGE_REFUSED:
                    return False
            elif response.status_code not in {_OK, _PARTIAL}:
                raise UserError(
                    f"{self._repository} has no {jar.coordinate} (HTTP {response.status_code}): check the version, "
                    "or set EPISODES_STACK__MAVEN_URL to a repository that has it"
                )
            for block in response.iter_content(_BLOCK):
                self._check_stop()
                file.write(block)
                self._count(len(block))
        file.flush()
        return True

    def _start_over(self, file: IO[bytes]) -> None:
        self._count(-file.seek(0, 2))
        file.truncate(0)

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            self._local.session = session
            self._sessions.append(session)
        return session

    def _check_stop(self) -> None:
        if self._stop.is_set():
            raise Cancelled

    def _pause(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise Cancelled


def _is_right(jar: Jar, file: IO[bytes]) -> bool:
    """Say whether `file` is what the lock says; a jar that is not locked yet is taken as it comes."""
    return jar.sha256 is None or sha256_of(file) == jar.sha256


def _reason(error: Exception) -> str:
    """Return what happened in a few words, without the client's nested representation."""
    if isinstance(error, requests.exceptions.Timeout):
        return "it does not answer in time"
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate is not accepted"
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy refuses"
    if isinstance(error, requests.exceptions.ConnectionError):
        return "no connection"
    return type(error).__name__
