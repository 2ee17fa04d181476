"""From what the legs found to one ordered list of each kind: fusion, the neighbours' bonus, the reranker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from consumer.clock import Clock
from consumer.errors import UserError
from consumer.graph import What
from consumer.search.fusion import Fused
from consumer.search.legs import Asked
from consumer.search.neighbours import with_neighbours
from consumer.search.reading import Reader
from consumer.search.request import Kind, Ranking, Reranker
from consumer.search.reranking import by_distance, by_diversity, by_judgement, by_mentions, by_recency

NEIGHBOURS_OF = 50
"""Episodes, the best, whose neighbours get a bonus."""

LEAST_REACH = 3
"""How far distances are measured at least, in facts."""


class CrossEncoder(Protocol):
    """Judges passages against a question, each by itself."""

    async def scores(self, query: str, passages: Sequence[str]) -> Sequence[float]:
        """Return one score a passage, in their order: higher answers better.

        Raises:
            WorldFault: the judge is down.
            UserError: its address, key or answers are wrong.
        """
        ...


class Ordering:
    """Orders pools; holds no state of a search."""

    def __init__(self, reader: Reader, clock: Clock, cross_encoder: CrossEncoder | None, judged: int) -> None:
        """Take who reads and who judges (None: nobody), and how many of the best are judged."""
        self._reader = reader
        self._clock = clock
        self._cross_encoder = cross_encoder
        self._judged = judged

    def check(self, ranking: Ranking) -> None:
        """Return if there is who can rerank so.

        Raises:
            UserError: a judge is wanted and there is none.
        """
        if ranking.reranker is Reranker.CROSS_ENCODER:
            self._judge()

    async def ordered(self, asked: Asked, kind: Kind) -> list[Fused]:
        """Return the candidates of a kind, best first.

        Raises:
            WorldFault: the database or the judge is down.
            UserError: the request wants a judge and there is none.
        """
        ranking = asked.request.ranking
        fused = asked.pools[kind].fused(ranking)
        if kind is Kind.EPISODE and ranking.neighbour_bonus > 0 and fused:
            beside = await self._reader.neighbours([one.uuid for one in fused[:NEIGHBOURS_OF]], asked.wanted)
            fused = with_neighbours(fused, beside, ranking.neighbour_bonus)
        return await self._reranked(asked, kind, fused, ranking)

    async def _reranked(self, asked: Asked, kind: Kind, fused: list[Fused], ranking: Ranking) -> list[Fused]:
        if ranking.reranker is Reranker.NONE or not fused:
            return fused
        head = fused[: self._judged] if ranking.reranker is Reranker.CROSS_ENCODER else fused
        found = await self._reader.features(
            What(kind), [one.uuid for one in head], has_vectors=ranking.reranker is Reranker.MMR
        )
        match ranking.reranker:
            case Reranker.MMR:
                vectors = {uuid: each.vector for uuid, each in found.items() if each.vector is not None}
                return by_diversity(fused, vectors, ranking.mmr_lambda)
            case Reranker.MENTIONS:
                return by_mentions(fused, {uuid: each.mentions for uuid, each in found.items()})
            case Reranker.RECENCY:
                now = asked.request.as_of or self._clock.now()
                return by_recency(fused, {uuid: each.since for uuid, each in found.items()}, now)
            case Reranker.DISTANCE:
                entities = {uuid: each.entities for uuid, each in found.items()}
                targets = {entity for each in entities.values() for entity in each}
                reach = max(asked.request.depth, LEAST_REACH)
                far = await self._reader.distances(ranking.center or "", targets, asked.wanted.group_ids, reach)
                return by_distance(fused, entities, far)
            case Reranker.CROSS_ENCODER:
                passages = [found[one.uuid].text if one.uuid in found else "" for one in head]
                scores = await self._judge().scores(asked.query, passages)
                return [*by_judgement(head, scores), *fused[len(head) :]]

    def _judge(self) -> CrossEncoder:
        if self._cross_encoder is None:
            raise UserError(
                "no cross-encoder: set EPISODES_SEARCH__RERANK_URL to a /rerank endpoint, or OPENAI_API_KEY"
            )
        return self._cross_encoder
