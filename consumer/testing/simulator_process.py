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

from consumer.testing.simulator import Simulator
from consumer.testing.simulator_profile import Profile


def main(arguments: Sequence[str] | None = None) -> None:
    """Run until standard input closes or a signal comes."""
    options = _options(arguments)
    profile = Profile(
        latency_ms=options.latency_ms,
        latency=options.latency,
        embedding_latency_ms=options.embedding_latency_ms,
        rate_429=options.rate_429,
        rate_500=options.rate_500,
        rate_timeout=options.rate_timeout,
        rate_bad_json=options.rate_bad_json,
        rate_refusal=options.rate_refusal,
        rate_truncated=options.rate_truncated,
        rate_fences=options.rate_fences,
        retry_after_s=options.retry_after_s,
        requests_per_min=options.requests_per_min,
        dimension=options.dimension,
        seed=options.seed,
    )
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
    default = Profile()
    parser = argparse.ArgumentParser(prog="python -m consumer.testing.simulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--json", action="store_true", help="print the address as a JSON object")
    parser.add_argument("--latency", choices=("fixed", "lognormal", "heavy"), default=default.latency)
    for name in (
        "latency_ms",
        "embedding_latency_ms",
        "rate_429",
        "rate_500",
        "rate_timeout",
        "rate_bad_json",
        "rate_refusal",
        "rate_truncated",
        "rate_fences",
        "retry_after_s",
    ):
        parser.add_argument(f"--{name.replace('_', '-')}", type=float, default=getattr(default, name))
    for name in ("requests_per_min", "dimension", "seed"):
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=getattr(default, name))
    return parser.parse_args(arguments)
