"""`episodes schema`: the public contracts, and what the graph needs."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from consumer.cli.marked_page import MarkedPage, written_into
from consumer.cli.output import note, print_json, print_line, print_table
from consumer.errors import UserError

if TYPE_CHECKING:
    from consumer.graph import SchemaReport
    from consumer.graph.schema import Progress
    from consumer.settings import Settings

Target = Annotated[
    Path | None,
    typer.Option("--write", metavar="DIR", help="Write the file into this folder instead of printing it."),
]

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]

FILL_S = 86_400.0
"""How long this command waits for indexes to be filled; a pod that starts waits minutes."""

PERCENT_STEP = 10


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    group = typer.Typer(
        help="Print the public contracts, or bring the graph's constraints and indexes up to date.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    group.command("event", epilog="Example: episodes schema event > event.schema.json")(event)
    group.command("dead-letter", epilog="Example: episodes schema dead-letter --write schemas")(dead_letter)
    group.command("asyncapi", epilog="Example: episodes schema asyncapi --write schemas")(asyncapi)
    group.command("openapi", epilog="Example: episodes schema openapi --write schemas")(openapi)
    group.command("ontology", epilog="Example: episodes schema ontology > ontology.schema.json")(ontology)
    group.command("metrics", epilog="Example: episodes schema metrics --json")(metrics)
    group.command("settings", epilog="Example: episodes schema settings --json")(settings)
    group.command("plan", epilog="Example: episodes schema plan --json")(plan)
    group.command("apply", epilog="Example: episodes schema apply --dry-run")(apply)
    group.command("status", epilog="Example: episodes schema status")(status)
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


def openapi(*, write: Target = None) -> None:
    """Print the OpenAPI 3.1 document of the API that `episodes serve` serves."""
    from consumer.serve.openapi import FILE, text  # noqa: PLC0415 - heavy

    _write(FILE, text(), write)


def ontology(*, write: Target = None) -> None:
    """Print the JSON Schema of an ontology file."""
    _put("ontology.schema.json", write)


def metrics(
    *,
    write: Annotated[
        Path | None,
        typer.Option("--write", metavar="FILE", help="Write the tables into this page, between its two marks."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print every metric: names in OTLP and Prometheus, kind, unit, labels, what it means and what to do about it.

    Markdown, as docs/operations.md has it; --json prints the same for scripts, with the bounds of buckets.
    """
    from consumer.telemetry.catalogue import page  # noqa: PLC0415 - only here

    _tables(page, write, as_json=as_json)


def settings(
    *,
    write: Annotated[
        Path | None,
        typer.Option("--write", metavar="FILE", help="Write the tables into this page, between its two marks."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print every setting: its variable, type and bounds, default, and what it is. Secrets have no value here.

    Markdown, as docs/settings.md has it; --json prints the same for scripts. What is set in the environment is not
    looked at.
    """
    from consumer.settings import page  # noqa: PLC0415 - heavy

    _tables(page, write, as_json=as_json)


def plan(*, as_json: AsJson = False) -> None:
    """Say what `apply` would do: statements, migrations, and what stands in the way. Changes nothing.

    Uuids that are held twice are counted and some are shown; their constraint can't be made before they are mended.
    Exit code 1 when something must be mended first.
    """
    report = _migrated(dry_run=True)
    if as_json:
        print_json(asdict(report))
    else:
        for statement in report.statements:
            print_line(f"would run: {statement}")
        for migration in report.pending:
            print_line(f"would migrate to {migration}")
        _tell(report)
    if report.problems:
        raise typer.Exit(1)


def apply(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="The same as `episodes schema plan`.")] = False,
    as_json: AsJson = False,
) -> None:
    """Create what the graph lacks, replace what works and could be better, and run the migrations that are left.

    On a graph that Graphiti made, its uuid indexes become unique constraints of the same name, its full-text indexes
    are made anew (searches of words find nothing until they are filled), and its entities become ours too; all data
    stay. Pods may run meanwhile, and two at once are safe. Exit code 1 when something stays missing or wrong.
    """
    if dry_run:
        plan(as_json=as_json)
        return
    report = _migrated(dry_run=False)
    if as_json:
        print_json(asdict(report))
    else:
        for statement in report.statements:
            note(f"ran: {statement}")
        _tell(report)
    if report.problems or report.missing:
        raise typer.Exit(1)


def status(*, as_json: AsJson = False) -> None:
    """Print the version, what was migrated when, and each constraint and index with its state and how far it is filled.

    Exit code 1 when something is missing or wrong.
    """
    report = _migrated(dry_run=True)
    if as_json:
        print_json(asdict(report))
    else:
        print_table(
            ("element", "kind", "on", "state", "filled", "why"),
            [
                (
                    each.name,
                    each.kind.lower(),
                    each.target,
                    each.state,
                    "" if each.population is None else f"{each.population:.0f} %",
                    each.why,
                )
                for each in report.elements
            ],
        )
        for done in report.applied:
            note(f"migrated to {done}")
        for migration in report.pending:
            note(f"waits: migration {migration}")
        _tell(report)
    if not report.is_complete:
        raise typer.Exit(1)


def _tell(report: SchemaReport) -> None:
    """Say what is wrong, what is noted, and the counts."""
    for problem in report.problems:
        note(f"wrong: {problem}")
    for each in report.notes:
        note(f"note: {each}")
    counts = f"{len(report.present)} there, {len(report.missing)} missing, {len(report.problems)} wrong"
    note(f"schema version {report.schema_version}: {counts}")


def _tables(made: MarkedPage, page: Path | None, *, as_json: bool) -> None:
    """Print tables as JSON or Markdown, or write them into `page`."""
    if as_json:
        print_json(made.records())
    elif page is None:
        typer.echo(made.markdown(), nl=False)
    else:
        try:
            text = written_into(page.read_text(encoding="utf-8"), made)
        except (OSError, ValueError) as error:
            raise UserError(f"{page}: {error}") from error
        page.write_text(text, encoding="utf-8")
        note(f"wrote {page}")


def _put(name: str, folder: Path | None) -> None:
    """Print a contract, or write it into `folder`."""
    from consumer.app.contracts import files  # noqa: PLC0415 - heavy

    _write(name, files()[name], folder)


def _write(name: str, text: str, folder: Path | None) -> None:
    """Print `text`, or write it into `folder`."""
    if folder is None:
        typer.echo(text, nl=False)
        return
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    note(f"wrote {path}")


def _migrated(*, dry_run: bool) -> SchemaReport:
    """Compare the graph with what is needed, and mend it unless this is a dry run."""
    from consumer.settings import Settings  # noqa: PLC0415 - heavy
    from consumer.telemetry.logs import configure_command_logging  # noqa: PLC0415

    configure_command_logging()
    return asyncio.run(_migrate(Settings(), dry_run=dry_run))


async def _migrate(settings: Settings, *, dry_run: bool) -> SchemaReport:
    from contextlib import aclosing  # noqa: PLC0415 - heavy below, and only here

    from consumer.app.entities import adopting_rules  # noqa: PLC0415
    from consumer.graph import connect, migrate  # noqa: PLC0415

    model, dimension = await _vectors(settings)
    async with aclosing(connect(settings.neo4j)) as database:
        return await migrate(
            database,
            dimension,
            model=model,
            dry_run=dry_run,
            await_s=FILL_S,
            on_progress=_progress(),
            rules=adopting_rules(settings),
        )


def _progress() -> Progress:
    """Return what tells how far an index is filled, in steps that are worth a line."""
    told: dict[str, int] = {}

    def tell(name: str, percent: float) -> None:
        step = int(percent // PERCENT_STEP)
        if told.get(name) != step:
            told[name] = step
            note(f"{name}: {percent:.0f} %")

    return tell


async def _vectors(settings: Settings) -> tuple[str | None, int | None]:
    """Return the embedder's model and the length of its vectors; None when it can't be built: no vector index then."""
    from consumer.app.build import build_embedder  # noqa: PLC0415 - heavy

    try:
        embedder = build_embedder(settings)
    except UserError as error:
        note(f"vector indexes left out: {error}")
        return None, None
    try:
        return embedder.model, embedder.dimension
    finally:
        await embedder.aclose()
