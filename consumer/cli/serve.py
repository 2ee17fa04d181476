"""`episodes serve`: the HTTP API and its page, as a process of its own."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from consumer.cli.output import note

if TYPE_CHECKING:
    from consumer.settings import Settings

EPILOG = "Example: EPISODES_SERVE__TOKEN=a-long-secret-of-yours episodes serve --port 8088"


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("serve", epilog=EPILOG)(serve)


def serve(
    *,
    host: Annotated[str | None, typer.Option(help="Address to listen on; EPISODES_SERVE__HOST sets it too.")] = None,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65_535, help="Port, 0 for a free one; EPISODES_SERVE__PORT sets it too."),
    ] = None,
    read_only: Annotated[bool, typer.Option("--read-only", help="Refuse new episodes and removals.")] = False,
) -> None:
    """Serve the memory over HTTP: an API, its OpenAPI document, and a page to ask and look.

    Listens on this machine alone unless --host says otherwise, and then asks for EPISODES_SERVE__TOKEN. SIGTERM or
    Ctrl-C ends it once requests in work are answered.
    """
    from consumer.settings import Settings  # noqa: PLC0415 - heavy: `episodes --help` imports this module

    settings = Settings()
    changes: dict[str, Any] = {"host": host, "port": port, "read_only": read_only or None}
    given = {name: value for name, value in changes.items() if value is not None}
    asyncio.run(_serve(settings.model_copy(update={"serve": settings.serve.model_copy(update=given)})))


async def _serve(settings: Settings) -> None:
    from consumer.app.memory import open_memory  # noqa: PLC0415 - heavy
    from consumer.health.exposition import Exposition  # noqa: PLC0415
    from consumer.serve.server import ApiServer, check_settings  # noqa: PLC0415
    from consumer.telemetry.logs import configure_logging  # noqa: PLC0415
    from consumer.telemetry.setup import configure  # noqa: PLC0415

    check_settings(settings.serve)
    configure_logging(settings.telemetry)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    exposition = Exposition()
    with configure(settings.telemetry, endpoint=settings.otlp_endpoint, metric_readers=[exposition.reader]):
        async with (
            open_memory(settings) as memory,
            ApiServer(memory, exposition.text, exposition.openmetrics) as server,
        ):
            note(f"memory on {server.address}; Ctrl-C ends it")
            await stopped.wait()
