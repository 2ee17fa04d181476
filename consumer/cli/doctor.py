"""`episodes doctor`: is everything there that a consumer needs, and if not, what to do."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from consumer.cli.output import print_json, print_line
from consumer.errors import UserError

if TYPE_CHECKING:
    from consumer.cli.checks import Check

EPILOG = "Example: episodes doctor --json; episodes doctor --memory --entities 300000 --facts 500000 --episodes 500000"
NAME_WIDTH = 13


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("doctor", epilog=EPILOG)(doctor)


def doctor(
    *,
    memory: Annotated[
        bool, typer.Option("--memory", help="Say how much memory Neo4j needs for the graph, or for the counts given.")
    ] = False,
    entities: Annotated[
        int | None, typer.Option(min=0, help="With --memory: so many entities, not the graph's.")
    ] = None,
    facts: Annotated[int | None, typer.Option(min=0, help="With --memory: so many facts.")] = None,
    episodes: Annotated[int | None, typer.Option(min=0, help="With --memory: so many episodes.")] = None,
    dimension: Annotated[int | None, typer.Option(min=0, help="With --memory: length of vectors, 0 for none.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Check Kafka, the models and Neo4j, each with a real small call.

    Prints a line for each finding, and under what is wrong how to mend it. Exit code 0 only when all is well. Changes
    nothing; with a paid model the two calls cost a fraction of a cent.

    With --memory only the memory that Neo4j needs is told, with lines for its neo4j.conf. What is not given is read
    from the graph; with --entities, --facts and --episodes no database is needed.
    """
    from consumer.telemetry.logs import configure_command_logging  # noqa: PLC0415 - heavy

    configure_command_logging()
    given = {"entities": entities, "facts": facts, "episodes": episodes, "dimension": dimension}
    if memory:
        from consumer.cli.memory import tell_memory  # noqa: PLC0415 - heavy

        tell_memory({name: value for name, value in given.items() if value is not None}, as_json=as_json)
        return
    if any(value is not None for value in given.values()):
        raise UserError("--entities, --facts, --episodes and --dimension are for --memory", exit_code=2)
    checks = asyncio.run(_look(as_json=as_json))
    is_well = all(check.is_ok for check in checks)
    if as_json:
        print_json({"ok": is_well, "checks": [asdict(check) for check in checks]})
    if not is_well:
        raise typer.Exit(1)


async def _look(*, as_json: bool) -> list[Check]:
    """Return all findings, printing each as it comes unless JSON is wanted."""
    from consumer.cli.checks import all_checks  # noqa: PLC0415 - heavy
    from consumer.settings import Settings  # noqa: PLC0415

    found = []
    async for check in all_checks(Settings()):
        found.append(check)
        if not as_json:
            print_line(f"{'ok   ' if check.is_ok else 'WRONG'}  {check.name:<{NAME_WIDTH}} {check.seen}")
            if check.mend and not check.is_ok:
                print_line(f"       {'':<{NAME_WIDTH}} → {check.mend}")
    return found
