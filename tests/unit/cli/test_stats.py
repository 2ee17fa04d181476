"""`episodes stats`: a table or JSON of a pod that runs, and which pod."""

import asyncio
import json
import threading
from contextlib import contextmanager

from typer.testing import CliRunner

from consumer.cli.main import build
from consumer.errors import UserError
from consumer.health.server import HealthServer
from consumer.health.vitals import Verdict
from consumer.settings import HealthSettings

METRICS = b"""\
# TYPE episodes_stage_duration_seconds histogram
episodes_stage_duration_seconds_bucket{episodes_stage="write",le="0.05"} 9.0
episodes_stage_duration_seconds_bucket{episodes_stage="write",le="1.0"} 10.0
episodes_stage_duration_seconds_bucket{episodes_stage="write",le="+Inf"} 10.0
episodes_stage_duration_seconds_count{episodes_stage="write"} 10.0
episodes_stage_duration_seconds_sum{episodes_stage="write"} 1.0
"""


class Pod:
    """A pod that is up for ten seconds."""

    def live(self):
        return Verdict(ok=True, why="")

    def ready(self):
        return Verdict(ok=True, why="")

    def statistics(self):
        return {"version": "1", "state": "running", "uptime_s": 10.0, "outcomes": {"written": 40}}


@contextmanager
def running(metrics):
    """A health endpoint in a thread; yields its port."""
    loop, port, stop = asyncio.new_event_loop(), [], asyncio.Event()
    ready = threading.Event()

    async def serve():
        async with HealthServer(HealthSettings(port=0), Pod(), metrics) as server:
            port.append(server.port)
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    ready.wait(10)
    try:
        yield port[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


def invoke(*arguments, **environment):
    """Run the command line in this process."""
    return CliRunner().invoke(build(), ["stats", *arguments], env=environment)


def test_a_pod_is_told_as_a_table_and_as_json():
    """By address, or by the port of the settings."""
    with running(lambda: METRICS) as port:
        table = invoke(f"127.0.0.1:{port}")
        whole = invoke("--json", EPISODES_HEALTH__PORT=str(port))
    lines = table.stdout.splitlines()
    assert lines[0] == f"http://127.0.0.1:{port}: running, version 1, up for 10 s; written=40 (4/s)"
    assert lines[1].split("\t") == ["operation", "count", "failed", "success", "per s", "mean", "p50", "p95", "p99"]
    assert lines[2].split("\t")[:7] == ["stage write", "10", "0", "100.0%", "1", "100.0 ms", "27.8 ms"]
    told = json.loads(whole.stdout)
    assert told["operations"][0]["operation"] == "stage write"
    assert told["outcomes"] == {"written": 40}


def test_metrics_that_are_off_are_said():
    """The state is told all the same."""
    with running(None) as port:
        result = invoke(f"http://127.0.0.1:{port}")
    assert result.exit_code == 0
    assert "running" in result.stdout
    assert "HTTP status 503" in result.stderr


def test_without_an_address_it_says_what_to_give():
    """Exit code 2."""
    result = invoke(EPISODES_HEALTH__PORT=None)
    assert isinstance(result.exception, UserError)
    assert result.exception.exit_code == 2
