"""The HTTP pool: it is ours, its use is told, and so is a release of the SDK that no longer lets us look."""

import asyncio
import gzip
import json

import aiohttp
import pytest
from aiohttp import web

from consumer.errors import WorldFault
from consumer.llm.chat import OpenAiChat
from consumer.llm.client import Endpoint, open_client
from consumer.llm.exchange import ChatRequest
from consumer.llm.http_pool import HttpPool
from consumer.settings import LlmSettings
from consumer.telemetry.pools import PoolUse, pools_in_use


@pytest.fixture
async def pool_of(server):
    """Opens a client of the scripted server, and the pool below it."""
    opened = []

    def of(**bounds):
        client = open_client(Endpoint("k", server.base_url, pool="llm-test", **bounds))
        opened.append(client)
        return client, client._client._transport.client.__self__

    yield of
    for client in opened:
        await client.close()


async def ask(client):
    """One call."""
    return await client.chat.completions.create(model="m", messages=[{"role": "user", "content": "?"}])


async def test_the_use_of_the_pool_is_seen(server, pool_of, completion):
    """Nothing before the first call; in use while it runs, idle after it, none when closed."""
    client, pool = pool_of(max_connections=7)
    assert pools_in_use()["llm-test"] == PoolUse(0, 0, 7)
    began, go_on = asyncio.Event(), asyncio.Event()

    async def slow(_request):
        began.set()
        await go_on.wait()
        return web.json_response(completion("x"))

    server.answers(slow)
    call = asyncio.ensure_future(ask(client))
    await began.wait()
    assert pool.use() == PoolUse(1, 0, 7)
    go_on.set()
    await call
    await asyncio.sleep(0)
    assert pool.use() == PoolUse(0, 1, 7)
    await client.close()
    assert pool.use() == PoolUse(0, 0, 7)


async def test_the_bounds_are_those_of_the_settings(server, pool_of, completion):
    """Connections, keep-alive and DNS are the connector's own."""
    client, pool = pool_of(max_connections=3, keep_alive_s=11.0, dns_ttl_s=300.0)
    server.answers((200, completion("x")))
    await ask(client)
    connector = pool._connector
    assert isinstance(connector, aiohttp.TCPConnector)
    assert (connector.limit, connector._keepalive_timeout, connector._cached_hosts._ttl) == (3, 11.0, 300)
    assert LlmSettings().max_connections == 100
    assert (LlmSettings().keep_alive_s, LlmSettings().dns_ttl_s) == (30.0, 300.0)


async def test_no_more_connections_than_the_limit(server, pool_of, completion):
    """Ten calls through two connections."""
    client, pool = pool_of(max_connections=2)
    most = 0

    async def answer(_request):
        nonlocal most
        most = max(most, pool.use().in_use)
        await asyncio.sleep(0.01)
        return web.json_response(completion("x"))

    server.answers(*[answer] * 10)
    async with asyncio.TaskGroup() as group:
        for _ in range(10):
            group.create_task(ask(client))
    assert most == 2


async def test_an_address_that_cannot_be_reached_is_asked_for_anew(monkeypatch):
    """Kept for minutes, it would else be the dead one's for as long."""
    cleared = []
    monkeypatch.setattr(aiohttp.TCPConnector, "clear_dns_cache", lambda self, *_: cleared.append(self))
    chat = OpenAiChat(LlmSettings(timeout_s=5), "k", "http://127.0.0.1:9/v1")
    with pytest.raises(WorldFault):
        await chat.complete(ChatRequest("s", "u"))
    await chat.aclose()
    assert len(cleared) == 1


def test_a_client_that_is_built_otherwise_keeps_its_own_pool():
    """Then nothing is told of it, and nothing breaks."""
    assert not HttpPool("other", limit=1, keep_alive_s=1, dns_ttl_s=1).attach(object())
    assert "other" not in pools_in_use()


async def test_answers_may_be_compressed(server, completion):
    """Asked for with each call, and read."""
    chat = OpenAiChat(LlmSettings(), "k", server.base_url)

    async def compressed(request):
        assert "gzip" in request.headers["Accept-Encoding"]
        body = gzip.compress(json.dumps(completion("zipped")).encode())
        return web.Response(body=body, headers={"Content-Encoding": "gzip"}, content_type="application/json")

    server.answers(compressed)
    assert (await chat.complete(ChatRequest("s", "u"))).text == "zipped"
    await chat.aclose()
