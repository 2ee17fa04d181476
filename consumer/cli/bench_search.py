"""`episodes bench search`: how fast and how right search is over groups of several sizes."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from consumer.cli.output import is_interactive, note, print_json, print_line, print_table

if TYPE_CHECKING:
    from consumer.bench.search import SearchReport

EPILOG = "Example: episodes bench search --facts 1000 --facts 20000 --searches 200"
SIZES = (1_000, 20_000)


def register(bench: typer.Typer) -> None:
    """Add the command to `bench`."""
    bench.command("search", epilog=EPILOG)(search)


def search(
    *,
    facts: Annotated[
        list[int] | None, typer.Option(help="Facts in the group; repeat it. Else 1000 and 20000.", min=10)
    ] = None,
    searches: Annotated[int, typer.Option(help="Searches of each configuration.", min=5)] = 100,
    clients: Annotated[int, typer.Option(help="Clients at once, beside one alone.", min=1)] = 16,
    dimension: Annotated[
        int, typer.Option(help="Numbers in a vector; an index of another is not touched, and not used.", min=2)
    ] = 384,
    peer: Annotated[bool, typer.Option(help="Measure graphiti-core too, where it is installed.")] = True,
    out: Annotated[Path | None, typer.Option(help="Write the figures as JSON to this file too.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Measure search in the Neo4j of the settings: latency, recall of the index, small groups beside large ones.

    Makes groups of its own and removes them. Question vectors are given, so no model is asked. 200,000 facts take
    minutes to write and to remove.
    """
    import json  # noqa: PLC0415

    from consumer.bench.search import SearchLoad, measure_search  # noqa: PLC0415 - heavy
    from consumer.settings import Settings  # noqa: PLC0415
    from consumer.telemetry.logs import configure_command_logging  # noqa: PLC0415

    configure_command_logging()
    reports: list[SearchReport] = []
    for size in facts or SIZES:
        load = SearchLoad(Settings().neo4j, size, dimension, searches, clients, peer)
        reports.append(asyncio.run(measure_search(load, partial(_progress, size))))
    found = [report.as_dict() for report in reports]
    if out is not None:
        out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    if as_json:
        print_json(found)
        return
    for report in reports:
        _tell(report)


def _progress(facts: int, what: str) -> None:
    if is_interactive():
        note(f"{facts} facts: {what}")


def _tell(report: SearchReport) -> None:
    rows = [
        (each.name, str(each.clients), *(f"{value:.1f}" for value in (each.least, each.p50, each.p95, each.p99)))
        for each in report.latencies
    ]
    print_line(f"{report.facts} facts, {report.dimension} numbers a vector, written in {report.load_s:.1f} s")
    print_table(("search", "clients", "least ms", "p50 ms", "p95 ms", "p99 ms"), rows)
    recall = "no index of this dimension" if report.recall is None else f"{report.recall:.3f}"
    print_line(f"recall@10 of the vector leg against exact search: {recall}")
    print_line(f"a group of 2 facts beside it: {report.starved}")
    if report.speedup is not None:
        print_line(f"graphiti-core takes {report.speedup:.0f} times as long (medians, in the same run)")
