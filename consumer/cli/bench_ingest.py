"""`episodes bench ingest`: from produce to written, through the real pods, Kafka and Neo4j."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from consumer.cli.bench_output import command_line, is_right, show_cases, tell_progress, write_report
from consumer.cli.output import print_json

if TYPE_CHECKING:
    from consumer.bench.ingesting import IngestLoad
    from consumer.bench.results import Report
    from consumer.bench.services import Wanted

EPILOG = "Example: episodes bench ingest --way sustained --minutes 10 --then-at 60 --out ingest.json"


class WayName(StrEnum):
    """How episodes are published."""

    IDLE = "idle"
    SUSTAINED = "sustained"
    BULK = "bulk"


class KindName(StrEnum):
    """What is published."""

    CHAT = "chat"
    TEXT = "text"
    LONG = "long"
    JSON = "json"
    MAPPED = "mapped"


class ProfileName(StrEnum):
    """How the simulated provider behaves."""

    FIXED = "fixed"
    LOGNORMAL = "lognormal"
    HEAVY = "heavy"
    RATE_LIMITED = "rate-limited"
    FAULTY = "faulty"


def register(bench: typer.Typer) -> None:
    """Add the command to `bench`."""
    bench.command("ingest", epilog=EPILOG)(ingest)


def ingest(
    *,
    way: Annotated[
        WayName,
        typer.Option(
            help="idle: each episode when the one before can be read. sustained: at --rate, or flat out. bulk: so many "
            "at once."
        ),
    ] = WayName.SUSTAINED,
    kind: Annotated[
        KindName,
        typer.Option(
            help="chat: a sentence or two; text: some 200 tokens; long: 1,250; json: for the model; mapped: without it."
        ),
    ] = KindName.CHAT,
    model: Annotated[
        ProfileName, typer.Option(help="How the simulated model behaves; 200 ms a call in the middle.")
    ] = ProfileName.LOGNORMAL,
    latency_ms: Annotated[float | None, typer.Option(help="Another latency of the simulated model.", min=0)] = None,
    episodes: Annotated[int, typer.Option(help="idle: how many; bulk: how many at once.", min=1)] = 200,
    bulks: Annotated[int, typer.Option(help="bulk: how often.", min=1)] = 10,
    minutes: Annotated[float, typer.Option(help="sustained: how long to measure.", min=0.01)] = 1.0,
    rate: Annotated[float | None, typer.Option(help="sustained: episodes a second; flat out else.", min=0.1)] = None,
    then_at: Annotated[
        float | None,
        typer.Option(help="sustained, flat out: then again at so many percent of what was reached.", min=1, max=100),
    ] = None,
    settle: Annotated[float, typer.Option(help="sustained: seconds under load before measuring.", min=0)] = 10.0,
    groups: Annotated[int, typer.Option(help="Groups that the episodes are of.", min=1)] = 20,
    pods: Annotated[int, typer.Option(help="Pods, each a process.", min=1)] = 1,
    partitions: Annotated[int, typer.Option(help="Partitions of the topic.", min=1)] = 4,
    strategy: Annotated[
        str | None, typer.Option(help="Of the pods: aggressive, balanced, conservative or sequential.")
    ] = None,
    dimension: Annotated[int, typer.Option(help="Numbers in a vector.", min=2)] = 384,
    warm_up: Annotated[int, typer.Option(help="Episodes written first, in other groups.", min=0)] = 1_000,
    repeat: Annotated[int, typer.Option(help="Runs, each with fresh pods; medians and spread are told.", min=1)] = 1,
    gold: Annotated[bool, typer.Option(help="Compare the graph with the right one.")] = True,
    kafka: Annotated[str | None, typer.Option(help="A Kafka to use (host:port); one of its own else.")] = None,
    neo4j: Annotated[str | None, typer.Option(help="A Neo4j to use (bolt://…); one of its own else.")] = None,
    heap_mb: Annotated[int, typer.Option(help="Heap of its own Neo4j, in MB.", min=256)] = 1_024,
    page_cache_mb: Annotated[int, typer.Option(help="Page cache of its own Neo4j, in MB.", min=64)] = 512,
    out: Annotated[Path | None, typer.Option(help="Write the report as JSON to this file too.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Measure ingestion end to end: the real pods, a Kafka and a Neo4j, a simulated model; each a process.

    An episode counts from when it was due to be published until a reader of its own finds it in the graph. Settings
    of the pods are taken from the environment (EPISODES_…). Exit code 1 when the graph is not the right one.
    """
    from consumer.bench.ingesting import IngestLoad, Way  # noqa: PLC0415 - heavy
    from consumer.bench.loads import Kind  # noqa: PLC0415
    from consumer.bench.rig import Setup  # noqa: PLC0415
    from consumer.bench.services import Wanted  # noqa: PLC0415
    from consumer.telemetry.logs import configure_command_logging  # noqa: PLC0415
    from consumer.testing.named_profiles import Behaviour  # noqa: PLC0415

    configure_command_logging()
    load = IngestLoad(
        way=Way(way),
        kind=Kind(kind),
        groups=groups,
        episodes=episodes,
        bulks=bulks,
        seconds=60 * minutes,
        rate=rate,
        settle_s=settle,
        warm_up=warm_up,
        checks_gold=gold,
        setup=Setup(
            behaviour=Behaviour(model),
            latency_ms=latency_ms,
            dimension=dimension,
            pods=pods,
            partitions=partitions,
            strategy=strategy,
        ),
    )
    wanted = Wanted(kafka, neo4j, heap_mb, page_cache_mb)
    report = asyncio.run(_measured(load, wanted, repeat, then_at))
    write_report(report, out)
    if as_json:
        print_json(report.model_dump(mode="json"))
    else:
        show_cases(report.cases)
    if not is_right(report):
        raise typer.Exit(1)


async def _measured(load: IngestLoad, wanted: Wanted, repeat: int, then_at: float | None) -> Report:
    from dataclasses import replace  # noqa: PLC0415

    from consumer.bench.ingesting import measure_ingest, rate_of  # noqa: PLC0415 - heavy
    from consumer.bench.machine import machine, report  # noqa: PLC0415
    from consumer.bench.services import open_services  # noqa: PLC0415
    from consumer.settings import Settings  # noqa: PLC0415
    from consumer.stack.owner import cancel_at_sigterm  # noqa: PLC0415

    cancel_at_sigterm()
    settings = Settings()
    async with open_services(settings, wanted, tell_progress) as services:
        cases = [await measure_ingest(settings, services, load, repeat=repeat, on_progress=tell_progress)]
        if then_at is not None:
            paced = replace(load, rate=round(rate_of(cases[0]) * then_at / 100, 1))
            cases.append(await measure_ingest(settings, services, paced, repeat=repeat, on_progress=tell_progress))
    return report(command_line(), tuple(cases), machine(settings.stack, is_own=services.is_own))
