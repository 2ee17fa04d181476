"""`episodes bench peers`: graphiti-core beside us, in one run."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from consumer.cli.bench_output import command_line, number, ratio_text, tell_progress, write_report
from consumer.cli.output import print_json, print_line, print_table

if TYPE_CHECKING:
    from consumer.bench.peers import PeerLoad
    from consumer.bench.results import Case, Report
    from consumer.bench.services import Wanted

EPILOG = "Example: episodes bench peers --episodes 60 --modes concurrent,bulk --out peers.json"
_MODES = "sequential,concurrent,bulk"


def register(bench: typer.Typer) -> None:
    """Add the command to `bench`."""
    bench.command("peers", epilog=EPILOG)(peers)


def peers(
    *,
    episodes: Annotated[
        int, typer.Option(help="Episodes that both are given; it takes 0.3 to 2 s for each.", min=1)
    ] = 60,
    groups: Annotated[int, typer.Option(help="Groups that they are of.", min=1)] = 4,
    latency_ms: Annotated[float, typer.Option(help="Latency of the simulated model, milliseconds.", min=0)] = 200,
    concurrency: Annotated[
        int, typer.Option(help="Of graphiti-core its limit and episodes at once, of ours model calls at once.", min=1)
    ] = 10,
    modes: Annotated[str, typer.Option(help="How graphiti-core is given them, with commas between.")] = _MODES,
    bulk: Annotated[int, typer.Option(help="Episodes of a group in one of its bulks.", min=1)] = 10,
    seconds: Annotated[float, typer.Option(help="How long ours then gets as many as it takes.", min=1)] = 30,
    search_facts: Annotated[
        int, typer.Option(help="Facts of a synthetic group that both search; 0 measures no search.", min=0)
    ] = 5_000,
    searches: Annotated[int, typer.Option(help="Searches of ours; 10 of theirs.", min=5)] = 30,
    warm_up: Annotated[int, typer.Option(help="Episodes that ours is given first, in other groups.", min=0)] = 1_000,
    seed: Annotated[int, typer.Option(help="Of the episodes.", min=0)] = 1,
    kafka: Annotated[str | None, typer.Option(help="A Kafka to use (host:port); one of its own else.")] = None,
    neo4j: Annotated[
        str | None, typer.Option(help="A Neo4j to use (bolt://…), which keeps what is written; one of its own else.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write the report as JSON to this file too.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Measure graphiti-core and us: speed, model calls, and what is wrong in the graph, on the same episodes.

    The same simulated models (a process), the same Neo4j. Needs the extra `peers`; its telemetry is switched off.
    """
    from consumer.bench.services import Wanted  # noqa: PLC0415 - heavy
    from consumer.errors import UserError  # noqa: PLC0415
    from consumer.telemetry.logs import configure_command_logging  # noqa: PLC0415

    configure_command_logging()
    chosen = [mode.strip() for mode in modes.split(",") if mode.strip()]
    if not chosen or not set(chosen) <= set(_MODES.split(",")):
        raise UserError(f"--modes {modes}: one or several of {_MODES}", exit_code=2)
    try:
        from consumer.bench.graphiti_peer import Mode  # noqa: PLC0415 - the extra `peers`
        from consumer.bench.peers import PeerLoad  # noqa: PLC0415
    except ImportError as error:
        raise UserError(f"this needs the extra `peers` ({error.name}): pip install 'episodes[peers]'") from error
    load = PeerLoad(
        episodes=episodes,
        groups=groups,
        latency_ms=latency_ms,
        concurrency=concurrency,
        modes=tuple(Mode(mode) for mode in dict.fromkeys(chosen)),
        bulk=bulk,
        seconds=seconds,
        search_facts=search_facts,
        searches=searches,
        warm_up=warm_up,
        seed=seed,
    )
    report = asyncio.run(_measured(load, Wanted(kafka, neo4j)))
    write_report(report, out)
    if as_json:
        print_json(report.model_dump(mode="json"))
    else:
        _show(report.cases)


async def _measured(load: PeerLoad, wanted: Wanted) -> Report:
    import os  # noqa: PLC0415

    from consumer.bench.machine import machine, report  # noqa: PLC0415 - heavy
    from consumer.bench.peers import measure_peers  # noqa: PLC0415
    from consumer.bench.services import open_services  # noqa: PLC0415
    from consumer.settings import Settings  # noqa: PLC0415

    os.environ["SEMAPHORE_LIMIT"] = str(load.concurrency)  # noqa: TID251 - both products, and so our pods, know the name
    settings = Settings()
    async with open_services(settings, wanted, tell_progress) as services:
        cases = [case async for case in measure_peers(settings, services, load, tell_progress)]
    return report(command_line(), tuple(cases), machine(settings.stack, is_own=services.is_own))


def _show(cases: tuple[Case, ...]) -> None:
    """Print each case as a table of ours, theirs and the ratio."""
    from consumer.bench.cases import ratios  # noqa: PLC0415 - heavy

    for case in cases:
        (peer,) = case.baselines
        beside = ratios(case)[peer.name]
        print_line("")
        print_line(case.title)
        rows = []
        for figure in case.figures:
            theirs, ratio = peer.figures.get(figure.name), beside.get(figure.name)
            unit = f", {figure.unit}" if figure.unit in {"s", "ms"} and "seconds" not in figure.name else ""
            rows.append(
                [
                    figure.name + unit,
                    number(figure.value),
                    "" if theirs is None else number(theirs),
                    "" if ratio is None else ratio_text(ratio),
                ]
            )
        print_table(["figure", "ours", peer.name, "ours is"], rows)
        for text in case.notes:
            print_line(f"  {text}")
