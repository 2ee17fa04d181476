"""`episodes dead-letters`: what was rejected and why; look at it, publish it again."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from consumer.cli import dead_letter_options as options
from consumer.cli.dead_letter_purge import purge
from consumer.cli.output import bytes_text, note, print_json, print_table
from consumer.errors import UserError

if TYPE_CHECKING:
    from consumer.model.dead_letter import DeadLetter
    from consumer.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    group = typer.Typer(
        help="Records that could not be written: list them, show one, replay them, purge the oldest.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    group.command("list", epilog="Example: episodes dead-letters list --reason value-too-large --since 2024-05-01")(
        list_letters
    )
    group.command("show", epilog="Example: episodes dead-letters show 0:41 --raw letter.json")(show)
    group.command("replay", epilog="Example: episodes dead-letters replay --reason value-too-large --yes")(replay)
    group.command("purge", epilog="Example: episodes dead-letters purge --older-than 30d --yes")(purge)
    app.add_typer(group, name="dead-letters")


def list_letters(
    *,
    reason: options.Reason = None,
    family: options.Family = None,
    stage: options.Stage = None,
    group: options.Group = None,
    origin_partition: options.OriginPartition = None,
    origin_offset: options.OriginOffset = None,
    since: options.Since = None,
    until: options.Until = None,
    position: options.Positions = None,
    limit: options.Limit = None,
    show_all: Annotated[
        bool, typer.Option("--all", help="Older letters of a record that was rejected twice, too.")
    ] = False,
    only_count: Annotated[bool, typer.Option("--count", help="Only how many there are of each reason.")] = False,
    topic: options.Topic = None,
    as_json: options.Json = False,
) -> None:
    """List dead letters, oldest first, with the reason, and count them by reason.

    The position is what the other commands take. A record that a crash had rejected twice is shown once.
    """
    from consumer.app.dead_letters import select  # noqa: PLC0415 - heavy
    from consumer.cli.dead_letter_output import letter_json, print_letters, progress, tell_strays  # noqa: PLC0415

    settings = options.settings_of(topic)
    wanted = options.filter_of(
        reason=reason,
        family=family,
        stage=stage,
        group=group,
        origin_partition=origin_partition,
        origin_offset=origin_offset,
        since=since,
        until=until,
        position=position,
    )
    with progress("read") as advance:
        found = asyncio.run(select(settings.kafka, wanted, limit=limit, with_superseded=show_all, advance=advance))
    counts = found.by_reason()
    if as_json:
        strays = [{"position": str(stray.position), "why": stray.why} for stray in found.strays]
        letters = {} if only_count else {"letters": [letter_json(letter) for letter in found.letters]}
        about = {"topic": settings.kafka.dead_letter_topic, "count": len(found.letters), "counts": counts}
        print_json({**about, "more": found.more, "superseded": found.superseded, **letters, "strays": strays})
    elif only_count:
        print_table(("reason", "count"), [(name, str(count)) for name, count in counts.items()])
        tell_strays(found)
    else:
        print_letters(found)


def show(
    position: Annotated[str, typer.Argument(metavar="PARTITION:OFFSET", help="The letter's place, as listed.")],
    *,
    raw: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the exact value to this file, - for standard output.")
    ] = None,
    topic: options.Topic = None,
    as_json: options.Json = False,
) -> None:
    """Show one dead letter: the verdict, the record's key and headers, and its value as far as a screen takes it."""
    from consumer.app.dead_letters import load  # noqa: PLC0415 - heavy
    from consumer.cli.dead_letter_output import as_text, letter_json, print_letter, value_text  # noqa: PLC0415

    settings = options.settings_of(topic)
    letter, record, told = asyncio.run(load(settings.kafka, options.parse_position("position", position)))
    if raw is not None:
        if record.value is None:
            raise UserError(f"the record of {position} has no value: it is a tombstone")
        if str(raw) == "-":
            sys.stdout.buffer.write(record.value)
            return
        try:
            raw.write_bytes(record.value)
        except OSError as error:
            raise UserError(f"--raw {raw}: {error.strerror}") from error
        note(f"wrote {bytes_text(len(record.value))} to {raw}")
    elif as_json:
        headers = [[name, None if value is None else as_text(value)] for name, value in record.headers]
        about = letter_json(letter) | {"detail": told.headers.detail, "headers": headers}
        print_json(about | {"value": None if record.value is None else value_text(record.value)})
    else:
        print_letter(letter, record, told)


def replay(
    *,
    reason: options.Reason = None,
    family: options.Family = None,
    stage: options.Stage = None,
    group: options.Group = None,
    origin_partition: options.OriginPartition = None,
    origin_offset: options.OriginOffset = None,
    since: options.Since = None,
    until: options.Until = None,
    position: options.Positions = None,
    limit: options.Limit = None,
    to: Annotated[
        str | None, typer.Option(metavar="TOPIC", help="Another topic than the one it was read from.")
    ] = None,
    value_from: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Mended value, for one letter; - reads standard input.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Send also what decoding with these settings would reject again.")
    ] = False,
    yes: options.Yes = False,
    topic: options.Topic = None,
    as_json: options.Json = False,
) -> None:
    """Publish rejected records again, as they were: key, value, headers and timestamp.

    Without --yes nothing is sent. Each record keeps its event's id, so replaying twice is safe: what the graph has is
    passed by. The letters stay where they are until retention or purge removes them.
    """
    from consumer.app.dead_letters import replay as send  # noqa: PLC0415 - heavy
    from consumer.app.dead_letters import select  # noqa: PLC0415
    from consumer.cli.dead_letter_output import print_replay, progress, replay_json  # noqa: PLC0415

    settings = options.settings_of(topic)
    wanted = options.filter_of(
        reason=reason,
        family=family,
        stage=stage,
        group=group,
        origin_partition=origin_partition,
        origin_offset=origin_offset,
        since=since,
        until=until,
        position=position,
    )
    if value_from is not None and len(wanted.positions) != 1:
        raise UserError("--value-from mends one letter: name it with --position", exit_code=2)
    mended = None if value_from is None else _read(value_from)
    with progress("read") as advance:
        found = asyncio.run(select(settings.kafka, wanted, limit=limit, advance=advance))
    _require_found(settings, found.letters, position)
    with progress("replay", len(found.letters)) as advance:
        report = asyncio.run(
            send(settings, found.letters, to=to, mended=mended, force=force, dry_run=not yes, advance=advance)
        )
    if as_json:
        print_json(replay_json(report, dry_run=not yes))
    else:
        print_replay(report, dry_run=not yes)
        if not yes and report.sent:
            note("nothing was sent; --yes sends it")
    is_mend_refused = value_from is not None and not report.sent
    if report.failure or report.refused or is_mend_refused:
        raise typer.Exit(1)


def _require_found(settings: Settings, letters: list[DeadLetter], positions: list[str] | None) -> None:
    """Refuse to replay a place where no letter begins; an empty selection of others is no error."""
    missing = sorted(set(positions or ()) - {str(letter.position) for letter in letters})
    if missing and not letters:
        raise UserError(
            f"no dead letter at {', '.join(missing)} in {settings.kafka.dead_letter_topic}; "
            "`episodes dead-letters list` shows where they are"
        )


def _read(path: Path) -> bytes:
    """Return the bytes of a file, or of standard input."""
    if str(path) == "-":
        return sys.stdin.buffer.read()
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"--value-from {path}: {error.strerror}", exit_code=2) from error
