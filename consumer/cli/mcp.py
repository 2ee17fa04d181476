"""`episodes mcp`: the memory as tools for assistants, over the Model Context Protocol."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from consumer.errors import UserError

if TYPE_CHECKING:
    from consumer.settings import Settings

EPILOG = "Example: episodes mcp --group alice · episodes mcp --transport http --port 8089"


class Transport(StrEnum):
    """How the server is spoken to."""

    STDIO = "stdio"
    HTTP = "http"


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("mcp", epilog=EPILOG)(mcp)


def mcp(
    *,
    transport: Annotated[
        Transport, typer.Option(help="stdio: started by the assistant; http: streamable HTTP at /mcp.")
    ] = Transport.STDIO,
    group: Annotated[
        str | None, typer.Option(help="Group of calls that name none; EPISODES_MCP__GROUP sets it too.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address for http; EPISODES_MCP__HOST sets it too.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="Port for http; EPISODES_MCP__PORT sets it too.")
    ] = None,
    read_only: Annotated[bool, typer.Option("--read-only", help="Offer no tool that adds or removes.")] = False,
) -> None:
    """Serve the memory as tools for assistants: remember, search, get, delete.

    The tools have the names and arguments of Graphiti's MCP server. With stdio the assistant starts this command, and
    standard output is the protocol's. Needs the extra `mcp`.
    """
    from consumer.settings import McpSettings, Settings  # noqa: PLC0415 - heavy: `episodes --help` imports this

    settings = Settings()
    changes: dict[str, Any] = {"group": group, "host": host, "port": port, "read_only": read_only or None}
    given = {name: value for name, value in changes.items() if value is not None}
    try:
        chosen = McpSettings(**settings.mcp.model_dump() | given)
    except ValueError:
        raise UserError(f"--group {group!r}: a group is 1 to 200 ASCII letters, digits, - and _", exit_code=2) from None
    asyncio.run(_serve(settings.model_copy(update={"mcp": chosen}), transport))


async def _serve(settings: Settings, transport: Transport) -> None:
    from consumer.app.memory import open_memory  # noqa: PLC0415 - heavy
    from consumer.telemetry.logs import configure_logging  # noqa: PLC0415
    from consumer.telemetry.setup import configure  # noqa: PLC0415

    try:
        from consumer.mcp.server import check_settings, serve_http, serve_stdio  # noqa: PLC0415
    except ImportError as error:
        raise UserError(f"this needs the extra `mcp` ({error.name}): pip install 'episodes[mcp]'") from error
    if transport is Transport.HTTP:
        check_settings(settings.mcp)
    configure_logging(settings.telemetry)
    with configure(settings.telemetry, endpoint=settings.otlp_endpoint):
        async with open_memory(settings) as memory:
            await (serve_stdio(memory) if transport is Transport.STDIO else serve_http(memory))
