"""The connection pool below an OpenAI client: how long names are resolved for, and how it is used.

The SDK makes its aiohttp session itself, at the first call, and hands out neither session nor pool. So this is a look
inside, and a guarded one: should a release do it otherwise, its own pool is used, nothing is told of it, and
`tests/unit/llm/test_http_pool.py` fails.
"""

from __future__ import annotations

import ssl
from typing import Any

import aiohttp
import httpx2

from consumer.telemetry.pools import PoolUse, watch


class HttpPool:
    """Implements `telemetry.pools.Pool` for one HTTP client; the session is opened by the client's first call."""

    def __init__(self, name: str, *, limit: int, keep_alive_s: float, dns_ttl_s: float) -> None:
        """Store the bounds: connections at most, seconds that an idle one is kept, and that an address is."""
        self._name = name
        self._limit = limit
        self._keep_alive_s = keep_alive_s
        self._dns_ttl_s = dns_ttl_s
        self._ssl: ssl.SSLContext | None = None
        self._connector: aiohttp.TCPConnector | None = None

    @property
    def name(self) -> str:
        """What it is connected to."""
        return self._name

    def attach(self, client: httpx2.AsyncClient) -> bool:
        """Let `client`, which has made no call yet, use this pool; return whether it can."""
        transport: Any = getattr(client, "_transport", None)
        context = getattr(transport, "ssl_context", None)
        if not isinstance(context, ssl.SSLContext) or not hasattr(transport, "client"):
            return False
        self._ssl = context
        transport.client = self._session
        watch(self)
        return True

    def use(self) -> PoolUse | None:
        """Return its connections by what they do; none before the first call."""
        connector = self._connector
        if connector is None or connector.closed:
            return PoolUse(0, 0, self._limit)
        try:
            in_use = len(connector._acquired)  # noqa: SLF001 - see above
            idle = sum(len(held) for held in list(connector._conns.values()))  # noqa: SLF001 - see above
        except AttributeError:
            return None
        return PoolUse(in_use, idle, self._limit)

    def _session(self) -> aiohttp.ClientSession:
        self._connector = aiohttp.TCPConnector(
            limit=self._limit,
            keepalive_timeout=self._keep_alive_s,
            ttl_dns_cache=round(self._dns_ttl_s),
            ssl=self._ssl or True,
        )
        watcher = aiohttp.TraceConfig()
        watcher.on_request_exception.append(self._failed)
        return aiohttp.ClientSession(connector=self._connector, trace_configs=[watcher])

    async def _failed(
        self, _session: aiohttp.ClientSession, _context: object, failed: aiohttp.TraceRequestExceptionParams
    ) -> None:
        """Resolve the host's name anew for the next connection where this one could not be made."""
        could_not_connect = isinstance(failed.exception, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError)
        if could_not_connect and self._connector is not None:
            self._connector.clear_dns_cache()
