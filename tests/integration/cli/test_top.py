"""`episodes top` over a pod that is a process of its own."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

EPISODES = str(Path(sys.executable).with_name("episodes"))
LISTENS = re.compile(r"health endpoint on http://127\.0\.0\.1:(\d+)")


def test_a_running_pod_and_a_silent_one_are_shown(episodes, environment, neo4j_uri):
    """As text and as JSON; once it has stopped, one line says that nobody answers."""
    assert episodes("publish", "-", stdin="").returncode == 0  # makes the topic
    with subprocess.Popen(  # noqa: S603 - our own command
        [EPISODES, "run", "--health-port", "0"],
        env=environment | {"EPISODES_NEO4J__URI": neo4j_uri},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as pod:
        port = next(int(found[1]) for line in pod.stderr if (found := LISTENS.search(line)))
        address, silent = f"http://127.0.0.1:{port}", "http://127.0.0.1:9"
        alone = episodes("top", "--once", "--timeout", "20", address, COLUMNS="80")
        assert alone.returncode == 0, alone.stderr
        assert alone.stdout.startswith(address)
        assert max(map(len, alone.stdout.splitlines())) <= 80
        both = episodes("top", "--once", "--json", "--timeout", "20", address, silent)
        assert both.returncode == 0, both.stderr
        told = json.loads(both.stdout)
        assert [each["is_reachable"] for each in told["pods"]] == [True, False]
        assert told["pods"][1]["why"] == "cannot be reached"
        assert told["sum"]["state"] == "1 of 2"
        pod.send_signal(signal.SIGTERM)
        _, errors = pod.communicate(timeout=60)
    assert pod.returncode == 0, errors
    nobody = episodes("top", "--once", address)
    assert nobody.returncode == 1
    assert nobody.stdout == ""
    (line,) = nobody.stderr.splitlines()
    assert line.startswith(f"error: no pod answers: {address} (cannot be reached)")


def test_lines_of_json_are_told_until_it_is_stopped(episodes, environment, neo4j_uri):
    """One for each look, also of pods that are silent; Ctrl-C is its ordinary end."""
    with subprocess.Popen(  # noqa: S603 - our own command
        [EPISODES, "top", "--json", "--every", "0.2", "http://127.0.0.1:9"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as looking:
        lines = [json.loads(next(looking.stdout)) for _ in range(3)]
        looking.send_signal(signal.SIGINT)
        _, errors = looking.communicate(timeout=60)
    assert [line["sum"]["is_reachable"] for line in lines] == [False] * 3
    assert looking.returncode == 0, errors
    assert "Traceback" not in errors
