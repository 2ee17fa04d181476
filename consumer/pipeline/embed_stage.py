"""Embed: vectors for episodes, fact sentences and the entity names that matter, in batches across episodes.

Input: works in any state; extractions come out as `Embedded`, everything else as it is, one for each input.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from consumer.errors import AssignmentLost
from consumer.model.episode import Embedded, Extraction, Vector
from consumer.model.work import Work
from consumer.pipeline.assignments import Assignments
from consumer.pipeline.importance import important_names
from consumer.pipeline.intake import discarded
from consumer.pipeline.retry import Persistence
from consumer.pipeline.verdicts import GivenUp
from consumer.ports import Embedder


class EmbedStage:
    """Embeds the distinct texts of a batch in one call; holds no state between batches.

    E1: what is embedded of an episode depends on that episode alone, not on what shares its batch.
    """

    def __init__(
        self,
        embedder: Embedder,
        assignments: Assignments,
        persistence: Persistence,
        importance_threshold: float = 0.0,
        *,
        embeds_episodes: bool = False,
    ) -> None:
        """Store the collaborators; nothing is started. A name under the threshold gets no vector; 0 embeds all.

        Without `embeds_episodes` an episode's text gets none.
        """
        self._embedder = embedder
        self._assignments = assignments
        self._persistence = persistence
        self._threshold = importance_threshold
        self._embeds_episodes = embeds_episodes

    async def handle(self, works: Sequence[Work[Any]]) -> list[Work[Any]]:
        """Return one work for each of `works`, in their order."""
        checked = [work if self._assignments.is_wanted(work) else discarded(work) for work in works]
        extractions = [work for work in checked if isinstance(work.payload, Extraction)]
        if not extractions:
            return checked
        try:
            vectors = await self._vectors(extractions)
        except AssignmentLost:
            return [discarded(work) if isinstance(work.payload, Extraction) else work for work in checked]
        except GivenUp as failure:
            return await self._one_by_one(checked, failure)
        return [self._embedded(work, vectors) for work in checked]

    async def _vectors(self, works: Sequence[Work[Any]]) -> dict[str, Vector]:
        texts = list(dict.fromkeys(text for work in works for text in self._texts(work.payload)))
        if not texts:
            return {}

        async def once() -> dict[str, Vector]:
            rows = await self._embedder.embed(texts)
            return {text: row for text, row in zip(texts, rows, strict=True) if row.any()}

        return await self._persistence.call(
            "embed", "embeddings", once, is_wanted=lambda: any(self._assignments.is_wanted(work) for work in works)
        )

    async def _one_by_one(self, works: Sequence[Work[Any]], failure: GivenUp) -> list[Work[Any]]:
        """Find which work of a failed batch is at fault; alone, it is rejected."""
        if len(works) > 1:
            return [done for work in works for done in await self.handle([work])]
        return [works[0].with_payload(failure.verdict(works[0].payload.group_id, "embed"))]

    def _embedded(self, work: Work[Any], vectors: dict[str, Vector]) -> Work[Any]:
        payload = work.payload
        if not isinstance(payload, Extraction):
            return work
        own = {text: vectors[text] for text in self._texts(payload) if text in vectors}
        return work.with_payload(Embedded(payload.episode, payload.knowledge, own, self._embedder.model))

    def _texts(self, extraction: Extraction) -> Iterable[str]:
        """Yield what is embedded of an extraction."""
        yield from texts_of(extraction, self._threshold)
        if self._embeds_episodes and extraction.episode.content.strip():
            yield extraction.episode.content


def texts_of(extraction: Extraction, importance_threshold: float = 0.0) -> Iterable[str]:
    """Return what is embedded of an extraction: important entity names, and all fact sentences that are not blank."""
    yield from important_names(extraction.knowledge, importance_threshold)
    yield from (said.sentence for said in extraction.knowledge.assertions if said.sentence.strip())
