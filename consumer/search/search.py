"""Search: full-text and vector legs at once, fused by rank, shown with where each fact comes from."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import Protocol

from consumer.clock import Clock, SystemClock
from consumer.errors import WorldFault
from consumer.graph import Candidate, FactDetails, FactFilter, GroupModel
from consumer.model.episode import Vector
from consumer.ports import Embedder
from consumer.search.fusion import Fused, reciprocal_rank_fusion
from consumer.search.request import Kind, SearchRequest
from consumer.search.result import FactHit, Provenance, SearchResult

CANDIDATES = 3
"""Candidates a leg fetches for each hit that is wanted."""

FULL_TEXT, VECTOR = "full_text", "vector"

LOOKS = 3
"""How often the vector leg begins anew because a group got vectors of another model meanwhile."""

logger = logging.getLogger(__name__)


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

    async def embedding_models(self, group_ids: Iterable[str]) -> Mapping[str, GroupModel]:
        """Return the model of each group whose vectors are ours."""
        ...


class Search:
    """Answers requests; holds no state between them.

    V1: a question is compared only with vectors of the model that embedded it.
    """

    def __init__(
        self,
        reader: FactReader,
        embedder: Embedder,
        clock: Clock | None = None,
        embedder_of: Callable[[str], Embedder | None] | None = None,
    ) -> None:
        """Take what reads and embeds; `embedder_of` gives those of other models, for groups whose vectors are theirs.

        A group whose model nobody can give is searched by words alone.
        """
        self._reader = reader
        self._embedder = embedder
        self._clock = clock or SystemClock()
        self._embedder_of = embedder_of or (lambda model: embedder if model == embedder.model else None)

    async def facts(self, request: SearchRequest) -> SearchResult:
        """Return the facts that answer best, whatever kinds the request names; else as `search`."""
        return await self.search(replace(request, kinds=(Kind.FACT,)))

    async def search(self, request: SearchRequest) -> SearchResult:
        """Return what answers best, of each kind that the request names.

        A blank query, no group or a limit under 1 finds nothing.

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
        """Return the nearest facts of all groups, those of several models in turn: their scores don't compare."""
        for _ in range(LOOKS):
            models = await self._reader.embedding_models(wanted.group_ids)
            lists = [
                await self._nearest(embedder, query, replace(wanted, group_ids=tuple(groups)), limit)
                for embedder, groups in self._by_embedder(wanted.group_ids, models)
            ]
            if await self._reader.embedding_models(wanted.group_ids) == models:
                return [found for rank in zip_longest(*lists) for found in rank if found is not None][:limit]
        logger.warning("groups changed their embedding model during a search: answered by words alone")
        return []

    async def _nearest(self, embedder: Embedder, query: str, wanted: FactFilter, limit: int) -> list[Candidate]:
        vectors = await embedder.embed([query], is_query=True)
        return await self._reader.facts_by_vector(vectors[0], wanted, limit) if vectors[0].any() else []

    def _by_embedder(
        self, group_ids: Iterable[str], models: Mapping[str, GroupModel]
    ) -> Iterable[tuple[Embedder, list[str]]]:
        """Yield each embedder with the groups that hold its vectors; who has no record is taken to hold our own."""
        groups: dict[str, list[str]] = defaultdict(list)
        for group_id in group_ids:
            known = models.get(group_id)
            if known is None or not known.is_switching:
                groups[self._embedder.model if known is None else known.model].append(group_id)
        for model, found in groups.items():
            if (embedder := self._embedder_of(model)) is not None:
                yield embedder, found

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
