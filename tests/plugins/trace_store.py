"""Where the traces of a test go and are read from: a real Jaeger where `make jaeger` has built one, else a receiver.

The receiver takes the same OTLP over HTTP and decodes it with OpenTelemetry's own messages. EPISODES_TEST_JAEGER names
another Jaeger program (1's all-in-one or 2); EPISODES_TEST_JAEGER=none has the receiver in any case.
"""

from __future__ import annotations

import gzip
import os
import runpy
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from consumer.telemetry.jaeger import Jaeger
from consumer.telemetry.told_span import ToldEvent, ToldSpan

BUILD = Path(__file__).parents[2] / "ops" / "jaeger" / "build.py"
PORTS = (
    "query.http-server.host-port",
    "query.grpc-server.host-port",
    "collector.otlp.grpc.host-port",
    "collector.otlp.http.host-port",
    "collector.grpc-server.host-port",
    "collector.http-server.host-port",
    "admin.http.host-port",
)
KINDS = ("internal", "internal", "server", "client", "producer", "consumer")


def program() -> Path | None:
    """The Jaeger to use, or None."""
    given = os.environ.get("EPISODES_TEST_JAEGER")
    if given == "none":
        return None
    found = Path(given) if given else runpy.run_path(str(BUILD))["place"]()
    return found if found.exists() else None


class JaegerStore:
    """A running Jaeger."""

    name = "jaeger"

    def __init__(self, otlp: str, page: str) -> None:
        self.otlp = otlp
        self.page = page

    async def trace(self, trace_id: str) -> list[ToldSpan]:
        return await Jaeger(self.page).trace(trace_id)

    async def latest(self, service: str) -> list[list[ToldSpan]]:
        return await Jaeger(self.page).latest(service, limit=500)


class Receiver:
    """Takes OTLP over HTTP and keeps it."""

    name = "receiver"
    page = ""

    def __init__(self, otlp: str) -> None:
        self.otlp = otlp
        self._by_trace: dict[str, list[ToldSpan]] = defaultdict(list)
        self._by_service: dict[str, dict[str, None]] = defaultdict(dict)

    def take(self, body: bytes) -> None:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            service = next(i.value.string_value for i in resource.resource.attributes if i.key == "service.name")
            for scope in resource.scope_spans:
                for span in scope.spans:
                    told = of_proto(span)
                    self._by_trace[told.trace_id].append(told)
                    self._by_service[service][told.trace_id] = None

    async def trace(self, trace_id: str) -> list[ToldSpan]:
        return list(self._by_trace.get(trace_id, ()))

    async def latest(self, service: str) -> list[list[ToldSpan]]:
        return [self._by_trace[trace_id] for trace_id in self._by_service[service]]


def of_proto(span) -> ToldSpan:
    """A span as it was on the wire."""
    return ToldSpan(
        name=span.name,
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        began_ns=span.start_time_unix_nano,
        ended_ns=span.end_time_unix_nano,
        kind=KINDS[span.kind],
        is_error=span.status.code == 2,
        attributes=attributes_of(span.attributes),
        events=tuple(ToldEvent(e.name, e.time_unix_nano, attributes_of(e.attributes)) for e in span.events),
        links=tuple((link.trace_id.hex(), link.span_id.hex()) for link in span.links),
    )


def attributes_of(items) -> dict:
    return {item.key: getattr(item.value, item.value.WhichOneof("value")) for item in items}


@contextmanager
def running_receiver() -> Iterator[Receiver]:
    """Serve on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/v1/traces":
                receiver.take(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver = Receiver(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


@contextmanager
def running_jaeger(executable: Path, log: Path, wait_s: float = 60) -> Iterator[JaegerStore]:
    """Run Jaeger with its traces in memory; another one on other ports if one of them was taken meanwhile."""
    for _ in range(3):
        at = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
        flags = [f"--{name}=127.0.0.1:{port}" for name, port in at.items()]
        with log.open("ab") as file:
            process = subprocess.Popen(  # noqa: S603 - our own Jaeger
                [str(executable), "--log-level=warn", "--memory.max-traces=20000", *flags],
                stdout=file,
                stderr=file,
                # It traces itself otherwise, and hangs at each stop.
                env={"PATH": os.environ.get("PATH", ""), "OTEL_TRACES_SAMPLER": "always_off"},
            )
        try:
            if is_ready(process, at["admin.http.host-port"], wait_s):
                yield JaegerStore(
                    f"http://127.0.0.1:{at['collector.otlp.http.host-port']}",
                    f"http://127.0.0.1:{at['query.http-server.host-port']}",
                )
                return
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    raise AssertionError(f"Jaeger does not start: {log.read_text(errors='replace')[-2_000:]}")


def is_ready(process: subprocess.Popen, admin_port: int, wait_s: float) -> bool:
    """Whether it answers in time; no, once it has ended."""
    until = time.monotonic() + wait_s
    while process.poll() is None and time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{admin_port}/", timeout=2) as answer:
                if answer.status == 200:
                    return True
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(0.05)
    return False


@pytest.fixture(scope="session")
def trace_store(tmp_path_factory) -> Iterator[JaegerStore | Receiver]:
    """Give a Jaeger, or a receiver where none is built."""
    executable = program()
    if executable is None:
        with running_receiver() as receiver:
            yield receiver
        return
    with running_jaeger(executable, tmp_path_factory.mktemp("jaeger") / "jaeger.log") as jaeger:
        yield jaeger
