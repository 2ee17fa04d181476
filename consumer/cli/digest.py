"""`episodes digest`: one line that is equal exactly when two graphs are."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from consumer.cli.output import note, print_json, print_line

if TYPE_CHECKING:
    from consumer.graph import Statistics
    from consumer.settings import Settings

EPILOG = "Example: episodes digest --group alice"


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("digest", epilog=EPILOG)(digest)


def digest(
    *,
    group: Annotated[str | None, typer.Option(help="One group; all groups when left out.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print digest and counts as JSON.")] = False,
) -> None:
    """Print a hash of the graph in canonical order.

    Two graphs with the same digest hold the same episodes, entities and dated facts: compare before and after a
    replay, or two clusters. Counts go to standard error.
    """
    from consumer.settings import Settings  # noqa: PLC0415 - heavy
    from consumer.telemetry.logs import configure_command_logging  # noqa: PLC0415

    configure_command_logging()
    found, counts = asyncio.run(_read(Settings(), group))
    if as_json:
        print_json({"group": group, "digest": found, **asdict(counts)})
        return
    print_line(found)
    note(
        f"{counts.episodes} episodes, {counts.entities} entities, {counts.facts} facts "
        f"({counts.invalidated_facts} no longer true), {counts.duplicates} duplicate entities"
    )


async def _read(settings: Settings, group: str | None) -> tuple[str, Statistics]:
    """Return digest and counts."""
    from consumer import graph  # noqa: PLC0415 - heavy

    async with aclosing(graph.connect(settings.neo4j)) as database:
        return await graph.digest(database, group), await graph.statistics(database, group)
