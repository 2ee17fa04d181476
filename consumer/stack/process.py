"""One service as a child process under its guard: start, wait until it answers, stop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from consumer.clock import Clock
from consumer.errors import UserError
from consumer.stack.probes import Probe

_GUARD = Path(__file__).with_name("guard.py")
_POLL_S = 0.1
_PROBE_S = 20.0
_KILL_S = 10.0
_LAST_LINES = 3
_LINE_CHARS = 300


class ServiceProcess:
    """A running service; the guard ends it when this process is gone.

    Invariants:
        P1: `pid` is the guard's and the leader of the process group the service runs in.
        P2: after `stop` neither runs, whatever happened before.
    """

    def __init__(self, name: str, console: Path, guard: subprocess.Popen[bytes]) -> None:
        self.name = name
        self.pid = guard.pid
        self._console = console
        self._guard = guard

    @classmethod
    def start(
        cls,
        name: str,
        command: Sequence[str],
        folder: Path,
        *,
        grace_s: float = 20.0,
        remove_folder: bool = False,
        niceness: int = 0,
    ) -> ServiceProcess:
        """Start `command` in `folder`; its output goes to `console.log` there, the run before's to `console.1.log`.

        With `remove_folder` the guard removes the folder when it has ended the service. A `niceness` above 0 leaves
        the processor to others.
        """
        console = folder / "console.log"
        with contextlib.suppress(FileNotFoundError):
            console.replace(folder / "console.1.log")
        removed = str(folder) if remove_folder else ""
        nice = ["nice", "-n", str(niceness)] if niceness else []
        guard = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-I", str(_GUARD), str(grace_s), removed, str(console), "--", *nice, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            start_new_session=True,
        )
        return cls(name, console, guard)

    @property
    def is_running(self) -> bool:
        """Whether the service has not ended."""
        return self._guard.poll() is None

    def check_running(self) -> None:
        """Return when the service runs.

        Raises:
            UserError: it ended; the line has its exit code and last log lines.
        """
        if not self.is_running:
            raise UserError(f"{self.name} ended (exit code {self._guard.returncode}): {self.last_lines()}")

    async def wait_ready(self, probe: Probe, port: int, clock: Clock, timeout_s: float) -> None:
        """Return when `probe` gets its answer.

        Raises:
            UserError: the service ended, or did not answer within `timeout_s`; the line has its last log lines.
        """
        deadline = clock.monotonic() + timeout_s
        while not await asyncio.to_thread(probe, port, _PROBE_S):
            self.check_running()
            if clock.monotonic() > deadline:
                raise UserError(f"{self.name} did not answer within {timeout_s:.0f} s: {self.last_lines()}")
            await clock.sleep(_POLL_S)

    def last_lines(self) -> str:
        """Return the last lines of the service's log in one, and where the rest is."""
        try:
            text = self._console.read_text(encoding="utf-8", errors="replace")
        except OSError:
            text = ""
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        telling = [line for line in lines if not line.startswith(("at ", "..."))] or ["it said nothing"]
        return " | ".join(line[:_LINE_CHARS] for line in telling[-_LAST_LINES:]) + f" (log: {self._console})"

    def ask_to_stop(self, *, kill: bool) -> None:
        """Tell the guard to stop the service in order, or at once with `kill`, also later; does not wait."""
        if self._guard.stdin is not None:
            with contextlib.suppress(OSError, ValueError):
                self._guard.stdin.write(b"k" if kill else b"t")
                self._guard.stdin.flush()

    def wait_stopped(self, timeout_s: float) -> None:
        """Return when guard and service have ended; after `timeout_s` the whole group is killed. Blocks."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._guard.wait(timeout_s)
        self._kill_group()  # also when the guard has ended: killed from outside, it leaves its service behind
        self._guard.wait(_KILL_S)
        if self._guard.stdin is not None:
            with contextlib.suppress(OSError):
                self._guard.stdin.close()

    def _kill_group(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
