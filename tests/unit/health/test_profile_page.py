"""/debug/profile over real sockets: forms, limits, and off unless allowed."""

import asyncio
import json
import time

import aiohttp
import pytest

from consumer.health import server as server_module
from consumer.health.profile_page import PATH
from consumer.health.server import HealthServer
from consumer.health.vitals import Verdict
from consumer.profiling.profile import Profile
from consumer.settings import HealthSettings


class Pod:
    """A pod with one stage, whose queue has three works."""

    def live(self):
        return Verdict(ok=True, why="")

    def ready(self):
        return Verdict(ok=True, why="")

    def statistics(self):
        return {"stages": [{"name": "extract", "done": 1, "queued": 3, "in_flight": 0, "more": "ignored"}]}


def served(*, profiling=True):
    """Build a server on a free port."""
    return HealthServer(HealthSettings(port=0, profiling=profiling), Pod())


async def ask(server, query="", method="GET", path=PATH):
    """Return status, headers and text of one request."""
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, f"http://127.0.0.1:{server.port}{path}{query}") as answer,
    ):
        return answer.status, answer.headers, await answer.text()


async def busy():
    """Work under the name of a stage."""
    while True:
        until = time.monotonic() + 0.01
        while time.monotonic() < until:
            sum(range(100))
        await asyncio.sleep(0)


@pytest.fixture
async def work():
    """A worker that is busy while the test runs."""
    task = asyncio.create_task(busy(), name="extract-0")
    yield
    task.cancel()


async def test_collapsed_stacks_are_the_usual_answer(work):
    """Lines that every flame graph tool reads, each with its stage in front."""
    async with served() as server:
        status, headers, text = await ask(server, "?seconds=0.6")
    assert status == 200
    assert headers["Content-Type"].startswith("text/plain")
    lines = text.splitlines()
    assert all(line.rpartition(" ")[2].isdigit() for line in lines)
    assert lines[0].startswith("extract;")
    assert "test_profile_page:busy" in lines[0]


async def test_the_top_functions_are_a_table_in_json(work):
    """Of all, and by stage."""
    async with served() as server:
        told = json.loads((await ask(server, "?seconds=0.6&format=top"))[2])
    assert "test_profile_page:busy" in told["functions"][0]["function"]
    assert told["by_stage"]["extract"][0]["own_share"] > 0.3
    assert len(told["functions"]) <= 20
    assert told["bottleneck"].startswith(("The event loop is the bottleneck", "The machine is the bottleneck"))


async def test_a_flame_graph_is_a_page_of_its_own(work):
    """Allowed nothing but what is in it."""
    async with served() as server:
        status, headers, text = await ask(server, "?seconds=0.3&format=html")
    assert status == 200
    assert headers["Content-Type"].startswith("text/html")
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert 'class="flame"' in text


async def test_all_of_it_can_be_read_by_a_program(work):
    """With the queues that the pod told of."""
    async with served() as server:
        told = json.loads((await ask(server, "?seconds=0.3&format=json"))[2])
    sentence = told.pop("bottleneck")
    profile = Profile.from_dict(told)
    assert profile.queues["extract"].mean_queued == 3
    assert sentence


async def test_it_is_off_unless_allowed():
    """403 with the setting's name; the first page does not list it."""
    async with served(profiling=False) as server:
        status, _, text = await ask(server)
        assert status == 403
        assert "EPISODES_HEALTH__PROFILING" in json.loads(text)["why"]
        assert PATH not in (await ask(server, path="/"))[2]
    async with served() as server:
        assert PATH in (await ask(server, path="/"))[2]


@pytest.mark.parametrize(
    "query", ["?seconds=0", "?seconds=-1", "?seconds=61", "?seconds=nan", "?seconds=x", "?format=pdf"]
)
async def test_what_cannot_be_done_is_said(query):
    """400 at once, in a sentence."""
    async with served() as server:
        status, _, text = await ask(server, query)
    assert status == 400
    assert "<" not in json.loads(text)["why"]


async def test_there_is_one_at_a_time():
    """The second is told to come back, and the next one after the first is answered."""
    async with served() as server:
        first = asyncio.ensure_future(ask(server, "?seconds=2"))
        await asyncio.sleep(0.2)
        status, headers, _ = await ask(server, "?seconds=0.1")
        assert (status, headers["Retry-After"]) == (409, "60")
        assert (await first)[0] == 200
        assert (await ask(server, "?seconds=0.1"))[0] == 200


async def test_a_long_profile_is_not_taken_for_a_connection_that_hangs(monkeypatch):
    """It may take longer than any other answer."""
    monkeypatch.setattr(server_module, "REQUEST_S", 0.3)
    async with served() as server:
        assert (await ask(server, "?seconds=2.5"))[0] == 200


async def test_a_stop_does_not_wait_for_a_profile():
    """The pod ends in time, and what was looked with is gone."""
    async with served() as server:
        asked = asyncio.ensure_future(ask(server, "?seconds=50"))
        await asyncio.sleep(0.3)
        began = time.monotonic()
    assert time.monotonic() - began < 5
    with pytest.raises(aiohttp.ClientError):
        await asked


async def test_only_get_is_taken():
    """A probe by HEAD would make a profile for nobody."""
    async with served() as server:
        assert (await ask(server, method="HEAD"))[0] == 405
        assert (await ask(server, method="POST"))[0] == 405
