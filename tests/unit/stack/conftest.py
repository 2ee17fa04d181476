"""A Maven repository on the loopback interface, with the faults real ones have."""

import hashlib
import re
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from consumer.stack.jars import Jar


@dataclass
class MavenRepository:
    """Serves `files` by path; `faults` are answered first, `cut_after` bytes end a body early, once each."""

    url: str
    files: dict[str, bytes] = field(default_factory=dict)
    faults: dict[str, list[int]] = field(default_factory=dict)
    cut_after: dict[str, int] = field(default_factory=dict)
    requests: Counter = field(default_factory=Counter)
    ranges: list[str] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    is_gated: bool = False

    @staticmethod
    def path(jar: Jar) -> str:
        """Return the path that is asked for `jar`."""
        return f"/maven2/{jar.path}"

    def add(self, coordinate: str, content: bytes) -> Jar:
        """Serve a jar and return it as a lock has it."""
        jar = Jar(coordinate, hashlib.sha256(content).hexdigest(), len(content))
        self.files[self.path(jar)] = content
        return jar


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    repository: MavenRepository

    def do_GET(self):
        """Answer one request."""
        repository = self.repository
        repository.requests[self.path] += 1
        if repository.faults.get(self.path):
            return self._send(repository.faults[self.path].pop(0), b"")
        content = repository.files.get(self.path)
        if content is None:
            return self._send(404, b"")
        status, start = 200, 0
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
        if wanted:
            status, start = 206, int(wanted[1])
            repository.ranges.append(wanted[0])
        return self._send(status, content[start:], cut_after=repository.cut_after.pop(self.path, None))

    def _send(self, status, body, cut_after=None):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if cut_after is not None:
            self.close_connection = True
            body = body[:cut_after]
        self.wfile.write(body[:1])
        if self.repository.is_gated:
            self.wfile.flush()
            self.repository.gate.wait(10)
        try:
            self.wfile.write(body[1:])
        except OSError:
            self.close_connection = True

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def maven() -> Iterator[MavenRepository]:
    """Give a running repository without content."""
    handler = type("Handler", (_Handler,), {})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        repository = MavenRepository(f"http://127.0.0.1:{server.server_port}/maven2")
        handler.repository = repository
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield repository
        repository.gate.set()
        server.shutdown()
        thread.join()
