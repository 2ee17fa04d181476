"""Pods as processes: the real `episodes run`, so that CPU and memory are a pod's own."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from consumer.clock import Clock
from consumer.errors import UserError
from consumer.stack.probes import free_ports

_RUN = "from consumer.cli.main import run; run()"
_LOOK_S = 0.1
_JOIN_S = 300.0
_STOP_S = 40.0
_LOG_LINES = 3


@dataclass(slots=True)
class Pod:
    """One `episodes run`; its log is in a file."""

    process: asyncio.subprocess.Process
    port: int
    log: Path
    session: aiohttp.ClientSession

    @property
    def pid(self) -> int:
        """Id of the process."""
        return self.process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self.process.returncode is None

    async def statistics(self) -> dict[str, Any]:
        """Return what /statz says; empty while nothing answers."""
        try:
            async with self.session.get(f"http://127.0.0.1:{self.port}/statz") as response:
                found: dict[str, Any] = await response.json()
                return found
        except (aiohttp.ClientError, TimeoutError):  # a pod that is held up; `check` tells of one that ended
            return {}

    async def metrics(self) -> str:
        """Return what /metrics says; empty while nothing answers."""
        try:
            async with self.session.get(f"http://127.0.0.1:{self.port}/metrics") as response:
                return await response.text()
        except (aiohttp.ClientError, TimeoutError):
            return ""

    def check(self) -> None:
        """Do nothing while it runs.

        Raises:
            UserError: it has ended by itself; the line has the end of its log.
        """
        if not self.is_alive:
            lines = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            told = " / ".join(lines[-_LOG_LINES:])
            raise UserError(f"a pod ended with exit code {self.process.returncode}: {told or 'its log is empty'}")

    async def stop(self) -> None:
        """Let it end in order; kill it when that takes too long."""
        if self.is_alive:
            self.process.send_signal(signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_STOP_S):
                await self.process.wait()
        await self.kill()

    async def kill(self) -> None:
        """End it at once."""
        if self.is_alive:
            self.process.kill()
        await self.process.wait()


class Pods:
    """Pods that share a topic; all of them have ended when the block of `running_pods` has."""

    def __init__(
        self, variables: Mapping[str, str | None], folder: Path, session: aiohttp.ClientSession, clock: Clock
    ) -> None:
        """Store the pods' settings as variables of the environment, None: unset; others are as they are around us."""
        self._variables = variables
        self._folder = folder
        self._session = session
        self._clock = clock
        self._begun = 0
        self.running: list[Pod] = []

    async def start(self) -> Pod:
        """Start one more and return at once; it has joined when `joined` returns."""
        (port,) = free_ports(1)
        log = self._folder / f"pod-{self._begun}.log"
        self._begun += 1
        with log.open("wb") as file:
            process = await asyncio.create_subprocess_exec(
                "/usr/bin/env",
                *(part for name, value in self._variables.items() if value is None for part in ("-u", name)),
                *(f"{name}={value}" for name, value in self._variables.items() if value is not None),
                *(sys.executable, "-c", _RUN, "run", "--health-port", str(port)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=file,
                stderr=file,
            )
        pod = Pod(process, port, log, self._session)
        self.running.append(pod)
        return pod

    async def stop(self, pod: Pod) -> None:
        """Have one leave in order."""
        self.running.remove(pod)
        await pod.stop()

    async def joined(self) -> None:
        """Return when every pod consumes and has partitions.

        Raises:
            UserError: a pod ended, or does not join.
        """
        try:
            async with asyncio.timeout(_JOIN_S):
                while not all([_has_joined(await pod.statistics()) for pod in self.running]):
                    self.check()
                    await self._clock.sleep(_LOOK_S)
        except TimeoutError:
            raise UserError(f"a pod has not joined its consumer group in {_JOIN_S:.0f} s") from None

    def check(self) -> None:
        """Do nothing while all run.

        Raises:
            UserError: one has ended by itself.
        """
        for pod in self.running:
            pod.check()


def _has_joined(statistics: Mapping[str, Any]) -> bool:
    return statistics.get("state") == "running" and bool(statistics.get("partitions"))


@asynccontextmanager
async def running_pods(
    count: int, variables: Mapping[str, str | None], folder: Path, clock: Clock
) -> AsyncIterator[Pods]:
    """Run `count` pods, all of which have joined; more can be started meanwhile. At the end none runs.

    Raises:
        UserError: a pod ended, or does not join.
    """
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        pods = Pods(variables, folder, session, clock)
        try:
            for _ in range(count):
                await pods.start()
            await pods.joined()
            yield pods
        except BaseException:
            for pod in pods.running:
                await pod.kill()
            raise
        async with asyncio.TaskGroup() as tasks:
            for pod in pods.running:
                tasks.create_task(pod.stop(), name=f"stop pod {pod.pid}")
