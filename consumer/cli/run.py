"""`episodes run`: one consumer pod in the foreground."""

from __future__ import annotations

import asyncio
import gc
import json
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from consumer.app.runtime import RuntimeView
    from consumer.settings import Settings

EPILOG = "Example: EPISODES_NEO4J__URI=bolt://127.0.0.1:7687 episodes run --until-drained"

STOPPED_AT_ONCE = 130
"""Exit code after a second signal: what the shell gives a program ended by Ctrl-C."""


class StrategyName(StrEnum):
    """How much is done at once."""

    AGGRESSIVE = "aggressive"
    BALANCED = "balanced"
    CONSERVATIVE = "conservative"
    SEQUENTIAL = "sequential"


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("run", epilog=EPILOG)(run)


def run(
    *,
    topic: Annotated[str | None, typer.Option(help="Topic to consume; EPISODES_KAFKA__TOPIC sets it too.")] = None,
    consumer_group: Annotated[str | None, typer.Option(help="Kafka consumer group to join.")] = None,
    strategy: Annotated[
        StrategyName | None,
        typer.Option(help="How much is done at once; the graph is the same with each. EPISODES_STRATEGY sets it too."),
    ] = None,
    until_drained: Annotated[bool, typer.Option(help="Stop when everything in the topic is written.")] = False,
    health_port: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65_535,
            help="Serve /livez, /readyz, /metrics and /statz on this port (0: a free one); EPISODES_HEALTH__PORT too.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the final counts as JSON.")] = False,
) -> None:
    """Consume episodes into the graph until stopped.

    The first Ctrl-C or SIGTERM finishes what was started and commits; a second one stops at once, and what was
    unfinished is read again at the next start. Nothing is lost either way.
    """
    from consumer.settings import Settings, Strategy  # noqa: PLC0415 - heavy: `episodes --help` imports this module

    settings = Settings() if strategy is None else Settings(strategy=Strategy(strategy))
    changes = {"topic": topic, "consumer_group": consumer_group}
    kafka = settings.kafka.model_copy(update={name: value for name, value in changes.items() if value})
    health = settings.health if health_port is None else settings.health.model_copy(update={"port": health_port})
    settings = settings.model_copy(update={"kafka": kafka, "health": health})
    view, is_finished = asyncio.run(_run(settings, until_drained=until_drained))
    if as_json:
        typer.echo(json.dumps({"outcomes": view.outcomes, "peak_in_flight": view.peak_in_flight}))
    else:
        typer.echo("done: " + (" ".join(f"{k}={v}" for k, v in sorted(view.outcomes.items())) or "nothing to do"))
    if not is_finished:
        raise typer.Exit(STOPPED_AT_ONCE)


async def _run(settings: Settings, *, until_drained: bool) -> tuple[RuntimeView, bool]:
    from rich.console import Console  # noqa: PLC0415 - only this command draws

    from consumer.app.runtime import open_runtime  # noqa: PLC0415 - heavy
    from consumer.app.stopping import run_until_stopped  # noqa: PLC0415
    from consumer.cli.live import watching  # noqa: PLC0415
    from consumer.telemetry.logs import configure_logging  # noqa: PLC0415
    from consumer.telemetry.setup import configure  # noqa: PLC0415

    console = Console(stderr=True)
    configure_logging(settings.telemetry)
    readers, text, openmetrics = [], None, None
    if settings.health.port is not None:
        from consumer.health.exposition import Exposition  # noqa: PLC0415 - only a pod with an endpoint needs it

        exposition = Exposition()
        readers, text, openmetrics = [exposition.reader], exposition.text, exposition.openmetrics
    with configure(settings.telemetry, endpoint=settings.otlp_endpoint, metric_readers=readers):
        async with open_runtime(settings, metrics=text, openmetrics=openmetrics) as runtime:
            # What is loaded by now stays: the collector need not look at it again whenever a large value is parsed.
            gc.collect()
            gc.freeze()
            async with watching(runtime.view, console):
                is_finished = await run_until_stopped(
                    runtime, until_drained=until_drained, deadline_s=settings.stop_deadline_s, owns_process=True
                )
            return runtime.view(), is_finished
