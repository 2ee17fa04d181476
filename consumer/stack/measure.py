"""How long fetching and starting take here: `python -m consumer.stack.measure [--fetch]`, the numbers of decision 0002.

With `--fetch` the jars are also fetched into an empty folder. Starts are measured with and without the start archive
(`consumer.stack.training` makes it); processor seconds say more than wall time on a busy machine.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import psutil

from consumer.clock import SystemClock
from consumer.settings import StackSettings
from consumer.stack.jars import Service
from consumer.stack.local import LocalStack
from consumer.stack.options import StackOptions
from consumer.stack.programs import Programs

_WITHOUT_ARCHIVE = ("-XX:AOTMode=off",)


def fetch_line(settings: StackSettings) -> str:
    """Fetch everything into an empty folder and say how long it took."""
    clock = SystemClock()
    with tempfile.TemporaryDirectory() as folder:
        start = clock.monotonic()
        programs = Programs(settings.model_copy(update={"cache_dir": Path(folder)})).have(list(Service))
        seconds = clock.monotonic() - start
        places = [place for program in programs.values() for place in program.class_path]
        size = sum(place.stat().st_size for place in places)
    return f"fetch: {len(places)} jars, {size / 1e6:.0f} MB in {seconds:.1f} s"


async def start_line(services: frozenset[Service], settings: StackSettings, flags: tuple[str, ...]) -> str:
    """Start and stop services and say what that cost."""
    clock = SystemClock()
    start = clock.monotonic()
    stack = LocalStack(StackOptions(services=services, ephemeral=True, settings=settings, jvm_flags=flags))
    async with stack:
        seconds = clock.monotonic() - start
        java = [child for pid in stack.pids.values() for child in psutil.Process(pid).children()]
        processor_s = sum(sum(each.cpu_times()[:2]) for each in java)
        memory = sum(each.memory_info().rss for each in java)
    names = "+".join(sorted(services))
    how = "without start archive" if flags else "with start archive"
    return f"{names} {how}: {seconds:.1f} s, {processor_s:.1f} s of processor, {memory / 1e6:.0f} MB resident"


async def _starts(settings: StackSettings) -> None:
    for services in (frozenset({Service.KAFKA}), frozenset({Service.NEO4J}), frozenset(Service)):
        for flags in (_WITHOUT_ARCHIVE, ()):
            sys.stdout.write(await start_line(services, settings, flags) + "\n")


def main(arguments: Sequence[str]) -> int:
    """Print one line for each measurement."""
    settings = StackSettings()
    if "--fetch" in arguments:
        sys.stdout.write(fetch_line(settings) + "\n")
    asyncio.run(_starts(settings))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
