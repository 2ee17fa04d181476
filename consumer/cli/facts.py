"""`episodes facts`: what a group held to be true, as of a day in the world and as known on a day of the log."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from consumer.cli.output import note, print_json, print_table

if TYPE_CHECKING:
    from consumer.graph.fact_reader import HeldFact

EPILOG = 'Example: episodes facts alice --about "Bob Smith" --as-of 2024-05-01 --known-at 2024-06-01'


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("facts", epilog=EPILOG)(facts)


def facts(
    group: Annotated[str, typer.Argument(metavar="GROUP", help="The group (tenant).")],
    *,
    about: Annotated[list[str] | None, typer.Option(help="Name of an entity; repeat it for several.")] = None,
    relation: Annotated[str | None, typer.Option(help="Only this relation: WORKS_AT.")] = None,
    as_of: Annotated[
        str | None, typer.Option(help="True then, in the world: 2024-05-01 or 2024-05-01T12:00:00Z. Else at any time.")
    ] = None,
    known_at: Annotated[
        str | None, typer.Option(help="As the log had told it by then: what came later is not counted.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List facts with the dates between which they are true: all, or those of a time, as known at a time.

    The times of --known-at are those of the log's records. What was removed since is not shown for the past either.
    Exit code 0 also when nothing is found.
    """
    from consumer.cli.times import parse_instant  # noqa: PLC0415 - heavy
    from consumer.telemetry.logs import configure_command_logging  # noqa: PLC0415

    configure_command_logging()
    found = asyncio.run(
        _facts(
            group,
            about=about or (),
            relation=relation,
            as_of=None if as_of is None else parse_instant("--as-of", as_of, takes_dates=True),
            known_at=None if known_at is None else parse_instant("--known-at", known_at, takes_dates=True),
        )
    )
    if as_json:
        print_json({"group": group, "facts": [_plain(fact) for fact in found]})
    elif found:
        print_table(("subject", "relation", "object", "true since", "until", "told"), [_row(fact) for fact in found])
    else:
        note("no facts")


async def _facts(group: str, **asked: Any) -> list[HeldFact]:
    from consumer.app.facts import open_facts  # noqa: PLC0415 - heavy
    from consumer.settings import Settings  # noqa: PLC0415

    async with open_facts(Settings()) as reader:
        return await reader.facts(group, **asked)


def _row(fact: HeldFact) -> tuple[str, ...]:
    instants = (_text(fact.valid_at), _text(fact.invalid_at), _text(fact.created_at))
    return fact.subject, fact.relation, fact.object, *(text or "" for text in instants)


def _plain(fact: HeldFact) -> dict[str, object]:
    """Return a fact for a script, instants in RFC 3339."""
    return {name: _text(value) if isinstance(value, datetime) else value for name, value in asdict(fact).items()}


def _text(instant: datetime | None) -> str | None:
    from consumer.model.instants import iso  # noqa: PLC0415

    return None if instant is None else iso(instant)
