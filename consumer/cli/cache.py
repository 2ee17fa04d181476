"""`episodes cache`: what the shared levels of the cache hold, and emptying them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, TypeAlias, TypeVar

import typer

from consumer.cli.output import bytes_text, note, print_json, print_line, print_table
from consumer.errors import UserError, WorldFault

if TYPE_CHECKING:
    from consumer.cache.level import LevelStats, SharedLevel
    from consumer.settings import CacheSettings

_ANSWER_S = 10.0
"""How long a command waits for one level: for people, longer than a pod does."""

_NOT_SET = "no shared cache is set: EPISODES_CACHE__DISK_DIR=FOLDER or EPISODES_CACHE__REDIS_URL=redis://HOST:6379/0"
_KINDS = {"chat": "answers", "vector": "vectors"}

T = TypeVar("T")

_Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    commands = typer.Typer(
        help="The cache of answers and vectors that pods share, in Redis and on disk.", no_args_is_help=True
    )
    commands.command("stats", epilog="Example: episodes cache stats --json")(stats)
    commands.command("clear", epilog="Example: episodes cache clear --yes")(clear)
    app.add_typer(commands, name="cache")


def stats(*, as_json: _Json = False) -> None:
    """Show what each shared level holds: where, entries, bytes, bound.

    The level in a pod's memory is told by its metrics, episodes_cache_lookups.
    """
    found = [asyncio.run(_stats(level)) for level in _levels()]
    if as_json:
        print_json({"levels": [asdict(each) for each in found]})
        return
    if not found:
        note(_NOT_SET)
        return
    print_table(("level", "where", "entries", "used", "bound"), [_row(each) for each in found])
    for each in found:
        if each.note:
            note(f"{each.level}: {each.note}")


def clear(
    *,
    yes: Annotated[
        bool, typer.Option("--yes", help="Remove them; without it the command only tells how many.")
    ] = False,
    as_json: _Json = False,
) -> None:
    """Remove all answers and vectors from the shared levels, and nothing else from a Redis that others use.

    Afterwards a replay asks the model again, at its price. A pod keeps what is in its memory until it ends.
    """
    levels = _levels()
    if not levels:
        raise UserError(_NOT_SET)
    counts = {level.NAME: asyncio.run(_drop(level) if yes else _count(level)) for level in levels}
    if as_json:
        print_json({"removed" if yes else "would_remove": counts})
        return
    for name, count in counts.items():
        print_line(f"{name}: {count} entries {'removed' if yes else 'would be removed'}")
    if not yes:
        note("nothing was removed: add --yes")


def _row(each: LevelStats) -> tuple[str, ...]:
    kinds = ", ".join(f"{count} {_KINDS.get(kind, kind)}" for kind, count in sorted(each.by_kind.items()))
    bound = bytes_text(each.max_bytes) if each.max_bytes is not None else "none"
    return each.level, each.place, kinds or "0", bytes_text(each.used_bytes), bound


def _levels() -> list[SharedLevel]:
    from consumer.cache.levels import shared_levels  # noqa: PLC0415 - heavy
    from consumer.telemetry.logs import configure_command_logging  # noqa: PLC0415

    configure_command_logging()
    return shared_levels(_settings(), redis_timeout_s=_ANSWER_S)


def _settings() -> CacheSettings:
    from consumer.settings import Settings  # noqa: PLC0415 - heavy

    return Settings().cache


async def _reached(level: SharedLevel, call: Callable[[], Awaitable[T]]) -> T:
    """Return what `call` says and close the level.

    Raises:
        WorldFault: the level cannot be used; says why, and which setting names it.
    """
    try:
        async with asyncio.timeout(_ANSWER_S):
            return await call()
    except Exception as error:
        setting = "EPISODES_CACHE__REDIS_URL" if level.NAME == "redis" else "EPISODES_CACHE__DISK_DIR"
        raise WorldFault(level.NAME, f"{level.place}: {str(error) or type(error).__name__}; see {setting}") from error
    finally:
        with contextlib.suppress(Exception):
            async with asyncio.timeout(1):
                await level.close()


async def _stats(level: SharedLevel) -> LevelStats:
    return await _reached(level, level.stats)


async def _count(level: SharedLevel) -> int:
    return (await _stats(level)).entries


async def _drop(level: SharedLevel) -> int:
    return await _reached(level, level.drop_all)
