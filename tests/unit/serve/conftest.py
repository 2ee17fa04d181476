"""A memory of fakes behind the real application, on a real port of this machine."""

import asyncio
from datetime import UTC, datetime

import aiohttp
import pytest

from consumer.app.event_log import Published
from consumer.app.memory import Memory
from consumer.errors import EpisodeFault, UserError, WorldFault
from consumer.graph.library import EpisodeLine, GroupSize, WholeEpisode, WholeGroup
from consumer.graph.reading.edges import EntityNode
from consumer.search import FactHit, SearchResult
from consumer.search.question_models import SnapshotPage
from consumer.serve.server import ApiServer
from consumer.settings import ServeSettings, Settings

NOW = datetime(2024, 5, 1, tzinfo=UTC)
TOKEN = "a-token-of-sixteen-and-more"


class FakeSearch:
    """Tells what it was asked; fails as a query says."""

    def __init__(self):
        self.asked = []
        self.answers_slow = asyncio.Event()
        """What the slow question waits for."""

    async def search(self, request):
        self.asked.append(request)
        if request.query == "world":
            raise WorldFault("neo4j", "is down", retry_after_s=7)
        if request.query == "bug":
            raise RuntimeError("secret detail")
        if request.query == "group":
            raise ExceptionGroup("several", [WorldFault("neo4j", "is down")])
        if request.query == "slow":
            await self.answers_slow.wait()
        return SearchResult((FactHit("f1", "g", "Ada works", "WORKS", "Ada", "X", NOW, None, 0.5, {"vector": 1}, ()),))


class FakeLibrary:
    """Three groups, and one episode in each."""

    is_down = False

    async def is_open(self):
        if self.is_down:
            raise WorldFault("neo4j", "cannot be reached")
        return True

    async def groups(self, *, after="", limit=100):
        return [GroupSize(name, 1, 2, 3) for name in ("a", "b", "c") if name > after][:limit]

    async def group(self, group_id):
        return WholeGroup(group_id, 1, 2, 3, first_at=NOW) if group_id == "a" else None

    async def episodes(self, group_ids, *, before=None, limit=20):
        found = [
            EpisodeLine(f"u{n}", group_ids[0], f"e{n}", f"E{n}", "text", "", "…", 1, 0, NOW.replace(hour=n), NOW)
            for n in (3, 2, 1)
        ]
        return [each for each in found if before is None or (each.reference_time, each.uuid) < before][:limit]

    async def episode(self, uuid):
        if not uuid.startswith("u"):
            return None
        event_id = "" if uuid == "u-graphiti" else "e1"
        return WholeEpisode(uuid, "a", event_id, "E1", "text", "", "said", NOW, NOW, (), ())

    async def entity(self, uuid):
        return None

    async def fact(self, uuid):
        return None


class FakeQuestions:
    """An empty snapshot; no path between strangers."""

    async def snapshot(self, question):
        return SnapshotPage(question.group_id, NOW, None, (), (EntityNode("n", "Ada"),), version=1)

    async def paths(self, question):
        raise UserError(f"group {question.group_id!r} has no name {question.source!r}")


class FakeLog:
    """Keeps what is published; refuses what says so."""

    def __init__(self):
        self.events = []

    async def publish(self, event):
        if event.get("content") == "bad":
            raise EpisodeFault("invalid-event", "content: no")
        self.events.append(event)
        return Published("episodes", 0, len(self.events), event["group_id"], event.get("event_id", "e"), "u1")


class Api:
    """The server's address, what stands behind it, and a short way to ask."""

    def __init__(self, server, session, memory):
        self.server, self.session, self.memory = server, session, memory
        self.search, self.library, self.log = memory._search, memory.library, memory._log

    async def ask(self, method, path, *, token=TOKEN, headers=None, **rest):
        """Status, headers, and the body as JSON where it is some."""
        sent = {"Authorization": f"Bearer {token}"} if token else {}
        async with self.session.request(
            method, self.server.address + path, headers=sent | (headers or {}), **rest
        ) as answer:
            text = await answer.text()
            return answer.status, answer.headers, (await answer.json(content_type=None)) if text[:1] in "{[" else text


@pytest.fixture
async def serving():
    """Start servers with settings of their own; all end with the test."""
    from contextlib import AsyncExitStack

    async with AsyncExitStack() as closing:
        session = await closing.enter_async_context(aiohttp.ClientSession())

        async def start(**settings):
            chosen = ServeSettings(**({"port": 0, "token": TOKEN} | settings))
            memory = Memory(
                Settings(serve=chosen),
                search=FakeSearch(),
                library=FakeLibrary(),
                questions=FakeQuestions(),
                log=FakeLog(),
                embedder="fake/3",
            )
            server = await closing.enter_async_context(ApiServer(memory, lambda: b"episodes_lag 0\n"))
            return Api(server, session, memory)

        yield start


@pytest.fixture
async def api(serving):
    """A server with a token and defaults else."""
    return await serving()
