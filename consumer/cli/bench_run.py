"""`episodes bench run` and `bench baselines`: scenarios one after the other on one pair of services, in one report."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from consumer.cli.bench_output import (
    command_line,
    is_right,
    number,
    ratio_text,
    show_cases,
    tell_progress,
    value_text,
    write_report,
)
from consumer.cli.output import note, print_json, print_line, print_table

if TYPE_CHECKING:
    from consumer.bench.results import Case, Report
    from consumer.bench.scenarios import Scenario
    from consumer.bench.services import Wanted

EPILOG = "Example: episodes bench run ingest search --quick --out results.json"
BASELINES_EPILOG = "Example: episodes bench baselines --repeat 3 --out baselines.json"
NAMES = (
    *("ingest", "throughput", "write", "search", "mixed", "graph", "communities", "replay", "rebalance", "soak"),
    *("extract", "retrieval"),
)
_IN_PROCESS = frozenset({"throughput", "write", "search", "graph", "extract", "retrieval"})
"""Measured in this process, without pods: it is what is profiled."""
_UNASKED = frozenset({"soak", "extract", "retrieval"})
"""Not run unless they are named: hours, a paid model perhaps, question sets."""

Full = Annotated[bool, typer.Option("--full/--quick", help="Minutes a scenario, or seconds, as a hint only.")]
Repeat = Annotated[int, typer.Option(help="How often; medians and spread are told.", min=1)]
Kafka = Annotated[str | None, typer.Option(help="A Kafka to use (host:port); one of its own else.")]
Neo4j = Annotated[str | None, typer.Option(help="A Neo4j to use (bolt://…); one of its own else.")]
Heap = Annotated[int, typer.Option(help="Heap of its own Neo4j, in MB.", min=256)]
PageCache = Annotated[int, typer.Option(help="Page cache of its own Neo4j, in MB.", min=64)]
Out = Annotated[Path | None, typer.Option(help="Write the report as JSON to this file too.")]
Profiled = Annotated[
    bool,
    typer.Option(
        "--profile",
        help="Add flame graphs and the bottleneck to the report: of the pods, or of this process where none take part. "
        "Costs a few percent.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]


def register(bench: typer.Typer) -> None:
    """Add the commands to `bench`."""
    bench.command("run", epilog=EPILOG)(run)
    bench.command("baselines", epilog=BASELINES_EPILOG)(baselines)


def run(
    scenarios: Annotated[
        list[str] | None, typer.Argument(help=f"Which: {', '.join(NAMES)}. All but the last three, if none is named.")
    ] = None,
    *,
    full: Full = False,
    repeat: Repeat = 1,
    question_set: Annotated[
        list[Path] | None, typer.Option(help="Folder with a question set for `retrieval`; repeat it for several.")
    ] = None,
    kafka: Kafka = None,
    neo4j: Neo4j = None,
    heap_mb: Heap = 1_024,
    page_cache_mb: PageCache = 512,
    profile: Profiled = False,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Measure scenarios one after the other, on a Kafka and a Neo4j of their own, with a simulated model.

    `ceiling` is reached as `throughput`. What a scenario measures: docs/guides/benchmarks.md. Exit code 1 when a graph
    was not the right one.
    """
    from consumer.bench.scenarios import SCENARIOS  # noqa: PLC0415 - heavy
    from consumer.errors import UserError  # noqa: PLC0415

    wanted = list(dict.fromkeys(scenarios or [name for name in NAMES if name not in _UNASKED]))
    unknown = [name for name in wanted if name not in SCENARIOS]
    if unknown:
        raise UserError(f"there is no scenario {unknown[0]!r}: choose of {', '.join(NAMES)}", exit_code=2)
    if "retrieval" in wanted and not question_set:
        raise UserError("retrieval needs --question-set FOLDER", exit_code=2)
    chosen = {name: SCENARIOS[name] for name in wanted}
    services = _wanted(kafka, neo4j, heap_mb, page_cache_mb)
    report = _report(
        chosen,
        services,
        is_full=full,
        repeat=repeat,
        question_sets=tuple(question_set or ()),
        is_profiled=profile,
    )
    write_report(report, out)
    if as_json:
        print_json(report.model_dump(mode="json"))
    else:
        show_cases(report.cases)
    if not is_right(report):
        raise typer.Exit(1)


def baselines(
    *,
    full: Full = True,
    repeat: Repeat = 3,
    kafka: Kafka = None,
    neo4j: Neo4j = None,
    heap_mb: Heap = 1_024,
    page_cache_mb: PageCache = 512,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Measure every row of the table of what is usual for such systems, and print it beside that table.

    Ingestion with a simulated model of 200 ms and embeddings of 50 ms; search, graph and communities on groups of
    their own. Exit code 1 when a row is not better than usual.
    """
    from consumer.bench.scenarios import baselines as measure  # noqa: PLC0415 - heavy

    services = _wanted(kafka, neo4j, heap_mb, page_cache_mb)
    report = _report({"baselines": measure}, services, is_full=full, repeat=repeat)
    write_report(report, out)
    if as_json:
        print_json(report.model_dump(mode="json"))
    else:
        print_baselines(report)
    if not is_right(report) or worse(report.cases):
        raise typer.Exit(1)


def print_baselines(report: Report) -> None:
    """Print each row as measured, what is usual, and how many times better the measured one is."""
    from consumer.bench.cases import ratios  # noqa: PLC0415 - heavy

    rows = []
    for case in report.cases:
        for each in case.baselines:
            found, measured, usual, times = ratios(case)[each.name], [], [], []
            for name, value in each.figures.items():
                one = case.figure(name)
                if one is not None:
                    measured.append(value_text(one))
                    usual.append(number(value))
                    times.append(ratio_text(found[name]) if name in found else "")
            names = " / ".join(each.figures)
            rows.append([case.title, names, " / ".join(measured), " / ".join(usual), " / ".join(times)])
    print_table(["operation", "", "measured", "usual, s", "ratio"], rows)
    for name, fact in report.machine.items():
        print_line(f"{name}: {fact}")
    for text in worse(report.cases):
        note(f"not better than usual: {text}")


def worse(cases: tuple[Case, ...]) -> list[str]:
    """Return the figures that are not better than usual, each with its case."""
    from consumer.bench.cases import ratios  # noqa: PLC0415 - heavy

    return [
        f"{case.title}, {name}"
        for case in cases
        for found in ratios(case).values()
        for name, ratio in found.items()
        if ratio <= 1
    ]


def _wanted(kafka: str | None, neo4j: str | None, heap_mb: int, page_cache_mb: int) -> Wanted:
    from consumer.bench.services import Wanted  # noqa: PLC0415 - heavy

    return Wanted(kafka, neo4j, heap_mb, page_cache_mb)


def _report(
    chosen: dict[str, Scenario],
    wanted: Wanted,
    *,
    is_full: bool,
    repeat: int,
    question_sets: tuple[Path, ...] = (),
    is_profiled: bool = False,
) -> Report:
    from consumer.telemetry.logs import configure_command_logging  # noqa: PLC0415 - heavy

    configure_command_logging()
    return asyncio.run(
        _measured(chosen, wanted, is_full=is_full, repeat=repeat, question_sets=question_sets, is_profiled=is_profiled)
    )


async def _measured(
    chosen: dict[str, Scenario],
    wanted: Wanted,
    *,
    is_full: bool,
    repeat: int,
    question_sets: tuple[Path, ...],
    is_profiled: bool,
) -> Report:
    from consumer.bench.machine import machine, report  # noqa: PLC0415 - heavy
    from consumer.bench.profile import profiled_cases, profiling_allowed  # noqa: PLC0415 - heavy
    from consumer.bench.scenarios import Bench, repeated  # noqa: PLC0415
    from consumer.bench.services import open_services  # noqa: PLC0415
    from consumer.settings import Settings  # noqa: PLC0415
    from consumer.stack.owner import cancel_at_sigterm  # noqa: PLC0415

    cancel_at_sigterm()
    settings, cases = Settings(), []
    if is_profiled:
        settings = profiling_allowed(settings)
    async with open_services(settings, wanted, tell_progress) as services:
        bench = Bench(settings, services, not is_full, tell_progress, question_sets)
        for name, scenario in chosen.items():
            tell_progress(f"{name}:")
            if is_profiled and name in _IN_PROCESS:
                cases += await profiled_cases(repeated(scenario, bench, repeat))
            else:
                cases += await repeated(scenario, bench, repeat)
    return report(command_line(), tuple(cases), machine(settings.stack, is_own=services.is_own))
