"""The process that owns a detached stack: `python -m consumer.stack.supervisor <options as JSON>`.

It writes one JSON line to standard output, `{"ready": …}` or `{"error": …}`, and closes it: that is how
`episodes up --detach` knows. It ends at SIGTERM (`episodes down`), or when a service ends by itself.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from consumer.errors import UserError
from consumer.settings import StackSettings
from consumer.stack.fetch import disk_error
from consumer.stack.jars import Service
from consumer.stack.options import StackOptions
from consumer.stack.owner import cancel_at_sigterm, owned_stack, run_until_stopped
from consumer.stack.places import data_dir
from consumer.stack.state import StackState, running_state

LOG_NAME = "supervisor.log"


def start_detached(options: StackOptions) -> StackState:
    """Start a stack that outlives us and return its state when it is ready; blocks.

    Interrupted, it stops what it started.

    Raises:
        UserError: what `LocalStack.start` says, passed on.
    """
    home = data_dir(options.settings)
    try:
        home.mkdir(parents=True, exist_ok=True)
        log = (home / LOG_NAME).open("ab")
    except OSError as error:
        raise disk_error(home, error) from error
    with log:
        supervisor = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "consumer.stack.supervisor", encode(options)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    assert supervisor.stdout is not None  # noqa: S101 - a pipe was asked for
    try:
        with supervisor.stdout as answer:
            line = answer.readline()
    except BaseException:
        supervisor.terminate()
        supervisor.wait()
        raise
    return _understand(line, home)


def _understand(line: bytes, home: Path) -> StackState:
    message = json.loads(line) if line else {"error": f"the stack's supervisor ended: see {home / LOG_NAME}"}
    if "error" in message:
        raise UserError(message["error"])
    state = running_state(home)
    if state is None:
        raise UserError(f"the stack ended right after its start: see {home / LOG_NAME}")
    return state


def encode(options: StackOptions) -> str:
    """Return `options` as JSON."""
    values = asdict(options) | {
        "services": sorted(options.services),
        "settings": options.settings.model_dump(mode="json"),
    }
    return json.dumps(values)


def decode(text: str) -> StackOptions:
    """Return the options that `encode` wrote."""
    values = json.loads(text)
    values["services"] = frozenset(Service(name) for name in values["services"])
    values["jvm_flags"] = tuple(values["jvm_flags"])
    values["settings"] = StackSettings(**values["settings"])
    return StackOptions(**values)


def _answer(message: dict[str, object]) -> None:
    """Write the one line and let go of standard output, so that nobody waits for its end."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


async def _supervise(options: StackOptions) -> None:
    cancel_at_sigterm()
    async with owned_stack(options) as (stack, _):
        _answer({"ready": True})
        await run_until_stopped(stack)


def main(arguments: Sequence[str]) -> int:
    """Own a stack until it is stopped; return the exit code."""
    try:
        asyncio.run(_supervise(decode(arguments[0])))
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        _answer({"error": str(error)})
        return error.exit_code
    except asyncio.CancelledError:
        _answer({"error": "the stack was stopped while it started"})
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
