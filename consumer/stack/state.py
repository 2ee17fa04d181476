"""What `episodes up` leaves for `status` and `down`: which process owns the stack, and where its services are.

A process is known by its id *and* its start time, so that a reused id is never taken for ours, let alone killed.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import psutil

from consumer.stack.jars import Service

_NAME = "stack.json"
_SAME_START_S = 2.0


@dataclass(frozen=True, slots=True)
class StackState:
    """One stack that `episodes up` owns.

    Attributes:
        pid: the process that owns it: `episodes up` itself, or the supervisor after `--detach`.
        process_started_at: start of that process as the system tells it, in seconds since 1970.
        is_ready: whether every service has answered.
        ports: port on 127.0.0.1 by service.
        guards: process id of each service's guard, the leader of the service's process group.
        folder: where the services keep their data and logs.
        ephemeral: whether that folder is removed at the end.
        error: why it ended, when it did not end by `down` or Ctrl-C.
    """

    pid: int
    process_started_at: float
    is_ready: bool = False
    ports: dict[str, int] = field(default_factory=dict)
    guards: dict[str, int] = field(default_factory=dict)
    folder: str | None = None
    ephemeral: bool = False
    error: str | None = None

    @property
    def kafka_bootstrap(self) -> str | None:
        """`host:port` of the broker, None when there is none (yet)."""
        port = self.ports.get(Service.KAFKA)
        return f"127.0.0.1:{port}" if port else None

    @property
    def neo4j_uri(self) -> str | None:
        """`bolt://host:port` of the database, None when there is none (yet)."""
        port = self.ports.get(Service.NEO4J)
        return f"bolt://127.0.0.1:{port}" if port else None

    def process(self) -> psutil.Process | None:
        """Return the owner when it still runs, None when it ended or its id belongs to somebody else now."""
        try:
            process = psutil.Process(self.pid)
            started_at = process.create_time()
            is_gone = process.status() == psutil.STATUS_ZOMBIE
        except psutil.Error:
            return None
        return None if is_gone or abs(started_at - self.process_started_at) > _SAME_START_S else process


def own_state(*, ephemeral: bool) -> StackState:
    """Return the state of a stack that this process is about to start."""
    process = psutil.Process()
    return StackState(process.pid, process.create_time(), ephemeral=ephemeral)


def read_state(home: Path) -> StackState | None:
    """Return the state in `home`, None when there is none or it can't be read."""
    try:
        return StackState(**json.loads((home / _NAME).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def write_state(home: Path, state: StackState) -> None:
    """Replace the state in `home` atomically."""
    partial = home / (_NAME + ".new")
    partial.write_text(json.dumps(asdict(state), indent=1) + "\n", encoding="utf-8")
    partial.replace(home / _NAME)


def remove_state(home: Path) -> None:
    """Forget the state in `home`."""
    with contextlib.suppress(FileNotFoundError):
        (home / _NAME).unlink()


def running_state(home: Path) -> StackState | None:
    """Return the state in `home` when its owner still runs."""
    state = read_state(home)
    return state if state is not None and state.process() is not None else None


def failed(state: StackState, error: str) -> StackState:
    """Return `state` as that of a stack that ended by itself."""
    return replace(state, is_ready=False, error=error)
