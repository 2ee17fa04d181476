"""`episodes bench ceiling`: how near extraction comes to what latency and concurrency allow."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from consumer.cli.output import is_interactive, note, print_json, print_table

if TYPE_CHECKING:
    from consumer.bench.ceiling import CeilingReport

EPILOG = "Example: episodes bench ceiling --latency-ms 200 --concurrency 4 --seconds 300"
_TELL_EVERY_S = 10


class Latency(StrEnum):
    """The form of the model's latency."""

    FIXED = "fixed"
    LOGNORMAL = "lognormal"
    HEAVY = "heavy"


def register(bench: typer.Typer) -> None:
    """Add the command to `bench`, under both its names."""
    bench.command("ceiling", epilog=EPILOG)(ceiling)
    bench.command("throughput", epilog=EPILOG.replace("ceiling", "throughput"))(ceiling)


def ceiling(
    *,
    latency_ms: Annotated[
        float, typer.Option(help="Median latency of the simulated model, milliseconds.", min=0)
    ] = 200,
    latency: Annotated[Latency, typer.Option(help="Form of the latency.")] = Latency.LOGNORMAL,
    concurrency: Annotated[int, typer.Option(help="Calls at once.", min=1)] = 10,
    batch: Annotated[int, typer.Option(help="Episodes a call at most.", min=1)] = 8,
    seconds: Annotated[float, typer.Option(help="How long to measure, after five seconds of warm-up.", min=1)] = 60,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Measure extraction and embedding alone, with a simulated model in a process of its own; nothing is written.

    The ceiling is concurrency x episodes a call / mean latency. Needs no key, no Kafka and no Neo4j.
    """
    from consumer.bench.ceiling import Load, measure_ceiling  # noqa: PLC0415 - heavy
    from consumer.telemetry.logs import configure_command_logging  # noqa: PLC0415 - heavy

    configure_command_logging()
    load = Load(latency_ms, latency.value, concurrency, batch, seconds)
    report = asyncio.run(measure_ceiling(load, _progress))
    if as_json:
        print_json(report.as_dict())
    else:
        _tell(report)


def _progress(seconds: float) -> None:
    if is_interactive() and round(seconds) % _TELL_EVERY_S == 0:
        note(f"{seconds:.0f} s")


def _tell(report: CeilingReport) -> None:
    print_table(
        ["figure", "value"],
        [
            ["episodes/s", f"{report.episodes_per_s:.1f}"],
            ["ceiling, episodes/s", f"{report.ceiling_per_s:.1f}"],
            ["share of the ceiling", f"{report.share:.1%}"],
            ["episodes a call", f"{report.episodes_per_call:.2f}"],
            ["calls an episode", f"{report.calls / report.episodes:.3f}"],
            ["prompt characters an episode", f"{report.prompt_chars_per_episode:.0f}"],
            ["embedding calls an episode", f"{report.embedding_calls_per_episode:.3f}"],
            ["mean latency of a call, s", f"{report.mean_latency_s:.3f}"],
            ["CPU of the client an episode, ms", f"{report.client_cpu_ms_per_episode:.2f}"],
            ["measured for, s", f"{report.seconds:.1f}"],
        ],
    )
