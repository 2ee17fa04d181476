"""Telemetry goes to a real OTLP endpoint when there is one, and cannot hold up a stop when it is dead."""

import gzip
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from consumer.clock import SystemClock
from consumer.settings import TelemetrySettings
from consumer.telemetry import names, providers
from consumer.telemetry.calls import client_call
from consumer.telemetry.setup import configure
from consumer.telemetry.tracing import RingExporter


@pytest.fixture
def collector():
    """A loopback OTLP/HTTP endpoint that keeps what it is sent."""
    received = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            received.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", received
    server.shutdown()
    server.server_close()
    thread.join()


def test_spans_and_metrics_reach_the_collector_at_shutdown(collector):
    """What waits is sent by shutdown, under the base address, with the schema version."""
    address, received = collector
    settings = TelemetrySettings(service_name="pods")
    with configure(settings, endpoint=address + "/"), client_call("query", {}, metric=names.DB_DURATION):
        pass
    assert {path for path, _ in received} == {"/v1/traces", "/v1/metrics"}
    body = next(body for path, body in received if path == "/v1/traces")
    request = ExportTraceServiceRequest.FromString(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)
    (resource,) = request.resource_spans
    assert resource.scope_spans[0].schema_url == names.SCHEMA_URL
    attributes = {item.key: item.value.string_value for item in resource.resource.attributes}
    assert attributes["service.name"] == "pods"
    assert resource.scope_spans[0].spans[0].name == "query"


def test_metrics_stay_here_when_the_endpoint_takes_none(collector):
    """A Jaeger has traces only: nothing is put to its `/v1/metrics`."""
    address, received = collector
    with configure(TelemetrySettings(otlp_metrics=False), endpoint=address), client_call("query", {}):
        pass
    assert [path for path, _ in received] == ["/v1/traces"]


def test_dead_collector_does_not_hold_up_the_stop():
    """T1: shutdown keeps its deadline with a collector that accepts and never answers."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        telemetry = configure(TelemetrySettings(), endpoint=f"http://127.0.0.1:{silent.getsockname()[1]}")
        with client_call("query", {}):
            pass
        clock = SystemClock()
        started = clock.monotonic()
        was_sent = telemetry.shutdown(0.2)
        assert clock.monotonic() - started < 5, "the exporter's own limit is ten seconds"
        assert not was_sent
    assert not providers.is_tracing()


def test_nothing_is_installed_without_an_endpoint():
    """By default telemetry is off."""
    with configure(TelemetrySettings()):
        assert not providers.is_tracing()
        assert not providers.is_metering()


def test_ring_keeps_the_last_spans():
    """R1: the ring never holds more than its capacity, and is readable after shutdown."""
    ring = RingExporter(capacity=3)
    with configure(TelemetrySettings(), span_exporters=[ring]):
        for number in range(5):
            with client_call(f"call {number}", {}):
                pass
    assert [span.name for span in ring.spans()] == ["call 2", "call 3", "call 4"]
