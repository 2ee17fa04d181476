"""A stack with an owner that `status` and `down` can find: what `episodes up` runs, in front or detached.

Its home is the data folder, also when the data themselves are ephemeral: one such stack per user.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import psutil

from consumer.errors import UserError
from consumer.stack.display import Display
from consumer.stack.folder_lock import FolderLock
from consumer.stack.local import LocalStack, first_error
from consumer.stack.options import StackOptions
from consumer.stack.places import data_dir
from consumer.stack.state import (
    StackState,
    failed,
    own_state,
    read_state,
    remove_state,
    running_state,
    write_state,
)
from consumer.stack.training import train_quietly

_STOP_SPARE_S = 15.0
_KILL_S = 10.0


@contextlib.asynccontextmanager
async def owned_stack(
    options: StackOptions, display: Display | None = None
) -> AsyncIterator[tuple[LocalStack, StackState]]:
    """Run a stack whose state is in the data folder while it runs; a failure is kept there for `status`.

    Raises:
        UserError: one is running or starting already, or what `LocalStack.start` says.
    """
    home = data_dir(options.settings)
    lock = FolderLock.take(home, "owner.lock")
    state = own_state(ephemeral=options.ephemeral)
    try:
        write_state(home, state)
        async with LocalStack(options, display=display) as stack:
            ports = {str(service): port for service, port in stack.ports.items()}
            guards = {str(service): pid for service, pid in stack.pids.items()}
            state = replace(state, is_ready=True, ports=ports, guards=guards, folder=str(stack.folder))
            write_state(home, state)
            yield stack, state
    except UserError as error:
        write_state(home, failed(state, str(error)))
        raise
    except BaseException:
        remove_state(home)
        raise
    else:
        remove_state(home)
    finally:
        lock.release()


def cancel_at_sigterm() -> None:
    """Have SIGTERM cancel the running task from now on, so that a start that is under way ends cleanly."""
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


async def run_until_stopped(stack: LocalStack) -> None:
    """Return at SIGTERM or SIGINT; meanwhile records what makes the next start faster.

    Raises:
        UserError: a service ended by itself; the line has its last log lines.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        async with asyncio.TaskGroup() as tasks:
            training = tasks.create_task(train_quietly(stack.options.settings), name="training")
            await stack.watch(stop)
            training.cancel()
    except BaseExceptionGroup as group:
        error = first_error(group)
        raise error from error.__cause__
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


def find(home: Path) -> StackState | None:
    """Return the state of the stack that runs or starts in `home`, None when there is none."""
    return running_state(home)


def last_failure(home: Path) -> str | None:
    """Return why the last stack of `home` ended, None when it was stopped or still runs."""
    state = read_state(home)
    if state is None or state.process() is not None:
        return None
    return state.error or f"its process {state.pid} was killed"


def stop(state: StackState, home: Path, grace_s: float) -> None:
    """Stop the stack of `state` in order and return when it is gone; blocks.

    Its process is killed when it takes `grace_s` and some seconds; its guards then end the services.

    Raises:
        UserError: it belongs to another user.
    """
    process = state.process()
    if process is None:
        remove_state(home)
        return
    try:
        os.kill(process.pid, signal.SIGTERM)
        try:
            process.wait(grace_s + _STOP_SPARE_S)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(_KILL_S)
            remove_state(home)
    except ProcessLookupError:
        remove_state(home)
    except (PermissionError, psutil.AccessDenied) as error:
        raise UserError(f"the stack's process {state.pid} belongs to another user") from error
