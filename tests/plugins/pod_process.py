"""Pods as processes for the fault tests, and what can be seen of them from outside: memory, /statz, what is written."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import time
from dataclasses import dataclass, field

import aiohttp
import neo4j
import psutil
import pytest
from plugins.end_to_end import drained, pod_environment

COUNT = "UNWIND $groups AS g RETURN sum(COUNT { MATCH (:Episodic {group_id: g}) }) AS written"


@dataclass
class PodProcess:
    """One `episodes run`, with a health port; its log goes to a file."""

    process: asyncio.subprocess.Process
    port: int
    log_path: object
    rss_mb: list[float] = field(default_factory=list)

    @property
    def is_alive(self):
        return self.process.returncode is None

    def log(self) -> str:
        """What it has logged so far."""
        return self.log_path.read_text(errors="replace")

    def send(self, number: int) -> None:
        self.process.send_signal(number)

    async def ended(self, timeout_s: float) -> int:
        """Its exit code, once it has ended."""
        return await asyncio.wait_for(self.process.wait(), timeout_s)

    async def stop(self, timeout_s: float = 120) -> float:
        """Send SIGTERM; return how long it took to end in order."""
        began = time.monotonic()
        self.send(signal.SIGTERM)
        assert await self.ended(timeout_s) == 0, self.log()[-2_000:]
        return time.monotonic() - began

    async def kill(self) -> None:
        self.send(signal.SIGKILL)
        await self.process.wait()

    def memory_mb(self) -> float:
        """Its resident memory now."""
        return psutil.Process(self.process.pid).memory_info().rss / 1e6

    async def statistics(self) -> dict:
        """Where it says it stands."""
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{self.port}/statz") as response:
            return await response.json()


@pytest.fixture
async def start_pod(tmp_path):
    """Start pods that read a log, with settings of their own; none outlives its test."""
    started: list[PodProcess] = []

    async def start(log, **environment) -> PodProcess:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        path = tmp_path / f"pod-{len(started)}.log"
        with path.open("wb") as file:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", "from consumer.cli.main import run; run()", "run", "--health-port", str(port)),
                env=pod_environment(log) | {name: str(value) for name, value in environment.items()},
                stdout=file,
                stderr=file,
            )
        started.append(PodProcess(process, port, path))
        return started[-1]

    yield start
    for pod in started:
        if pod.is_alive:
            await pod.kill()


@pytest.fixture
async def written(neo4j_uri):
    """Count the episodes of a log that are in the graph, past any proxy."""
    async with neo4j.AsyncGraphDatabase.driver(neo4j_uri) as driver:

        async def count(log) -> int:
            found = await driver.execute_query(COUNT, groups=sorted(log.groups))
            return found.records[0]["written"]

        yield count


async def assert_all_is_right(log, events, timeout_s: float = 120) -> None:
    """Drained, committed to the end, nothing dead-lettered, and each group as the grammar's gold has it."""
    await drained(log, timeout_s)
    assert await log.dead_letters() == []
    for group in sorted(log.groups):
        log.assert_gold(events, group, *await log.graph(group))
