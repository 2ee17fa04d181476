"""`episodes trace` draws what a Jaeger has, and says in one line why it cannot."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from typer.testing import CliRunner

from consumer.cli.main import build
from consumer.errors import UserError

TRACE = "ab" * 16
BEGAN_US = 1_700_000_000_000_000


def span(name, span_id, parent=None, at_ms=0, ms=10, **tags):
    """One span as Jaeger's API has it."""
    return {
        "traceID": TRACE,
        "spanID": span_id,
        "operationName": name,
        "references": [{"refType": "CHILD_OF", "traceID": TRACE, "spanID": parent}] if parent else [],
        "startTime": BEGAN_US + at_ms * 1_000,
        "duration": ms * 1_000,
        "tags": [{"key": key, "value": value} for key, value in tags.items()],
        "logs": [],
    }


SPANS = [
    span("process episodes", "b", "a", at_ms=5, ms=95, **{"episodes.outcome": "written"}),
    span("send episodes", "a", ms=4),
    span("extract", "c", "b", at_ms=20, ms=60, **{"episodes.queue.wait": 0.01}),
]


@pytest.fixture
def jaeger():
    """A server with one trace; its address, and what it was asked."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            at = urlsplit(self.path)
            asked.append((at.path, {name: values[0] for name, values in parse_qs(at.query).items()}))
            is_found = at.path in {"/api/traces", f"/api/traces/{TRACE}"} and "rejected" not in at.query
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"data": [{"spans": SPANS}] if is_found else []}).encode())

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()
    thread.join()


def invoke(*arguments):
    """Run the command in this process."""
    return CliRunner().invoke(build(), ["trace", *arguments])


def test_newest_trace_is_drawn(jaeger):
    """Of the configured service and topic; children under their parents, with what they tell."""
    address, asked = jaeger
    result = invoke("--jaeger", address)
    assert result.exit_code == 0, result.output
    head, *lines = result.output.splitlines()
    assert TRACE in head
    assert "100 ms" in head
    assert lines[0].startswith("send episodes")
    assert lines[1].startswith("  process episodes")
    assert lines[1].endswith("written")
    assert lines[2].startswith("    extract")
    path, question = asked[0]
    assert path == "/api/traces"
    assert question["service"] == "episodes"
    assert question["operation"] == "process episodes"


def test_picture_and_json(jaeger, tmp_path):
    """One trace by its id: a file with the picture, and the spans for a script."""
    address, _ = jaeger
    result = invoke(TRACE, "--jaeger", address, "--svg", str(tmp_path / "t.svg"), "--json")
    told = json.loads(result.stdout)
    assert [(each["name"], each["parent_id"], each["ms"]) for each in told][1] == ("send episodes", None, 4.0)
    assert "process episodes" in (tmp_path / "t.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["f" * 32], "no trace"),
        (["not-an-id"], "no trace id"),
        (["--outcome", "rejected"], "no trace of an episode that is rejected"),
        ([TRACE, "--svg", "/no/such/folder/t.svg"], "cannot write"),
    ],
)
def test_what_is_wrong_is_told(jaeger, arguments, told):
    """Nothing found, no id, no file: one line each."""
    address, _ = jaeger
    result = invoke(*arguments, "--jaeger", address)
    assert isinstance(result.exception, UserError)
    assert told in str(result.exception)
