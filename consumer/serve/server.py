"""Listening: where, under which conditions, and how it ends.

S1: an address that others reach is not listened on without a token, unless the settings say so.
S2: a connection that sends no request is closed after `header_timeout_s`, and first when there are too many.
S3: a stop closes the door at once, lets requests in work finish for `stop_s`, and then ends.
"""

from __future__ import annotations

import asyncio
import errno
import logging
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from consumer.app.access import check_address
from consumer.app.memory import Memory
from consumer.errors import UserError
from consumer.serve.application import Api, Metrics
from consumer.settings import ServeSettings

logger = logging.getLogger(__name__)

_MAX_LINE = 8_190
_MAX_HEADERS = 100
_KEEP_ALIVE_S = 30.0
_SWEEP_S = 1.0


def check_settings(settings: ServeSettings) -> None:
    """Refuse to listen where others reach us when nothing is asked of them (S1).

    Raises:
        UserError: there is no token, and the address is not of this machine alone.
    """
    check_address(settings.host, settings.token, "EPISODES_SERVE__", is_open_on_purpose=settings.open_without_token)


class ApiServer:
    """Listens while the `async with` block runs. `port` is the one it got; `metrics` is called in a thread."""

    def __init__(self, memory: Memory, metrics: Metrics | None = None, metrics_kind: str = "text/plain") -> None:
        self._settings = memory.settings.serve
        self._api = Api(memory, metrics, metrics_kind)
        self._runner: web.AppRunner | None = None
        self._sweep: asyncio.TimerHandle | None = None
        self._seen: dict[Any, float] = {}
        self.port = 0

    @property
    def address(self) -> str:
        """The address of the page and the API."""
        host = self._settings.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    async def __aenter__(self) -> Self:
        """Listen on the host and port of the settings.

        Raises:
            UserError: the address is taken, not ours, or open to others without a token.
        """
        host, port = self._settings.host, self._settings.port
        check_settings(self._settings)
        runner = web.AppRunner(
            self._api.app,
            access_log=None,
            logger=_silent(),
            shutdown_timeout=self._settings.stop_s,
            keepalive_timeout=_KEEP_ALIVE_S,
            max_line_size=_MAX_LINE,
            max_field_size=_MAX_LINE,
            max_headers=_MAX_HEADERS,
            lingering_time=0,
        )
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            await runner.cleanup()
            raise UserError(_advice(host, port, error)) from error
        self._runner = runner
        self.port = runner.addresses[0][1]
        self._sweep = asyncio.get_running_loop().call_later(_SWEEP_S, self._close_silent)
        logger.info("memory on %s (API under /v1, described by /openapi.json)", self.address)
        if self._settings.token is None:
            logger.warning("no token is asked: whoever reaches %s reads and changes the memory", self.address)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening and let requests in work finish (S3)."""
        self._api.is_stopping = True
        if self._sweep is not None:
            self._sweep.cancel()
        if self._runner is not None:
            await self._runner.cleanup()

    def _close_silent(self) -> None:
        """Close connections that never sent a whole request in time, and the oldest such of too many (S2)."""
        loop = asyncio.get_running_loop()
        self._sweep = loop.call_later(_SWEEP_S, self._close_silent)
        if self._runner is None or self._runner.server is None:
            return
        now = loop.time()
        open_now = self._runner.server.connections
        self._seen = {connection: self._seen.get(connection, now) for connection in open_now}
        self._api.heard.intersection_update(open_now)
        too_many = len(open_now) - self._settings.max_connections
        silent = [(each, since) for each, since in self._seen.items() if each not in self._api.heard]
        for number, (connection, since) in enumerate(sorted(silent, key=lambda item: item[1])):
            if number < too_many or now - since > self._settings.header_timeout_s:
                connection.force_close()


def _silent() -> logging.Logger:
    """Return a logger that tells nothing: what strangers send to the port is no news."""
    quiet = logging.getLogger("consumer.serve.http")
    quiet.disabled = True
    return quiet


def _advice(host: str, port: int, error: OSError) -> str:
    """Return in one line why nothing listens, and which setting to change."""
    if error.errno == errno.EADDRINUSE:
        return f"{host}:{port} is in use; set EPISODES_SERVE__PORT (or --port) to another port, 0 for a free one"
    if error.errno == errno.EACCES:
        return f"port {port} needs privileges; set EPISODES_SERVE__PORT (or --port) above 1023"
    reason = error.strerror or str(error)
    return f"cannot listen on {host} ({reason}); set EPISODES_SERVE__HOST (or --host) to an address of this host"
