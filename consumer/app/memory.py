"""The memory as the doors (HTTP API, MCP) open on it: everything that can be asked or published, behind one name.

A door knows this class and no client. What it needs is opened here, once for the process; a database or broker that is
away at the start is no reason not to start: the calls that need it say so.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import consumer
from consumer.app.build_search import default_ranking
from consumer.app.event_log import EventLog, Published, group_removal, removal
from consumer.app.pods import PodState, pod_states
from consumer.errors import UserError, WorldFault
from consumer.settings import Settings

if TYPE_CHECKING:
    from consumer.graph.library import Library, WholeEpisode
    from consumer.search import Ranking, SearchRequest, SearchResult
    from consumer.search.context import Context, Searcher
    from consumer.search.questions import GraphQuestions

READY_S = 3.0
"""How long a probe waits for the database."""


@dataclass(frozen=True, slots=True)
class Status:
    """Where the memory stands: whether the graph answers, and what each pod that is named in the settings says."""

    version: str
    graph: bool
    why: str
    topic: str
    consumer_group: str
    embedder: str
    pods: tuple[PodState, ...]


@dataclass(frozen=True, slots=True)
class CommunityLine:
    """A community in a list; `size` members: entities at level 0, above it communities of the level below."""

    uuid: str
    level: int
    name: str
    summary: str
    size: int


@dataclass(frozen=True, slots=True)
class Communities:
    """A group's communities, the largest first; `is_current`: nothing was written since they were built."""

    items: tuple[CommunityLine, ...]
    is_current: bool


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a community."""

    uuid: str
    name: str
    type: str
    summary: str


@dataclass(frozen=True, slots=True)
class WholeCommunity:
    """A community with its members."""

    uuid: str
    level: int
    name: str
    summary: str
    members: tuple[Member, ...]


class NotThere(UserError):  # noqa: N818 - as the families: named for what is the matter
    """What was asked for by its id is not in the graph (any more)."""


class Memory:
    """What can be asked and published. Owns nothing: `open_memory` opens and closes the parts."""

    def __init__(
        self,
        settings: Settings,
        *,
        search: Searcher,
        library: Library,
        questions: GraphQuestions,
        log: EventLog,
        embedder: str = "",
    ) -> None:
        """Take the parts; `embedder` names the model that embeds questions."""
        self.settings = settings
        self.library = library
        self.questions = questions
        self._search = search
        self._log = log
        self._embedder = embedder

    @property
    def ranking(self) -> Ranking:
        """How hits are put in order when a request does not say."""
        return default_ranking(self.settings.search)

    async def search(self, request: SearchRequest) -> SearchResult:
        """Return what answers best.

        Raises:
            WorldFault: the database or the embedding model is down.
        """
        return await self._search.search(request)

    async def context(self, request: SearchRequest, max_tokens: int) -> Context:
        """Return what answers best as text for a prompt, in at most `max_tokens` (by our estimate).

        Raises:
            WorldFault: the database or the embedding model is down.
        """
        from consumer.search.context import search_context  # noqa: PLC0415 - heavy

        return await search_context(self._search, request, max_tokens)

    async def publish(self, event: Mapping[str, Any]) -> Published:
        """Return where an event is, once it is durable in the log; the graph has it when a pod has come to it.

        Raises:
            EpisodeFault: intake would reject it.
            WorldFault: no broker answers.
        """
        return await self._log.publish(event)

    async def remove_episode(self, uuid: str, group_id: str | None = None) -> Published:
        """Publish the removal of the episode `uuid`.

        Raises:
            NotThere: the graph (the group) has no such episode.
            UserError: Graphiti wrote it, so that no event of the log stands behind it.
            WorldFault: the database or the broker is down.
        """
        episode = await self.episode(uuid, group_id)
        if not episode.event_id:
            raise UserError(f"episode {uuid} did not come from the log: remove it with the tool that wrote it")
        return await self._log.publish(removal(episode.group_id, episode.event_id))

    async def remove_group(self, group_id: str) -> Published:
        """Publish the removal of a group with all that it holds.

        Raises:
            EpisodeFault: it is no name of a group.
            WorldFault: no broker answers.
        """
        return await self._log.publish(group_removal(group_id))

    async def episode(self, uuid: str, group_id: str | None = None) -> WholeEpisode:
        """Return an episode (of the group).

        Raises:
            NotThere: there is none.
            WorldFault: the database is down.
        """
        found = await self.library.episode(uuid)
        if found is None or group_id not in {None, found.group_id}:
            raise NotThere(f"there is no episode {uuid}" + (f" in group {group_id}" if group_id else ""))
        return found

    async def communities(self, group_id: str) -> Communities:
        """Return the communities of a group, the largest first.

        Raises:
            WorldFault: the database is down.
        """
        from consumer.app.communities import listed  # noqa: PLC0415 - heavy

        found, is_current = await listed(self.settings, group_id)
        lines = (
            CommunityLine(one.community.uuid, one.community.level, one.community.name, one.community.summary, one.size)
            for one in found
        )
        return Communities(tuple(lines), is_current)

    async def community(self, group_id: str, uuid: str) -> WholeCommunity:
        """Return a community with its members.

        Raises:
            NotThere: the group has none of that uuid.
            WorldFault: the database is down.
        """
        from consumer.app.communities import shown  # noqa: PLC0415 - heavy

        try:
            found = await shown(self.settings, group_id, uuid)
        except UserError as error:
            raise NotThere(f"there is no community {uuid} in group {group_id}") from error
        for listing, members in found:
            if (one := listing.community).uuid == uuid:
                views = tuple(Member(each.uuid, each.name, each.type, each.summary) for each in members)
                return WholeCommunity(one.uuid, one.level, one.name, one.summary, views)
        raise NotThere(f"there is no community {uuid} in group {group_id}")

    async def is_ready(self) -> str:
        """Return why the memory can't be asked now; empty when it can."""
        try:
            async with asyncio.timeout(READY_S):
                await self.library.is_open()
        except TimeoutError:
            return "the database does not answer"
        except WorldFault as fault:
            return str(fault)
        return ""

    async def status(self) -> Status:
        """Return where everything stands."""
        serve, kafka = self.settings.serve, self.settings.kafka
        async with asyncio.TaskGroup() as tasks:
            graph = tasks.create_task(self.is_ready(), name="ask the graph")
            pods = tasks.create_task(pod_states(serve.pods, serve.pod_timeout_s), name="ask the pods")
        return Status(
            version=consumer.__version__,
            graph=not graph.result(),
            why=graph.result(),
            topic=kafka.topic,
            consumer_group=kafka.consumer_group,
            embedder=self._embedder,
            pods=tuple(pods.result()),
        )


@asynccontextmanager
async def open_memory(settings: Settings) -> AsyncIterator[Memory]:
    """Open the memory of these settings and close it at the end.

    Raises:
        UserError: an engine is not usable, or an address or credential is wrong.
    """
    from consumer.app.build import build_embedder, open_search  # noqa: PLC0415 - heavy
    from consumer.app.questions import open_questions  # noqa: PLC0415
    from consumer.graph import connect  # noqa: PLC0415
    from consumer.graph.library import Library  # noqa: PLC0415

    async with AsyncExitStack() as closing:
        embedder = build_embedder(settings)
        closing.push_async_callback(embedder.aclose)
        database = await closing.enter_async_context(aclosing(connect(settings.neo4j)))
        yield Memory(
            settings,
            search=await closing.enter_async_context(open_search(settings, embedder)),
            library=Library(database),
            questions=await closing.enter_async_context(open_questions(settings)),
            log=await closing.enter_async_context(EventLog(settings.kafka, settings.pipeline)),
            embedder=embedder.model,
        )
