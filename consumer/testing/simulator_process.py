"""The simulator as a process of its own: prints its address, ends with its parent's stdin or on SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from dataclasses import fields

from consumer.testing.named_profiles import PROFILES, Behaviour
from consumer.testing.simulator import Simulator
from consumer.testing.simulator_profile import Profile


def main(arguments: Sequence[str] | None = None) -> None:
    """Run until standard input closes or a signal comes."""
    options = _options(arguments)
    profile = Profile(**{field.name: getattr(options, field.name) for field in fields(Profile)})
    asyncio.run(_serve(profile, options.port, as_json=options.json))


async def _serve(profile: Profile, port: int, *, as_json: bool) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    async with Simulator(profile, port=port) as simulator:
        line = json.dumps({"base_url": simulator.base_url}) if as_json else simulator.base_url
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
        with _stdin_closes(loop, ended):
            await ended.wait()


@contextlib.contextmanager
def _stdin_closes(loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> Iterator[None]:
    """Set `ended` when standard input reaches its end; what comes before it is read and dropped."""
    descriptor = sys.stdin.fileno()

    def drop() -> None:
        if not os.read(descriptor, 65_536):
            loop.remove_reader(descriptor)
            ended.set()

    try:
        loop.add_reader(descriptor, drop)
    except PermissionError:  # a file or /dev/null cannot be watched: signals end us
        yield
        return
    try:
        yield
    finally:
        loop.remove_reader(descriptor)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    named = argparse.ArgumentParser(add_help=False)
    named.add_argument("--profile", choices=[*Behaviour], help="a behaviour by name; single options change it")
    chosen = named.parse_known_args(arguments)[0].profile
    default = PROFILES[Behaviour(chosen)] if chosen else Profile()
    parser = argparse.ArgumentParser(prog="python -m consumer.testing.simulator", description=__doc__, parents=[named])
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--json", action="store_true", help="print the address as a JSON object")
    parser.add_argument("--latency", choices=("fixed", "lognormal", "heavy"), default=default.latency)
    for field in fields(Profile):
        if field.name != "latency":
            value = getattr(default, field.name)
            parser.add_argument(f"--{field.name.replace('_', '-')}", type=type(value), default=value)
    return parser.parse_args(arguments)
