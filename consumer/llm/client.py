"""Opens the HTTP client of an OpenAI-compatible endpoint: our limits, our timeouts, no retries of its own.

One retry layer only, and it is the pipeline's: the SDK's own is off. The aiohttp transport costs less CPU a call
than the default one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx2
from openai import AsyncAzureOpenAI, AsyncOpenAI
from openai import DefaultAioHttpClient as AioHttpClient

from consumer.llm.http_pool import HttpPool

CONNECT_TIMEOUT_S = 5.0
_NO_KEY = "none"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a model is: address (None: OpenAI's own), key, total seconds of one call, and the bounds of its pool.

    With an `api_version` it is asked as Azure's deployments are: the model is part of the path, the key is sent as
    `api-key`, and the version with each call.
    """

    api_key: str | None = None
    base_url: str | None = None
    timeout_s: float = 60.0
    max_connections: int = 100
    api_version: str | None = None
    keep_alive_s: float = 30.0
    dns_ttl_s: float = 300.0
    pool: str = "llm"

    def __repr__(self) -> str:
        return (
            f"Endpoint(base_url={self.base_url!r}, timeout_s={self.timeout_s}, key={'set' if self.api_key else 'none'})"
        )


def open_client(endpoint: Endpoint, on_headers: Callable[[Mapping[str, str]], None] | None = None) -> AsyncOpenAI:
    """Return a client of `endpoint`, without a connection yet; close it with `close`.

    `on_headers` is told the headers of each response, of errors too. It is a hook of the HTTP client: the
    SDK's own way, `with_raw_response`, parses each answer by hand and costs more.

    The total limit of a call is the caller's (`asyncio.timeout`): aiohttp's timeouts are per read. A server
    without authentication gets the key `none`. A client has one host, so the limit of connections is the host's.
    """
    timeout = httpx2.Timeout(endpoint.timeout_s, connect=min(endpoint.timeout_s, CONNECT_TIMEOUT_S))
    pool = HttpPool(
        endpoint.pool,
        limit=endpoint.max_connections,
        keep_alive_s=endpoint.keep_alive_s,
        dns_ttl_s=endpoint.dns_ttl_s,
    )

    async def tell(response: httpx2.Response) -> None:
        if on_headers is not None:
            on_headers(response.headers)

    http_client = AioHttpClient(
        timeout=timeout,
        limits=httpx2.Limits(
            max_connections=endpoint.max_connections,
            max_keepalive_connections=endpoint.max_connections,
            keepalive_expiry=endpoint.keep_alive_s,
        ),
        event_hooks={"response": [tell]},
    )
    pool.attach(http_client)
    key = endpoint.api_key or _NO_KEY
    if endpoint.api_version is not None and endpoint.base_url is not None:
        return AsyncAzureOpenAI(
            api_key=key,
            api_version=endpoint.api_version,
            base_url=azure_base_url(endpoint.base_url),
            timeout=timeout,
            max_retries=0,
            http_client=http_client,
        )
    return AsyncOpenAI(
        api_key=key,
        base_url=endpoint.base_url or "https://api.openai.com/v1",
        timeout=timeout,
        max_retries=0,
        http_client=http_client,
    )


def azure_base_url(address: str) -> str:
    """Return the address below which deployments are: that of a resource has `/openai` put behind it."""
    return address if urlsplit(address).path.strip("/") else f"{address.rstrip('/')}/openai"
