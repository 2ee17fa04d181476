"""`episodes up`, `status` and `down` on the real services, as a user runs them."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from consumer.stack.probes import free_ports, kafka_answers, neo4j_answers

_EPISODES = [sys.executable, "-m", "consumer.cli.main"]


@pytest.fixture
def environment(tmp_path):
    """Give an environment with a data folder of the test's own."""
    return {**os.environ, "EPISODES_STACK__DATA_DIR": str(tmp_path / "data")}


def episodes(environment, *arguments, code=0):
    """Run a command to its end, check its exit code and that it shows no stack trace."""
    command = [*_EPISODES, *arguments]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    assert result.returncode == code, result.stderr
    assert "Traceback" not in result.stderr
    return result


def in_front(environment, *arguments):
    """Start `up` in front and return it with the JSON it prints when it is ready."""
    ports = free_ports(2)
    chosen = ["--kafka-port", str(ports[0]), "--neo4j-port", str(ports[1])]
    command = [*_EPISODES, "up", "--json", *chosen, *arguments]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)  # noqa: S603 - ours
    text = b""
    for line in process.stdout:
        text += line
        if line == b"}\n":
            break
    state = json.loads(text)
    assert state["kafka_bootstrap"] == f"127.0.0.1:{ports[0]}"
    assert state["neo4j_uri"] == f"bolt://127.0.0.1:{ports[1]}"
    assert kafka_answers(ports[0])
    assert neo4j_answers(ports[1])
    return process, state


def alive(groups):
    """Return the live processes of these groups."""
    found = []
    for process in psutil.process_iter():
        try:
            if os.getpgid(process.pid) in groups and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except (ProcessLookupError, psutil.Error):
            continue
    return found


def gone_within(groups, seconds):
    """Say whether nothing of these groups runs before so many seconds have passed."""
    deadline = time.monotonic() + seconds
    while alive(groups):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def test_a_detached_stack_is_started_once_found_and_stopped(environment):
    """up, status, up again, down, down again: each says what is so, in JSON for scripts."""
    up = json.loads(episodes(environment, "up", "--detach", "--ephemeral", "--json").stdout)
    try:
        assert up["ready"]
        assert json.loads(episodes(environment, "status", "--json").stdout) == up
        again = episodes(environment, "up", "--json")
        assert json.loads(again.stdout) == up
        assert "already up" in again.stderr
        assert Path(up["folder"]).exists()
    finally:
        down = episodes(environment, "down", "--json")
    assert json.loads(down.stdout) == {"stopped": True}
    assert alive([up["pid"], *up["guards"].values()]) == []
    assert not Path(up["folder"]).exists()
    assert json.loads(episodes(environment, "status", "--json", code=1).stdout)["running"] is False
    assert json.loads(episodes(environment, "down", "--json").stdout) == {"stopped": False}


def test_ctrl_c_stops_both_services_in_order(environment):
    """The command ends with success, the data stay, nothing runs."""
    process, state = in_front(environment)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0
    assert alive(state["guards"].values()) == []
    assert (Path(state["folder"]) / "neo4j" / "data").exists()
    assert "Traceback" not in (Path(state["folder"]) / "kafka" / "console.log").read_text()


def test_kill_9_of_the_command_leaves_nothing_running(environment):
    """Both services end by themselves, the ephemeral folder goes, and `status` tells what happened."""
    process, state = in_front(environment, "--ephemeral")
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert gone_within(state["guards"].values(), 60)
    assert not Path(state["folder"]).exists()
    status = json.loads(episodes(environment, "status", "--json", code=1).stdout)
    assert status["last_failure"] == f"its process {process.pid} was killed"
    assert episodes(environment, "down").stdout == "not running\n"


def test_down_ends_a_start_that_is_under_way(environment):
    """`status` says that it starts; `down` stops it, and the command that waits for it says so."""
    command = [*_EPISODES, "up", "--detach", "--ephemeral"]
    up = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)  # noqa: S603 - ours
    state_file = Path(environment["EPISODES_STACK__DATA_DIR"]) / "stack.json"
    while not state_file.exists():
        assert up.poll() is None
        time.sleep(0.02)
    owner = json.loads(state_file.read_text())["pid"]
    assert episodes(environment, "status", code=1).stdout == f"starting (process {owner})\n"
    assert episodes(environment, "down").stdout == "stopped\n"
    _, errors = up.communicate(timeout=120)
    assert up.returncode == 1
    assert "stopped while it started" in errors
    assert not psutil.pid_exists(owner)
    assert episodes(environment, "status", code=1).stdout == "not running\n"


def test_a_taken_port_is_one_line(environment):
    """It names the port and the option."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        for mode in ([], ["--detach"]):
            result = episodes(environment, "up", "--ephemeral", "--kafka-port", port, *mode, code=1)
            lines = [line for line in result.stderr.splitlines() if line.startswith("error:")]
            assert len(lines) == 1
            assert f"port {port} for kafka is taken" in lines[0]


@pytest.mark.parametrize("mode", [[], ["--detach"]], ids=["in-front", "detached"])
def test_no_network_on_the_first_run_is_one_line(environment, tmp_path, mode):
    """It says what is missing and what to set."""
    environment |= {
        "EPISODES_STACK__CACHE_DIR": str(tmp_path / "empty"),
        "EPISODES_STACK__MAVEN_URL": f"http://127.0.0.1:{free_ports(1)[0]}",
    }
    result = episodes(environment, "up", *mode, code=1)
    assert "no connection" in result.stderr
    assert "EPISODES_STACK__MAVEN_URL" in result.stderr
    assert sum(line.startswith("error:") for line in result.stderr.splitlines()) == 1


def test_a_wrong_option_is_a_usage_error(environment):
    """Exit code 2, as of every command."""
    episodes(environment, "up", "--kafka-port", "0", code=2)
    episodes(environment, "up", "--port", code=2)


@pytest.mark.parametrize("command", ["up", "status", "down"])
def test_help_has_an_example(environment, command):
    """A user can copy it."""
    assert f"Example: episodes {command}" in episodes(environment, command, "--help").stdout
