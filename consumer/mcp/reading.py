"""The tools that read, under the names and arguments of Graphiti's server.

One thing differs on purpose: facts that are over are not found unless asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from pydantic import Field

from consumer.app.memory import Memory, NotThere
from consumer.errors import UserError
from consumer.graph.library import WholeFact
from consumer.mcp import answers
from consumer.mcp.arguments import bounded, groups, instant
from consumer.search.request import Kind, Ranking, Reranker, SearchRequest

ROUNDS = 10
"""Pages of a search that are looked through for facts in a range of dates."""
CONTENT_CHARS = 100_000
"""Of an episode in a list; longer contents are cut."""

Groups = Annotated[
    str | list[str] | None, Field(description="A group, or several; the server's default one when left out.")
]
Date = Annotated[str | None, Field(description="ISO 8601; without a zone it is UTC.")]

READING = (
    "search_nodes",
    "search_memory_facts",
    "search_facts",
    "get_context",
    "get_episodes",
    "get_entity_edge",
    "get_episode_entities",
    "get_status",
)


class ReadingTools:
    """Tools that change nothing."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._settings = memory.settings.mcp

    async def search_nodes(
        self,
        *,
        query: Annotated[str, Field(description="What to look for, in words.")],
        group_ids: Groups = None,
        max_nodes: int = 10,
        entity_types: Annotated[list[str] | None, Field(description="Only entities of these types.")] = None,
        center_node_uuid: Annotated[str | None, Field(description="Those nearer to this entity come first.")] = None,
    ) -> answers.NodesFound:
        """Search for nodes (entities) of the memory, with what is known of each."""
        request = SearchRequest(
            query,
            groups(group_ids, self._settings.group),
            limit=bounded("max_nodes", max_nodes, self._settings.max_items),
            kinds=(Kind.ENTITY,),
            entity_types=tuple(entity_types or ()),
            origins=_origins(center_node_uuid),
            ranking=self._ranking(center_node_uuid),
        )
        found = (await self._memory.search(request)).entities
        whole = await self._memory.library.entities_of([hit.uuid for hit in found])
        nodes = [answers.node(whole[hit.uuid]) for hit in found if hit.uuid in whole]
        return answers.NodesFound(message=answers.counted(nodes, "node"), nodes=nodes)

    async def search_memory_facts(
        self,
        *,
        query: Annotated[str, Field(description="What to look for, in words.")],
        group_ids: Groups = None,
        max_facts: int = 10,
        center_node_uuid: Annotated[str | None, Field(description="Facts nearer to this entity come first.")] = None,
        edge_types: Annotated[list[str] | None, Field(description="Only these relations, e.g. WORKS_AT.")] = None,
        valid_at_after: Date = None,
        valid_at_before: Date = None,
        invalid_at_after: Date = None,
        invalid_at_before: Date = None,
        as_of: Annotated[str | None, Field(description="What was true then, instead of now. ISO 8601.")] = None,
        include_invalid: Annotated[bool, Field(description="Facts that are no longer true, too.")] = False,
    ) -> answers.FactsFound:
        """Search for facts of the memory, with when each is true: those that are true now, unless dates are given."""
        ranges = (
            ("valid_at", instant("valid_at_after", valid_at_after), instant("valid_at_before", valid_at_before)),
            (
                "invalid_at",
                instant("invalid_at_after", invalid_at_after),
                instant("invalid_at_before", invalid_at_before),
            ),
        )
        ends_matter = any(ranges[1][1:])
        wanted = bounded("max_facts", max_facts, self._settings.max_items)
        request = SearchRequest(
            query,
            groups(group_ids, self._settings.group),
            limit=wanted,
            as_of=instant("as_of", as_of),
            include_invalid=include_invalid or ends_matter,
            relation_types=tuple(edge_types or ()),
            origins=_origins(center_node_uuid),
            ranking=self._ranking(center_node_uuid),
        )
        has_ranges = ends_matter or any(ranges[0][1:])
        found = await self._facts(request, wanted, ranges if has_ranges else ())
        return answers.FactsFound(message=answers.counted(found, "fact"), facts=[answers.fact(each) for each in found])

    async def search_facts(
        self,
        *,
        query: Annotated[str, Field(description="What to look for, in words.")],
        group_ids: Groups = None,
        max_facts: int = 10,
        center_node_uuid: str | None = None,
    ) -> answers.FactsFound:
        """Search for facts of the memory (the older name of search_memory_facts)."""
        return await self.search_memory_facts(
            query=query, group_ids=group_ids, max_facts=max_facts, center_node_uuid=center_node_uuid
        )

    async def get_context(
        self,
        *,
        query: Annotated[str, Field(description="The question, in words.")],
        group_ids: Groups = None,
        max_tokens: Annotated[int, Field(ge=1, description="LLM tokens that the text has at most.")] = 1_000,
        as_of: Date = None,
    ) -> answers.ContextFound:
        """Answer a question with text for a prompt: facts with dates, entities, and quotes of what was said."""
        request = SearchRequest(query, groups(group_ids, self._settings.group), limit=20, as_of=instant("as_of", as_of))
        most = self._memory.settings.serve.max_context_tokens
        if max_tokens > most:
            raise UserError(f"max_tokens {max_tokens}: {most} at most (serve.max_context_tokens)")
        found = await self._memory.context(request, max_tokens)
        return answers.ContextFound(
            message=answers.counted(found.facts, "fact"), context=found.text, tokens=found.tokens
        )

    async def get_episodes(
        self,
        *,
        group_ids: Groups = None,
        max_episodes: int = 10,
        group_id: Annotated[str | None, Field(description="Older form of group_ids.")] = None,
        last_n: Annotated[int | None, Field(description="Older form of max_episodes.")] = None,
    ) -> answers.EpisodesFound:
        """Get the latest episodes (memories as they were added), newest first by when they happened."""
        wanted = bounded("max_episodes", max_episodes if last_n is None else last_n, self._settings.max_items)
        chosen = groups(group_ids if group_ids is not None else group_id, self._settings.group)
        lines = await self._memory.library.episodes(chosen, limit=wanted, excerpt_chars=CONTENT_CHARS)
        found = [answers.episode(line) for line in lines]
        return answers.EpisodesFound(message=answers.counted(found, "episode"), episodes=found)

    async def get_entity_edge(self, *, uuid: str) -> answers.FactResult:
        """Get a fact (entity edge) by its UUID."""
        return answers.fact(await self._fact(uuid))

    async def get_episode_entities(
        self, *, episode_uuids: Annotated[list[str], Field(min_length=1, max_length=100)]
    ) -> answers.Provenance:
        """Get the entities that episodes mention and the facts that come from them."""
        entities, facts = dict[str, None](), dict[str, None]()
        for uuid in episode_uuids:
            episode = await self._memory.episode(uuid)
            entities.update(dict.fromkeys(each.uuid for each in episode.entities))
            facts.update(dict.fromkeys(episode.facts))
        nodes = await self._memory.library.entities_of(list(entities))
        edges = await self._memory.library.facts_of(list(facts))
        return answers.Provenance(
            message=f"What comes from {len(episode_uuids)} episode(s)",
            nodes=[answers.node(nodes[uuid]) for uuid in entities if uuid in nodes],
            edges=[answers.fact(edges[uuid]) for uuid in facts if uuid in edges],
        )

    async def get_status(self) -> answers.StatusResult:
        """Get whether the memory can be asked, and where its consumers stand."""
        status = await self._memory.status()
        pods = [pod.state.get("state", "silent") if pod.is_reachable else "silent" for pod in status.pods]
        told = f"; pods: {', '.join(pods)}" if pods else ""
        if not status.graph:
            return answers.StatusResult(status="error", message=f"{status.why}{told}")
        return answers.StatusResult(
            status="ok", message=f"episodes {status.version} is connected to Neo4j; topic {status.topic}{told}"
        )

    def _ranking(self, center: str | None) -> Ranking:
        """Return the ranking of the settings, by the distance from an entity where one is given."""
        ranking = self._memory.ranking
        return ranking if center is None else replace(ranking, reranker=Reranker.DISTANCE, center=center)

    async def _fact(self, uuid: str) -> WholeFact:
        found = await self._memory.library.fact(uuid)
        if found is None:
            raise NotThere(f"there is no fact {uuid}")
        return found

    async def _facts(
        self, request: SearchRequest, wanted: int, ranges: Sequence[tuple[str, datetime | None, datetime | None]]
    ) -> list[WholeFact]:
        """Return the best facts whose dates are in the ranges, looking through several pages for them."""
        found: list[WholeFact] = []
        for _ in range(ROUNDS):
            result = await self._memory.search(request)
            whole = await self._memory.library.facts_of([hit.uuid for hit in result.hits])
            found += [whole[hit.uuid] for hit in result.hits if hit.uuid in whole and _is_in(whole[hit.uuid], ranges)]
            if len(found) >= wanted or result.next_offset is None:
                break
            request = replace(request, offset=result.next_offset)
        return found[:wanted]


def _origins(center: str | None) -> tuple[str, ...]:
    return () if center is None else (center,)


def _is_in(fact: WholeFact, ranges: Sequence[tuple[str, datetime | None, datetime | None]]) -> bool:
    """Return whether each date that a range bounds is known and within it, ends included."""
    for name, after, before in ranges:
        value: datetime | None = getattr(fact, name)
        if after is None and before is None:
            continue
        if value is None or (after is not None and value < after) or (before is not None and value > before):
            return False
    return True
