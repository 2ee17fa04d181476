"""Search: full-text and vector legs at once, fused by rank, shown with where each fact comes from."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Protocol

from consumer.clock import Clock, SystemClock
from consumer.errors import WorldFault
from consumer.graph import Candidate, FactDetails, FactFilter
from consumer.model.episode import Vector
from consumer.ports import Embedder
from consumer.search.fusion import Fused, reciprocal_rank_fusion
from consumer.search.models import FactHit, Provenance, SearchRequest, SearchResult

CANDIDATES = 3
"""Candidates a leg fetches for each hit that is wanted."""

FULL_TEXT, VECTOR = "full_text", "vector"


class FactReader(Protocol):
    """What search needs of the graph; `graph.GraphReader` is one."""

    async def facts_by_text(self, text: str, wanted: FactFilter, limit: int) -> list[Candidate]:
        """Return facts that hold words of the text, best first."""
        ...

    async def facts_by_vector(self, vector: Vector, wanted: FactFilter, limit: int) -> list[Candidate]:
        """Return the nearest facts, best first."""
        ...

    async def facts(self, uuids: Sequence[str], group_ids: Sequence[str]) -> Mapping[str, FactDetails]:
        """Return details by uuid."""
        ...


class Search:
    """Answers requests; holds no state between them."""

    def __init__(self, reader: FactReader, embedder: Embedder, clock: Clock | None = None) -> None:
        self._reader = reader
        self._embedder = embedder
        self._clock = clock or SystemClock()

    async def facts(self, request: SearchRequest) -> SearchResult:
        """Return the facts that answer best. A blank query, no group or a limit under 1 finds nothing.

        Raises:
            WorldFault: the database or the embedding model is down.
        """
        query = request.query.strip()
        if not query or not request.group_ids or request.limit < 1:
            return SearchResult(())
        wanted = self._filter(request)
        limit = request.limit * CANDIDATES
        try:
            async with asyncio.TaskGroup() as group:
                by_text = group.create_task(self._reader.facts_by_text(query, wanted, limit), name="full-text leg")
                by_vector = group.create_task(self._by_vector(query, wanted, limit), name="vector leg")
        except ExceptionGroup as failed:
            world, other = failed.split(WorldFault)
            if world is None or other is not None:
                raise
            raise world.exceptions[0] from failed
        legs = {FULL_TEXT: by_text.result(), VECTOR: by_vector.result()}
        fused = reciprocal_rank_fusion({leg: [one.uuid for one in found] for leg, found in legs.items()})
        best = fused[: request.limit]
        details = await self._reader.facts([one.uuid for one in best], request.group_ids)
        return SearchResult(tuple(_hit(one, details[one.uuid]) for one in best if one.uuid in details))

    async def _by_vector(self, query: str, wanted: FactFilter, limit: int) -> list[Candidate]:
        vectors = await self._embedder.embed([query], is_query=True)
        return await self._reader.facts_by_vector(vectors[0], wanted, limit)

    def _filter(self, request: SearchRequest) -> FactFilter:
        groups = tuple(dict.fromkeys(request.group_ids))
        alive_at = None if request.include_invalid else (request.as_of or self._clock.now())
        return FactFilter(groups, alive_at=alive_at, begun_by=request.as_of)


def _hit(fused: Fused, details: FactDetails) -> FactHit:
    return FactHit(
        uuid=details.uuid,
        group_id=details.group_id,
        fact=details.fact,
        relation=details.relation,
        subject=details.subject,
        object=details.object,
        valid_at=details.valid_at,
        invalid_at=details.invalid_at,
        score=fused.score,
        ranks=fused.ranks,
        provenance=tuple(
            Provenance(each.uuid, each.name, each.excerpt, each.reference_time) for each in details.episodes
        ),
    )
