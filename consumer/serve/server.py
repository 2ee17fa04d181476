"""Listening: where, under which conditions, and how it ends.

S1: an address that others reach is not listened on without a token, unless the settings say so.
S2: a connection that sends no request is closed after `header_timeout_s`, and first when there are too many.
S3: a stop closes the door at once, lets requests in work finish for `stop_s`, and then ends.
"""

from __future__ import annotations

import logging
from types import TracebackType
from typing import Self

from consumer.app.access import check_address
from consumer.app.memory import Memory
from consumer.listening import Bounds, Listener, Naming
from consumer.serve.application import Api, Metrics
from consumer.settings import ServeSettings

logger = logging.getLogger(__name__)

_MAX_LINE = 8_190
_MAX_HEADERS = 100
NAMING = Naming("memory", host="EPISODES_SERVE__HOST (or --host)", port="EPISODES_SERVE__PORT (or --port)")


def check_settings(settings: ServeSettings) -> None:
    """Refuse to listen where others reach us when nothing is asked of them (S1).

    Raises:
        UserError: there is no token, and the address is not of this machine alone.
    """
    check_address(settings.host, settings.token, "EPISODES_SERVE__", is_open_on_purpose=settings.open_without_token)


class ApiServer:
    """Listens while the `async with` block runs. `port` is the one it got; both forms of metrics are for /metrics."""

    def __init__(self, memory: Memory, metrics: Metrics | None = None, openmetrics: Metrics | None = None) -> None:
        self._settings = memory.settings.serve
        self._api = Api(memory, metrics, openmetrics)
        serve = self._settings
        self._listener = Listener(
            self._api.app,
            serve.host,
            serve.port,
            Bounds(_MAX_LINE, _MAX_HEADERS, serve.max_connections, serve.header_timeout_s, serve.stop_s),
            NAMING,
            heard=self._api.heard,
        )

    @property
    def port(self) -> int:
        """The port it got."""
        return self._listener.port

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
        check_settings(self._settings)
        await self._listener.__aenter__()
        logger.info("memory on %s (API under /v1, described by /openapi.json)", self.address)
        if self._settings.token is None:
            logger.warning("no token is asked: whoever reaches %s reads and changes the memory", self.address)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening and let requests in work finish (S3)."""
        self._api.is_stopping = True
        await self._listener.__aexit__(kind, error, trace)
