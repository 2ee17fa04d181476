"""Listening for HTTP: the port, what to do when it cannot be had, and connections that hang.

L1: a connection that never sends a whole request is closed after `silent_s`, and the oldest such first when there are
more than `max_connections`.
L2: leaving the block closes the door at once and lets requests in work finish for `stop_s`.
"""

from __future__ import annotations

import asyncio
import errno
import logging
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from consumer.errors import UserError

_SWEEP_S = 1.0


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one listener bears: characters of a line, headers, connections at once, seconds."""

    max_line: int
    max_headers: int
    max_connections: int
    silent_s: float
    stop_s: float
    keep_alive_s: float = 30.0


@dataclass(frozen=True, slots=True)
class Naming:
    """How a listener is called in messages: what it is, and the settings and options of its host and port."""

    what: str
    host: str
    port: str

    def advice(self, host: str, port: int, error: OSError) -> str:
        """Return in one line why nothing listens, and which setting to change."""
        if error.errno == errno.EADDRINUSE:
            return f"{self.what}: {host}:{port} is in use; set {self.port} to another port, 0 for a free one"
        if error.errno == errno.EACCES:
            return f"{self.what}: port {port} needs privileges; set {self.port} above 1023"
        reason = error.strerror or str(error)
        return f"{self.what}: cannot listen on {host} ({reason}); set {self.host} to an address of this host"


class Listener:
    """Serves an application while the `async with` block runs. `port` is the one it got."""

    def __init__(
        self,
        app: web.Application,
        host: str,
        port: int,
        bounds: Bounds,
        naming: Naming,
        *,
        heard: set[Any] | None = None,
    ) -> None:
        """Store what is served; `heard` are connections that sent a request (closed ones are forgotten here).

        Without it every connection counts as silent: it carries one request, and is closed when that took too long.
        """
        self._app = app
        self._host = host
        self.port = port
        self._bounds = bounds
        self._naming = naming
        self._heard = heard
        self._seen: dict[Any, float] = {}
        self._runner: web.AppRunner | None = None
        self._sweep: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Self:
        """Listen.

        Raises:
            UserError: the address is taken, or not ours.
        """
        bounds = self._bounds
        runner = web.AppRunner(
            self._app,
            access_log=None,
            logger=_silent(),
            shutdown_timeout=bounds.stop_s,
            keepalive_timeout=bounds.keep_alive_s,
            max_line_size=bounds.max_line,
            max_field_size=bounds.max_line,
            max_headers=bounds.max_headers,
            lingering_time=0,
        )
        await runner.setup()
        try:
            await web.TCPSite(runner, self._host, self.port).start()
        except OSError as error:
            await runner.cleanup()
            raise UserError(self._naming.advice(self._host, self.port, error)) from error
        self._runner = runner
        self.port = runner.addresses[0][1]
        self._sweep = asyncio.get_running_loop().call_later(_SWEEP_S, self._close_silent)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening and let requests in work finish (L2)."""
        if self._sweep is not None:
            self._sweep.cancel()
        if self._runner is not None:
            await self._runner.cleanup()

    def _close_silent(self) -> None:
        """Close connections that never sent a whole request in time, and the oldest such of too many (L1)."""
        loop = asyncio.get_running_loop()
        self._sweep = loop.call_later(_SWEEP_S, self._close_silent)
        if self._runner is None or self._runner.server is None:
            return
        now = loop.time()
        open_now = self._runner.server.connections
        self._seen = {connection: self._seen.get(connection, now) for connection in open_now}
        heard: AbstractSet[Any] = frozenset()
        if self._heard is not None:
            self._heard.intersection_update(open_now)
            heard = self._heard
        silent = [(each, since) for each, since in self._seen.items() if each not in heard]
        too_many = len(open_now) - self._bounds.max_connections
        for number, (connection, since) in enumerate(sorted(silent, key=lambda item: item[1])):
            if number < too_many or now - since > self._bounds.silent_s:
                connection.force_close()


def _silent() -> logging.Logger:
    """Return a logger that tells nothing: what strangers send to the port is no news."""
    quiet = logging.getLogger("consumer.listening.http")
    quiet.disabled = True
    return quiet
