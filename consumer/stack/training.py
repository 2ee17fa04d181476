"""Makes the next start fast: records which classes a service loads, once for each version, into the user's cache.

Java's AOT cache (JEP 483, 514 and 515) brings Kafka from 4 s to 1.4 s and Neo4j from 11 s to 6 s. Recording needs a
run of its own, because a recorded run takes many seconds to end: `episodes up` does it beside the stack it has
started, at the lowest priority and under a guard like every service. `python -m consumer.stack.training` does it now.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from pathlib import Path

from consumer.errors import UserError
from consumer.settings import StackSettings
from consumer.stack.jars import Service
from consumer.stack.local import LocalStack
from consumer.stack.options import StackOptions
from consumer.stack.programs import Programs

_log = logging.getLogger(__name__)

_NICENESS = 19
_START_S = 300.0
_STOP_S = 300.0


async def train_missing(settings: StackSettings) -> list[Path]:
    """Record what is not recorded yet, one service after another, and return the new archives.

    Cancelled, it leaves nothing behind. Of a Java that somebody chose we don't know whether it can record, so with
    one nothing is.

    Raises:
        UserError: a service did not start.
    """
    new: list[Path] = []
    if settings.java is not None:
        return new
    for service in sorted(Service):
        archive = Programs(settings).archive(service)
        if not archive.exists():
            await _train(service, archive, settings)
            new.append(archive)
    return new


async def train_quietly(settings: StackSettings) -> None:
    """Record what is not recorded yet; a failure is logged, for the stack works without."""
    try:
        for archive in await train_missing(settings):
            _log.info("recorded %s: the next start is faster", archive.name)
    except (UserError, OSError) as error:
        _log.warning("no start archive was recorded: %s", error)


async def _train(service: Service, archive: Path, settings: StackSettings) -> None:
    archive.parent.mkdir(parents=True, exist_ok=True)
    partial = archive.with_suffix(f".{os.getpid()}.part")
    options = StackOptions(
        services=frozenset({service}),
        ephemeral=True,
        start_timeout_s=_START_S,
        stop_grace_s=_STOP_S,
        niceness=_NICENESS,
        jvm_flags=(f"-XX:AOTCacheOutput={partial}",),
        settings=settings,
    )
    stack = LocalStack(options)
    try:
        await stack.start()
        await stack.stop(in_order=True)
        if not partial.exists():
            raise UserError(f"Java wrote no archive for {service}")
        partial.replace(archive)
    finally:
        for left in archive.parent.glob(partial.name + "*"):
            with contextlib.suppress(OSError):
                left.unlink()


def main() -> int:
    """Record what is not recorded yet; return the exit code."""
    try:
        new = asyncio.run(train_missing(StackSettings()))
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    for archive in new:
        sys.stdout.write(f"{archive.name}: {archive.stat().st_size / 1e6:.0f} MB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
