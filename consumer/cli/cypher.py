"""`episodes cypher`: how the database runs a query, what was measured, and what would be better."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from consumer.cli.cypher_output import advice_json, print_advice, print_plan
from consumer.cli.output import print_json
from consumer.errors import UserError

if TYPE_CHECKING:
    from consumer.graph import Database

T = TypeVar("T")

QueryText = Annotated[
    str, typer.Argument(metavar="QUERY|FILE", help="Cypher, a file that holds it, or - for standard input.")
]
Params = Annotated[
    list[str] | None,
    typer.Option("--param", "-p", metavar="NAME=VALUE", help="A parameter; the value is JSON, else taken as text."),
]
ParamsFile = Annotated[Path | None, typer.Option("--params", metavar="FILE", help="A JSON file of parameters.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Timeout = Annotated[float, typer.Option("--timeout", min=0.1, help="Longest time of a query, in seconds.")]


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    group = typer.Typer(
        help="Show how Neo4j runs a query, measure it, or say what would be better. Nothing is changed.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    group.command("explain", epilog="Example: episodes cypher explain 'MATCH (n:Entity {name: $name}) RETURN n'")(
        explain
    )
    group.command("profile", epilog="Example: episodes cypher profile facts.cypher --param group_id=team")(profile)
    group.command("advise", epilog="Example: episodes cypher advise facts.cypher --strict")(advise)
    app.add_typer(group, name="cypher")


def explain(
    query: QueryText,
    *,
    param: Params = None,
    params: ParamsFile = None,
    timeout: Timeout = 30.0,
    as_json: AsJson = False,
) -> None:
    """Print the plan of a query, which is not run.

    Parameters may be left out; the estimates are then the planner's guesses.
    """
    from consumer.graph.plans import explain as ask  # noqa: PLC0415 - heavy

    values = parameters(param, params)
    plan = _ask(query, timeout, lambda database, text: ask(database, text, values, timeout))
    print_plan(plan, as_json=as_json)


def profile(
    query: QueryText,
    *,
    param: Params = None,
    params: ParamsFile = None,
    write: Annotated[
        bool, typer.Option("--write", help="Let it write; what it wrote is counted and then rolled back.")
    ] = False,
    timeout: Timeout = 30.0,
    as_json: AsJson = False,
) -> None:
    """Run a query and print its plan with the rows and database hits of each step.

    It runs in a transaction with access mode READ, in which the server refuses to write. With --write it may, and
    the transaction is rolled back: what it would have written is told, nothing is kept.
    """
    from consumer.graph.plans import profile as measure  # noqa: PLC0415 - heavy

    values = parameters(param, params)
    plan = _ask(
        query, timeout, lambda database, text: measure(database, text, values, is_writing=write, timeout_s=timeout)
    )
    print_plan(plan, as_json=as_json)


def advise(
    query: QueryText,
    *,
    param: Params = None,
    params: ParamsFile = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 when something is found that is more than a note.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say what makes a query slow, by its plan, and offer a better one. It is not run.

    Each query that is offered was explained by the database: it is valid, returns the same columns, and its plan lacks
    what was found. Where its answer differs, by a bound or a LIMIT, that is told.
    """
    from consumer.graph.advice_check import advise as ask  # noqa: PLC0415 - heavy

    values = parameters(param, params)
    advice = _ask(query, 30.0, lambda database, text: ask(database, text, values))
    if as_json:
        print_json(advice_json(advice))
    else:
        print_advice(advice)
    if strict and any(not finding.is_note for finding in advice.findings):
        raise typer.Exit(1)


def _ask(query: str, timeout_s: float, work: Callable[[Database, str], Awaitable[T]]) -> T:
    """Return what `work` says of the statement, on the settings' database."""
    import logging  # noqa: PLC0415 - with the rest, at the first use

    from consumer.graph.cypher_tokens import statement  # noqa: PLC0415 - heavy
    from consumer.settings import Settings  # noqa: PLC0415
    from consumer.telemetry.logs import configure_command_logging  # noqa: PLC0415

    configure_command_logging()
    # The driver logs each remark of the server as a warning; we tell them ourselves.
    logging.getLogger("neo4j.notifications").setLevel(logging.ERROR)
    text = statement(read_query(query))
    settings = Settings().neo4j
    settings = settings.model_copy(update={"transaction_timeout_s": max(timeout_s, settings.transaction_timeout_s)})

    async def run() -> T:
        from contextlib import aclosing  # noqa: PLC0415 - heavy below, and only here

        from consumer.graph import connect  # noqa: PLC0415

        async with aclosing(connect(settings)) as database:
            return await work(database, text)

    return asyncio.run(run())


def read_query(query: str) -> str:
    """Return the text of a query that is given itself, as a file, or on standard input.

    Raises:
        UserError: the file can't be read.
    """
    if query == "-":
        return sys.stdin.read()
    path = Path(query)
    is_file_name = "\n" not in query and (path.suffix in {".cypher", ".cql", ".cyp"} or _exists(path))
    if not is_file_name:
        return query
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: {getattr(error, 'strerror', None) or error}", exit_code=2) from error


def _exists(path: Path) -> bool:
    """Whether it is a file; a long query is no name of one, which the system says by an error."""
    try:
        return path.is_file()
    except OSError:
        return False


def parameters(given: Sequence[str] | None, file: Path | None) -> dict[str, Any]:
    """Return the values of --params and --param, the latter on top.

    Raises:
        UserError: the file holds no JSON object, or a parameter has no `=`.
    """
    values: dict[str, Any] = {}
    if file is not None:
        try:
            values = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UserError(f"{file}: {error}", exit_code=2) from error
        if not isinstance(values, dict):
            raise UserError(f"{file}: not a JSON object of parameters", exit_code=2)
    for pair in given or ():
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise UserError(f"--param {pair!r}: write NAME=VALUE", exit_code=2)
        try:
            values[name.removeprefix("$")] = json.loads(value)
        except ValueError:
            values[name.removeprefix("$")] = value
    return values
