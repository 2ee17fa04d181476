"""What pods say of themselves, and those that say nothing, too much or nonsense."""

import asyncio
import socket
import time

import pytest
from aiohttp import web

from consumer.app.pods import MAX_STATE_BYTES, pod_states


@pytest.fixture
async def pods():
    """A server with a pod under each path."""

    async def slow(request):
        await asyncio.sleep(30)

    def telling(**answer):
        async def tell(request):
            return web.Response(**answer)

        return tell

    async def elsewhere(request):
        raise web.HTTPFound("/good/statz")

    application = web.Application()
    for name, handler in {
        "good": telling(text='{"state": "running"}'),
        "slow": slow,
        "missing": telling(status=404),
        "nonsense": telling(text="<html>"),
        "list": telling(text="[1]"),
        "large": telling(text='"' + "x" * MAX_STATE_BYTES + '"'),
        "elsewhere": elsewhere,
    }.items():
        application.router.add_get(f"/{name}/statz", handler)
    runner = web.AppRunner(application, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_each_pod_is_told_in_order_and_one_that_is_silent_holds_up_none(pods):
    """Its state, or in a word why not; nothing is followed elsewhere."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{probe.getsockname()[1]}"
    names = ("good", "slow", "missing", "nonsense", "list", "large", "elsewhere")
    began = time.monotonic()
    found = await pod_states([*(f"{pods}/{name}/" for name in names), nobody, "no address"], 1.0)
    assert time.monotonic() - began < 20
    assert found[0].state == {"state": "running"}
    assert [each.is_reachable for each in found] == [True] + [False] * 8
    assert [each.why for each in found[1:5]] == [
        "no answer in time",
        "HTTP status 404",
        "no state: JSONDecodeError",
        "no state",
    ]
    assert found[5].why.startswith("no state")
    assert found[6].why == "HTTP status 302"
    assert found[7].why == "cannot be reached"
    assert found[8].why


async def test_no_pods_are_no_calls():
    """An empty list at once."""
    assert await pod_states([], 1.0) == []
