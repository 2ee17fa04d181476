"""`episodes run --health-port`: a process that is asked over HTTP, and one that can't have the port."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

EPISODES = str(Path(sys.executable).with_name("episodes"))
LISTENS = re.compile(r"health endpoint on http://127\.0\.0\.1:(\d+)")


def ask(port, path):
    """Return status and text."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def test_a_pod_serves_its_health_until_it_has_stopped(episodes, environment, neo4j_uri):
    """Port 0 is told in the log; ready once it has joined; SIGTERM ends it, endpoint and all."""
    assert episodes("publish", "-", stdin="").returncode == 0  # makes the topic
    with subprocess.Popen(  # noqa: S603 - our own command
        [EPISODES, "run", "--health-port", "0"],
        env=environment | {"EPISODES_NEO4J__URI": neo4j_uri},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as pod:
        port = next(int(found[1]) for line in pod.stderr if (found := LISTENS.search(line)))
        assert ask(port, "/livez")[0] == 200
        until = time.monotonic() + 180
        while ask(port, "/readyz")[0] != 200:
            assert time.monotonic() < until, ask(port, "/statz")
            time.sleep(0.2)
        assert json.loads(ask(port, "/statz")[1])["state"] == "running"
        assert "episodes_partitions_assigned 4.0" in ask(port, "/metrics")[1]
        pod.send_signal(signal.SIGTERM)
        _, errors = pod.communicate(timeout=120)
    assert pod.returncode == 0, errors
    assert "Traceback" not in errors
    assert "held the event loop" not in errors


def test_a_port_in_use_is_one_line(episodes, neo4j_uri):
    """It says which setting to change, before anything is opened."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = episodes("run", "--health-port", str(port), EPISODES_NEO4J__URI=neo4j_uri)
    assert result.returncode == 1
    told = [line for line in result.stderr.splitlines() if line.startswith("error:")]
    advice = "set EPISODES_HEALTH__PORT (or --health-port) to another port, 0 for a free one"
    assert told == [f"error: health endpoint: 127.0.0.1:{port} is in use; {advice}"]
    assert "Traceback" not in result.stderr
