"""The MCP server itself: the tools registered, measured, and served over standard input and output or HTTP."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn
from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ToolAnnotations
from opentelemetry.trace import SpanKind
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

import consumer
from consumer.app.access import Token, check_address
from consumer.app.memory import Memory
from consumer.errors import EpisodeFault, UserError, WorldFault
from consumer.mcp.publishing import DESTRUCTIVE, PUBLISHING, PublishingTools
from consumer.mcp.reading import READING, ReadingTools
from consumer.settings import McpSettings
from consumer.telemetry import names
from consumer.telemetry.calls import client_call

Tool = Callable[..., Awaitable[Any]]

INSTRUCTIONS = """\
A memory of what was said and happened, as a temporal knowledge graph: entities, and facts with the time in which each
is true. Everything belongs to a group (tenant); calls that name none mean the server's default group.

To remember: add_memory (text, a chat message or JSON), with reference_time when it happened earlier. It is durable at
once, and found a few seconds later. To recall: get_context for a ready text, search_memory_facts for facts (those true
now; as_of for another day, include_invalid for history), search_nodes for people and things. get_episodes tells the
latest memories as they were added, get_episode_entities what came of them. A wrong fact is mended by a memory that
corrects it, or by deleting the episode that told it.
"""


def build(memory: Memory) -> MCPServer[Any]:
    """Return the server with the tools that the settings allow."""
    server: MCPServer[Any] = MCPServer(
        "episodes",
        title="episodes memory",
        instructions=INSTRUCTIONS,
        version=consumer.__version__,
        log_level="WARNING",
    )
    reading = ReadingTools(memory)
    for name in READING:
        _add(server, getattr(reading, name), ToolAnnotations(read_only_hint=True, open_world_hint=False))
    if not memory.settings.mcp.read_only:
        publishing = PublishingTools(memory)
        for name in PUBLISHING:
            hints = ToolAnnotations(
                read_only_hint=False, destructive_hint=name in DESTRUCTIVE, idempotent_hint=False, open_world_hint=False
            )
            _add(server, getattr(publishing, name), hints)
    return server


async def serve_stdio(memory: Memory) -> None:
    """Serve until standard input ends; nothing but the protocol is written to standard output."""
    await build(memory).run_stdio_async()


def check_settings(settings: McpSettings) -> None:
    """Refuse to listen where others reach us when nothing is asked of them.

    Raises:
        UserError: there is no token, and the address is not of this machine alone.
    """
    check_address(settings.host, settings.token, "EPISODES_MCP__")


async def serve_http(memory: Memory) -> None:
    """Serve streamable HTTP at /mcp until SIGTERM or SIGINT.

    Raises:
        UserError: the address is open to others without a token.
    """
    settings = memory.settings.mcp
    check_settings(settings)
    app = AskedForToken(build(memory).streamable_http_app(host=settings.host), Token(settings.token))
    config = uvicorn.Config(app, host=settings.host, port=settings.port, log_config=None, server_header=False)
    await uvicorn.Server(config).serve()


class AskedForToken:
    """An ASGI application that lets requests through which hold the token."""

    def __init__(self, app: ASGIApp, token: Token) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 401."""
        if scope["type"] == "http":
            given = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
            if not self._token.is_in(given):
                refusal = JSONResponse(
                    {"error": "send the token: Authorization: Bearer …"},
                    status_code=401,
                    headers={"WWW-Authenticate": 'Bearer realm="episodes"'},
                )
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _add(server: MCPServer[Any], tool: Tool, hints: ToolAnnotations) -> None:
    description = inspect.getdoc(tool) or ""
    server.add_tool(_measured(tool), description=description, annotations=hints, structured_output=True)


def _measured(tool: Tool) -> Tool:
    """Return the tool with its span and measurement, its errors told to the caller in a sentence."""
    name = tool.__name__

    @functools.wraps(tool)
    async def measured(*args: Any, **given: Any) -> Any:
        attributes = {names.MCP_METHOD: "tools/call", names.TOOL: name}
        with client_call(names.tool(name), attributes, metric=names.MCP_DURATION, kind=SpanKind.SERVER):
            try:
                return await tool(*args, **given)
            except (UserError, EpisodeFault, WorldFault) as error:
                raise ToolError(str(error)) from error

    return measured
