"""The endpoint over real sockets: answers, limits, and nothing it should not tell."""

import asyncio
import contextlib
import json
import logging
import socket
import threading
import time

import aiohttp
import pytest

from consumer.errors import UserError
from consumer.health import server as server_module
from consumer.health.server import ROUTES, HealthServer
from consumer.health.vitals import Verdict
from consumer.settings import HealthSettings


class Fixed:
    """Probes with fixed answers."""

    def __init__(self, live=True, ready=True, statistics=None):
        self._live, self._ready, self._statistics = live, ready, statistics

    def live(self):
        return Verdict(self._live, "because")

    def ready(self):
        return Verdict(self._ready, "because")

    def statistics(self):
        if isinstance(self._statistics, Exception):
            raise self._statistics
        return self._statistics or {}


def served(probes=None, metrics=None, **settings):
    """Build a server on a free port."""
    return HealthServer(HealthSettings(port=0, **settings), probes or Fixed(), metrics)


async def ask(server, path, method="GET", **options):
    """Return status, headers and text of one request."""
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, f"http://127.0.0.1:{server.port}{path}", **options) as answer,
    ):
        return answer.status, answer.headers, await answer.text()


async def raw(server, sent, timeout_s=60.0):
    """Send bytes and return all that comes back."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(sent)
    try:
        async with asyncio.timeout(timeout_s):
            return await reader.read()
    finally:
        writer.close()


@pytest.mark.parametrize("is_ok", [True, False])
@pytest.mark.parametrize("path", ["/livez", "/readyz"])
async def test_a_verdict_is_a_status_and_a_line_of_json(path, is_ok):
    """200 or 503, with the reason."""
    async with served(Fixed(live=is_ok, ready=is_ok)) as server:
        status, headers, text = await ask(server, path)
    assert status == (200 if is_ok else 503)
    assert headers["Content-Type"].startswith("application/json")
    assert json.loads(text) == {"status": "ok" if is_ok else "failed", "why": "because"}


@pytest.mark.parametrize("path", [*ROUTES, "/"])
async def test_head_answers_like_get_without_a_body(path):
    """Some load balancers ask so."""
    async with served(metrics=lambda: b"x 1\n") as server:
        status, _, text = await ask(server, path, "HEAD")
    assert (status, text) == (200, "")


async def test_the_first_page_lists_the_others():
    """A person who opens the port finds the way."""
    async with served() as server:
        status, _, text = await ask(server, "/")
    assert status == 200
    assert [line.split()[0] for line in text.splitlines()] == list(ROUTES)


async def test_an_unknown_page_is_told_in_json():
    """404, and which pages there are."""
    async with served() as server:
        status, _, text = await ask(server, "/admin")
    assert status == 404
    assert "/livez" in json.loads(text)["why"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
async def test_nothing_but_questions_is_taken(method):
    """405 for every method that could change something."""
    async with served() as server:
        status, _, text = await ask(server, "/livez", method)
    assert status == 405
    assert json.loads(text)["status"] == "failed"


async def test_metrics_are_made_in_a_thread():
    """A slow scrape does not hold the loop: it ends because the loop goes on meanwhile."""
    has_begun, may_end = threading.Event(), threading.Event()

    def slow():
        has_begun.set()
        return b"episodes_lag 3\n" if may_end.wait(30) else b"the loop was held"

    async with served(metrics=slow) as server:
        scrape = asyncio.ensure_future(ask(server, "/metrics"))
        while not has_begun.is_set():
            await asyncio.sleep(0.005)
        may_end.set()
        status, headers, text = await scrape
    assert (status, text) == (200, "episodes_lag 3\n")
    assert headers["Content-Type"].startswith("text/plain; version=0.0.4")


async def test_without_metrics_the_page_says_so():
    """503 and a reason, not an empty page that looks like zero series."""
    async with served() as server:
        status, _, text = await ask(server, "/metrics")
    assert (status, json.loads(text)["why"]) == (503, "metrics are off")


async def test_an_error_of_ours_leaks_nothing(caplog):
    """500 with a fixed sentence; the log has the rest."""
    async with served(Fixed(statistics=RuntimeError("hunter2"))) as server:
        with caplog.at_level(logging.ERROR):
            status, _, text = await ask(server, "/statz", headers={"Accept": "text/html"})
    assert status == 500
    assert "hunter2" not in text
    assert "Traceback" not in text
    assert "hunter2" in caplog.text


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /livez HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 10_000 + b"\r\n\r\n",
        b"GET /" + b"a" * 10_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X%d: 1\r\n" % n for n in range(200)) + b"\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"nonsense\r\n\r\n",
    ],
    ids=["long header", "long path", "many headers", "TLS", "nonsense"],
)
async def test_what_is_too_large_or_no_http_is_refused_in_silence(sent, caplog):
    """400, no stack trace, no line in the log, and the next one is served."""
    async with served() as server:
        with caplog.at_level(logging.DEBUG):
            answer = await raw(server, sent)
        assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.0 400"))
        assert b"Traceback" not in answer
        assert (await ask(server, "/livez"))[0] == 200
    assert not [record for record in caplog.records if record.name.startswith(("aiohttp", "consumer"))]


async def test_a_connection_that_asks_nothing_is_closed(monkeypatch):
    """Half a request holds a connection for a few seconds only."""
    monkeypatch.setattr(server_module, "REQUEST_S", 0.5)
    async with served() as server:
        assert await raw(server, b"GET /livez HTTP/1.1\r\n") == b""


async def test_many_connections_do_not_lock_others_out(monkeypatch):
    """The oldest are closed when there are too many."""
    monkeypatch.setattr(server_module, "MAX_CONNECTIONS", 5)
    monkeypatch.setattr(server_module, "REQUEST_S", 600.0)
    async with served() as server:
        idle = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(30)]
        for reader, _ in idle[:-5]:
            with contextlib.suppress(ConnectionError):
                assert await asyncio.wait_for(reader.read(), 60) == b""
        assert (await ask(server, "/livez"))[0] == 200
        for _, writer in idle:
            writer.close()


async def test_a_port_in_use_is_one_line_that_says_what_to_change():
    """The settings are named."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(UserError) as told:
            async with HealthServer(HealthSettings(port=taken.getsockname()[1]), Fixed()):
                pass
    assert "is in use" in str(told.value)
    assert "EPISODES_HEALTH__PORT" in str(told.value)


async def test_a_host_that_is_not_ours_is_one_line_too():
    """An address of another machine can't be listened on."""
    with pytest.raises(UserError, match="EPISODES_HEALTH__HOST"):
        async with HealthServer(HealthSettings(port=0, host="192.0.2.1"), Fixed()):
            pass


async def test_a_stop_waits_for_no_open_connection():
    """Neither for those that ask nothing, nor for half a request: by itself a server waits for a minute."""
    server = served()
    await server.__aenter__()
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    _, half = await asyncio.open_connection("127.0.0.1", server.port)
    half.write(b"GET /livez HTTP/1.1\r\n")
    await asyncio.sleep(0.05)
    began = time.monotonic()
    await server.__aexit__(None, None, None)
    assert time.monotonic() - began < 15
    writer.close()
    half.close()


async def test_it_logs_where_it_listens(caplog):
    """With port 0 the line is how to find it."""
    with caplog.at_level(logging.INFO):
        async with served() as server:
            assert f"http://127.0.0.1:{server.port}" in caplog.text
