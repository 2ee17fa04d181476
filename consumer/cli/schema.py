"""`episodes schema`: the public contracts, and what the graph needs."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from consumer.cli.output import note, print_json
from consumer.errors import UserError

if TYPE_CHECKING:
    from consumer.graph import SchemaReport
    from consumer.settings import Settings

Target = Annotated[
    Path | None,
    typer.Option("--write", metavar="DIR", help="Write the file into this folder instead of printing it."),
]


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    group = typer.Typer(
        help="Print the public contracts, or create the graph's constraints and indexes.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    group.command("event", epilog="Example: episodes schema event > event.schema.json")(event)
    group.command("dead-letter", epilog="Example: episodes schema dead-letter --write schemas")(dead_letter)
    group.command("asyncapi", epilog="Example: episodes schema asyncapi --write schemas")(asyncapi)
    group.command("ontology", epilog="Example: episodes schema ontology > ontology.schema.json")(ontology)
    group.command("apply", epilog="Example: episodes schema apply --dry-run")(apply)
    app.add_typer(group, name="schema")


def event(*, write: Target = None) -> None:
    """Print the JSON Schema of an event: the value of a record on the episodes topic."""
    _put("event.schema.json", write)


def dead_letter(*, write: Target = None) -> None:
    """Print the JSON Schema of a dead letter's headers."""
    _put("dead-letter.schema.json", write)


def asyncapi(*, write: Target = None) -> None:
    """Print the AsyncAPI 3.0 document of both topics (JSON, which is YAML too)."""
    _put("asyncapi.json", write)


def ontology(*, write: Target = None) -> None:
    """Print the JSON Schema of an ontology file."""
    _put("ontology.schema.json", write)


def apply(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what is missing, change nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Create the constraints and indexes that the graph lacks; what is there is left alone.

    Exit code 1 when something stays missing or wrong; a dry run with things missing is fine.
    """
    from consumer.settings import Settings  # noqa: PLC0415 - heavy
    from consumer.telemetry.logs import configure_command_logging  # noqa: PLC0415

    configure_command_logging()
    report = asyncio.run(_apply(Settings(), dry_run=dry_run))
    if as_json:
        print_json({"dry_run": dry_run, **asdict(report)})
    else:
        for statement in report.statements:
            note(f"{'would run' if dry_run else 'ran'}: {statement}")
        for problem in report.problems:
            note(f"wrong: {problem}")
        note(f"{len(report.present)} there, {len(report.missing)} missing, {len(report.problems)} wrong")
    if report.problems or (report.missing and not dry_run):
        raise typer.Exit(1)


def _put(name: str, folder: Path | None) -> None:
    """Print a contract, or write it into `folder`."""
    from consumer.app.contracts import files  # noqa: PLC0415 - heavy

    text = files()[name]
    if folder is None:
        typer.echo(text, nl=False)
        return
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    note(f"wrote {path}")


async def _apply(settings: Settings, *, dry_run: bool) -> SchemaReport:
    """Compare the graph with what is needed, and mend it unless this is a dry run."""
    from contextlib import aclosing  # noqa: PLC0415 - heavy below, and only here

    from consumer.graph import apply_schema, connect  # noqa: PLC0415

    async with aclosing(connect(settings.neo4j)) as database:
        return await apply_schema(database, await _dimension(settings), dry_run=dry_run)


async def _dimension(settings: Settings) -> int | None:
    """Return the length of the embedder's vectors, or None when it can't be built: vector indexes are then left out."""
    from consumer.app.build import build_embedder  # noqa: PLC0415 - heavy

    try:
        embedder = build_embedder(settings)
    except UserError as error:
        note(f"vector indexes left out: {error}")
        return None
    try:
        return embedder.dimension
    finally:
        await embedder.aclose()
