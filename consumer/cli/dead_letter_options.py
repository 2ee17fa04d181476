"""Options that the commands on dead letters share, and what their texts mean."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from consumer.errors import UserError

if TYPE_CHECKING:
    from consumer.app.dead_letters import Filter
    from consumer.model.dead_letter import Position
    from consumer.settings import Settings

Reason: TypeAlias = Annotated[
    list[str] | None, typer.Option("--reason", help="Only letters with this reason; may be given several times.")
]
Family: TypeAlias = Annotated[str | None, typer.Option(help="Only this family: episode, world or unexpected.")]
Stage: TypeAlias = Annotated[str | None, typer.Option(help="Only this stage: intake, extract, embed or write.")]
Group: TypeAlias = Annotated[str | None, typer.Option(help="Only records with this key.")]
OriginPartition: TypeAlias = Annotated[int | None, typer.Option(min=0, help="Only records of this partition.")]
OriginOffset: TypeAlias = Annotated[
    str | None, typer.Option(metavar="N[-M]", help="Only records with this offset, or from N to M.")
]
Since: TypeAlias = Annotated[
    str | None, typer.Option(help="Only letters that failed at this instant or later (RFC 3339, or a date).")
]
Until: TypeAlias = Annotated[str | None, typer.Option(help="Only letters that failed before this instant.")]
Positions: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--position", metavar="P:O", help="Only the letter at this place; may be given several times."),
]
Limit: TypeAlias = Annotated[int | None, typer.Option(min=1, help="The first so many only.")]
Topic: TypeAlias = Annotated[
    str | None, typer.Option(help="Episodes topic whose letters are meant; EPISODES_KAFKA__TOPIC sets it too.")
]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]
Yes: TypeAlias = Annotated[bool, typer.Option("--yes", help="Do it; without it, only say what would be done.")]

FAMILIES = ("episode", "world", "unexpected")
STAGES = ("intake", "extract", "embed", "write")
_AGE = re.compile(r"(\d+)([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def filter_of(
    *,
    reason: list[str] | None = None,
    family: str | None = None,
    stage: str | None = None,
    group: str | None = None,
    origin_partition: int | None = None,
    origin_offset: str | None = None,
    since: str | None = None,
    until: str | None = None,
    position: list[str] | None = None,
) -> Filter:
    """Return the filter that the options give.

    Raises:
        UserError: one of them is nothing that can be looked for.
    """
    from consumer.app.dead_letters import Filter  # noqa: PLC0415 - heavy
    from consumer.cli.times import parse_instant  # noqa: PLC0415
    from consumer.pipeline.decode import REASONS  # noqa: PLC0415

    _require_known("--reason", reason or [], REASONS)
    _require_known("--family", [family] if family is not None else [], FAMILIES)
    _require_known("--stage", [stage] if stage is not None else [], STAGES)
    return Filter(
        reasons=frozenset(reason or ()),
        family=family,
        stage=stage,
        group=group,
        origin_partition=origin_partition,
        origin_offsets=None if origin_offset is None else parse_offsets(origin_offset),
        since=None if since is None else parse_instant("--since", since, takes_dates=True),
        until=None if until is None else parse_instant("--until", until, takes_dates=True),
        positions=frozenset(parse_position("--position", text) for text in position or ()),
    )


def parse_position(option: str, text: str) -> Position:
    """Return the place in the dead-letter topic that `text` names.

    Raises:
        UserError: it names none.
    """
    from consumer.model.dead_letter import Position  # noqa: PLC0415 - heavy

    partition, colon, offset = text.partition(":")
    if not (colon and partition.isdecimal() and offset.isdecimal()):
        raise UserError(f"{option} {text!r}: write partition:offset like 0:41, as the list shows it", exit_code=2)
    return Position(int(partition), int(offset))


def parse_offsets(text: str) -> tuple[int, int]:
    """Return first and last offset of `41` or `41-90`.

    Raises:
        UserError: it is neither.
    """
    first, dash, last = text.partition("-")
    if not first.isdecimal() or (dash and not last.isdecimal()) or (dash and int(last) < int(first)):
        raise UserError(f"--origin-offset {text!r}: write one offset like 41, or a range like 41-90", exit_code=2)
    return int(first), int(last or first)


def parse_age(option: str, text: str) -> timedelta:
    """Return the duration that `text` names.

    Raises:
        UserError: it names none.
    """
    found = _AGE.fullmatch(text)
    if not found:
        raise UserError(f"{option} {text!r}: write it like 30d, 12h or 90m", exit_code=2)
    try:
        return timedelta(**{_UNITS[found[2]]: int(found[1])})
    except OverflowError:
        raise UserError(f"{option} {text!r}: that is longer than time is counted", exit_code=2) from None


def settings_of(topic: str | None) -> Settings:
    """Return the settings, with another topic if one is given, and switch chatter off."""
    import logging  # noqa: PLC0415 - with the others

    from consumer.settings import Settings  # noqa: PLC0415 - heavy
    from consumer.telemetry.logs import configure_command_logging  # noqa: PLC0415

    configure_command_logging()
    # It tells of each event with fields it does not know or that it can't decode: the command tells that itself.
    logging.getLogger("consumer.pipeline.decode").setLevel(logging.CRITICAL)
    settings = Settings()
    if topic is None:
        return settings
    return settings.model_copy(update={"kafka": settings.kafka.model_copy(update={"topic": topic})})


def _require_known(option: str, given: list[str], known: Any) -> None:
    """Refuse a word that nothing is called, and list those that there are."""
    for word in given:
        if word not in known:
            raise UserError(f"{option} {word!r} is unknown; there are {', '.join(known)}", exit_code=2)
