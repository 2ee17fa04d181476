"""`episodes dead-letters purge`: remove the oldest dead letters."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from consumer.cli import dead_letter_options as options
from consumer.cli.output import note, print_json, print_line
from consumer.errors import UserError

if TYPE_CHECKING:
    from consumer.app.dead_letter_purge import Cut, Purge
    from consumer.settings import Settings

_HEAD_ONLY = (
    "Kafka removes records from the head of a partition only: purge takes --older-than, --until, "
    "--before-position or --all, and no other filter"
)

_Refused: TypeAlias = Annotated[str | None, typer.Option(hidden=True)]
"""A filter of the other commands: taken only to say why it is not."""


def purge(
    *,
    before_position: Annotated[
        str | None, typer.Option(metavar="P:O", help="Remove what stands before this place in its partition.")
    ] = None,
    older_than: Annotated[
        str | None, typer.Option(metavar="AGE", help="Remove what failed longer ago than this, e.g. 30d or 12h.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Remove what failed before this instant.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Remove all there is.")] = False,
    reason: _Refused = None,
    family: _Refused = None,
    stage: _Refused = None,
    group: _Refused = None,
    origin_partition: _Refused = None,
    origin_offset: _Refused = None,
    since: _Refused = None,
    position: _Refused = None,
    limit: _Refused = None,
    yes: options.Yes = False,
    topic: options.Topic = None,
    as_json: options.Json = False,
) -> None:
    """Remove the oldest dead letters for ever, replayed or not.

    Kafka removes from the head of a partition only, so filters like --reason are refused. A letter in several parts
    is removed whole or not at all. Without --yes nothing is removed.
    """
    from consumer.app.dead_letter_purge import carry_out, plan  # noqa: PLC0415 - heavy
    from consumer.clock import SystemClock  # noqa: PLC0415

    others = (reason, family, stage, group, origin_partition, origin_offset, since, position, limit)
    if any(other is not None for other in others):
        raise UserError(_HEAD_ONLY, exit_code=2)
    cut = _cut(before_position, older_than, until, everything=everything)
    settings = options.settings_of(topic)
    planned = asyncio.run(plan(settings.kafka, cut, SystemClock().now()))
    if yes:
        asyncio.run(carry_out(settings.kafka, planned))
    _tell_purge(planned, settings, yes=yes, as_json=as_json)


def _cut(before: str | None, older_than: str | None, until: str | None, *, everything: bool) -> Cut:
    """Return where to cut; exactly one of the options says it."""
    from consumer.app.dead_letter_purge import Cut  # noqa: PLC0415 - heavy
    from consumer.cli.times import parse_instant  # noqa: PLC0415
    from consumer.clock import SystemClock  # noqa: PLC0415

    if sum(given is not None for given in (before, older_than, until)) + everything != 1:
        raise UserError("purge takes one of --before-position, --older-than, --until and --all", exit_code=2)
    if before is not None:
        return Cut(before=options.parse_position("--before-position", before))
    if until is not None:
        return Cut(older_than=parse_instant("--until", until, takes_dates=True))
    if older_than is not None:
        age = options.parse_age("--older-than", older_than)
        try:
            return Cut(older_than=SystemClock().now() - age)
        except OverflowError:
            raise UserError(f"--older-than {older_than!r}: nothing is so old", exit_code=2) from None
    return Cut()


def _tell_purge(planned: Purge, settings: Settings, *, yes: bool, as_json: bool) -> None:
    """Say what went, or would go."""
    from consumer.cli.dead_letter_output import counts_text  # noqa: PLC0415 - heavy

    topic, counts = settings.kafka.dead_letter_topic, planned.by_reason()
    if as_json:
        spared = [str(position) for position in planned.spared]
        about = {"topic": topic, "dry_run": not yes, "letters": len(planned.letters), "counts": counts}
        print_json({**about, "strays": planned.strays, "offsets": planned.offsets, "spared": spared})
        return
    verb = "removed" if yes else "would remove"
    print_line(f"{verb} {len(planned.letters)} dead letters of {topic}: {counts_text(counts)}")
    for partition, offset in planned.offsets.items():
        print_line(f"partition {partition} {'begins' if yes else 'would begin'} at {partition}:{offset}")
    if planned.strays:
        note(f"and {planned.strays} records that are no dead letters")
    for position in planned.spared:
        note(f"the letter at {position} reaches beyond the cut: it stays, and what comes after it")
    if not yes and planned.offsets:
        note("nothing was removed; --yes removes it")
