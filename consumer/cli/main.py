"""The `episodes` command: puts the commands together and answers for how they end.

Each command is a module with `register(app)`. Modules import what is heavy (settings, clients, models) inside their
functions, so that `--help` answers at once.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from typing import Annotated

import typer

from consumer.cli.errors import report

COMMANDS = (
    "stack",
    "demo",
    "run",
    "top",
    "stats",
    "publish",
    "estimate",
    "replay",
    "dead_letters",
    "search",
    "context",
    "serve",
    "mcp",
    "facts",
    "graph_questions",
    "snapshot",
    "ontology",
    "digest",
    "entities",
    "communities",
    "cache",
    "reembed",
    "schema",
    "cypher",
    "trace",
    "bench",
    "doctor",
)
"""Modules of this package, in the order in which help lists their commands."""


def build() -> typer.Typer:
    """Return the command with all its subcommands."""
    app = typer.Typer(
        name="episodes",
        help="Episodes from Kafka into a temporal knowledge graph in Neo4j. Settings: EPISODES_… in the environment.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        rich_markup_mode=None,
    )
    app.callback()(_global_options)
    for name in COMMANDS:
        module = f"{__package__}.{name}"
        if importlib.util.find_spec(module) is not None:
            importlib.import_module(module).register(app)
    return app


def run() -> None:
    """Run the command line and exit; the entry point of the console script."""
    try:
        build()()
    except Exception as error:  # noqa: BLE001 - the last line of defence: told in one line, kept in a file
        sys.exit(report(error))
    except (KeyboardInterrupt, BaseExceptionGroup) as error:
        sys.exit(report(error))


def _show_version(is_asked: bool) -> None:
    """Print the version and leave, when asked."""
    if is_asked:
        typer.echo(f"episodes {product_version()}")
        raise typer.Exit


def _global_options(
    *,
    show_version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Handle options in front of the subcommand."""
    assert not show_version  # noqa: S101 - the eager callback has left by now


def product_version() -> str:
    """Return the installed version, or `unknown` in a source tree that is not installed."""
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - 60 ms that only --version needs

    try:
        return version("episodes")
    except PackageNotFoundError:
        return "unknown"


if __name__ == "__main__":
    run()
