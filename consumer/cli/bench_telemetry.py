"""`episodes bench telemetry`: what traces and metrics cost in speed and CPU."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from consumer.cli.bench_output import command_line, show_cases, write_report
from consumer.cli.output import is_interactive, note, print_json

EPILOG = "Example: episodes bench telemetry --episodes 3000 --pairs 7"


def register(bench: typer.Typer) -> None:
    """Add the command to `bench`."""
    bench.command("telemetry", epilog=EPILOG)(telemetry)


def telemetry(
    *,
    episodes: Annotated[int, typer.Option(help="Episodes a run.", min=100)] = 1_500,
    pairs: Annotated[int, typer.Option(help="Pairs of runs: one with telemetry off, one with it on.", min=1)] = 5,
    out: Annotated[Path | None, typer.Option(help="Write the report as JSON to this file too.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Measure what telemetry costs: the stages at full speed, everything off and everything on, in turns.

    On: all traces to a collector on this machine, metrics to it and for a scrape, with exemplars. Needs no key, no
    Kafka and no Neo4j.
    """
    from consumer.bench.machine import machine, report  # noqa: PLC0415 - heavy
    from consumer.bench.telemetry_overhead import Overhead, measure_overhead  # noqa: PLC0415 - heavy
    from consumer.settings import Settings  # noqa: PLC0415 - heavy
    from consumer.telemetry.logs import configure_command_logging  # noqa: PLC0415 - heavy

    configure_command_logging()

    def tell(pair: int) -> None:
        if is_interactive():
            note(f"{pair} of {pairs} pairs")

    case = asyncio.run(measure_overhead(Overhead(episodes, pairs), tell))
    found = report(command_line(), (case,), machine(Settings().stack, is_own=False))
    if out is not None:
        write_report(found, out)
    if as_json:
        print_json(found.model_dump(mode="json"))
        return
    show_cases(found.cases)
