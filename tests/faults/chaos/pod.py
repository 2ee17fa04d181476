"""Pods as processes: started, stopped in order, killed, frozen; a fleet that replaces what ended by itself."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

RUNNER = Path(__file__).with_name("pod_runner.py")
_REPLACE_AFTER_S = 0.5
_EXIT_S = 90.0


@dataclass
class Pod:
    """One `episodes run`; its output goes to a file."""

    name: str
    log: Path
    offset: Path
    process: asyncio.subprocess.Process
    is_frozen: bool = False
    is_ending: bool = False

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return self.process.returncode is None

    def signal(self, number: int) -> None:
        """Send it a signal; nothing happens when it has ended."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)

    def set_clock(self, offset_s: float) -> None:
        """Let its wall clock be off by so much from now on."""
        self.offset.write_text(f"{offset_s}", encoding="ascii")

    @property
    def has_joined(self) -> bool:
        """Whether its consumer group has given it an assignment, by what it has said."""
        return "partitions are ours" in self.log.read_text(encoding="utf-8", errors="replace")

    def last_lines(self, count: int = 8) -> list[str]:
        """Return the end of its log."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return [line[:400] for line in lines[-count:]]


@dataclass
class Exit:
    """A pod that ended without being asked to."""

    at_s: float
    pod: str
    code: int | None
    last: str


@dataclass
class Fleet:
    """As many pods as `wanted`; what ends by itself is replaced, as Kubernetes does, and remembered."""

    environment: Mapping[str, str]
    folder: Path
    wanted: int = 0
    pods: list[Pod] = field(default_factory=list)
    exits: list[Exit] = field(default_factory=list)
    drains_s: list[float] = field(default_factory=list)
    unclean: list[Exit] = field(default_factory=list)
    begun: float = field(default_factory=time.monotonic)
    _started: int = 0
    _replacing: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def living(self) -> list[Pod]:
        """Pods that run and are not on their way out."""
        return [pod for pod in self.pods if pod.is_alive and not pod.is_ending]

    async def scale(self, wanted: int) -> None:
        """Start pods, or stop some in order, until there are so many."""
        self.wanted = wanted
        await self.replace()
        for pod in [pod for pod in self.living if not pod.is_frozen][: max(len(self.living) - wanted, 0)]:
            await self.stop(pod)

    async def watch(self) -> None:
        """Replace pods that end by themselves, until cancelled."""
        while True:
            await asyncio.sleep(_REPLACE_AFTER_S)
            for pod in self.pods:
                if not pod.is_alive and not pod.is_ending:
                    pod.is_ending = True
                    self.exits.append(self._exit(pod))
            await self.replace()

    async def replace(self) -> None:
        """Start what is missing."""
        async with self._replacing:
            while len(self.living) < self.wanted:
                await self._start()

    async def stop(self, pod: Pod) -> None:
        """Stop `pod` in order and note how long it took; one that hangs is killed and noted as unclean."""
        pod.is_ending = True
        begun = time.monotonic()
        pod.signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(pod.process.wait(), _EXIT_S)
        except TimeoutError:
            self.unclean.append(self._exit(pod))
            await self.kill(pod)
            return
        self.drains_s.append(time.monotonic() - begun)
        # Told while it still starts, before it owns anything, it ends by the signal itself: nothing is in flight.
        allowed = {0} if pod.has_joined else {0, -signal.SIGTERM}
        if pod.process.returncode not in allowed:
            self.unclean.append(self._exit(pod))

    async def kill(self, pod: Pod) -> None:
        """Kill -9, also a frozen one."""
        pod.is_ending = True
        pod.signal(signal.SIGKILL)
        await pod.process.wait()

    async def close(self) -> None:
        """Leave no process behind."""
        self.wanted = 0
        for pod in self.pods:
            if pod.is_alive:
                await self.kill(pod)

    async def _start(self) -> None:
        self._started += 1
        name = f"pod-{self._started}"
        log, offset = self.folder / f"{name}.log", self.folder / f"{name}.clock"
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                str(RUNNER),
                str(offset),
                "run",
                env=dict(self.environment),
                stdout=output,
                stderr=output,
            )
        self.pods.append(Pod(name, log, offset, process))

    def _exit(self, pod: Pod) -> Exit:
        last = [line for line in pod.last_lines() if line.strip()]
        return Exit(time.monotonic() - self.begun, pod.name, pod.process.returncode, last[-1] if last else "")
