"""Extract: what each episode says, several episodes at once, in any order.

Input: works of episodes, removals and rejections; output: exactly one for each input. Removals and rejections pass
through, so that their group's order and the watermark move past them.
"""

from __future__ import annotations

from typing import Any

from consumer.errors import AssignmentLost, EpisodeFault
from consumer.model.episode import Episode, Extraction, Rejected
from consumer.model.knowledge import Knowledge, complete
from consumer.model.work import Work
from consumer.pipeline.assignments import Assignments
from consumer.pipeline.intake import discarded
from consumer.pipeline.retry import Persistence
from consumer.pipeline.verdicts import GivenUp
from consumer.ports import IS_STARTABLE, Extractor, Vocabulary


class ExtractStage:
    """Calls the extractor for one work; holds no state between works."""

    def __init__(
        self,
        extractor: Extractor,
        assignments: Assignments,
        persistence: Persistence,
        vocabulary: Vocabulary | None = None,
    ) -> None:
        """Store the collaborators; nothing is started. Without a vocabulary, given facts stay as they are."""
        self._extractor = extractor
        self._assignments = assignments
        self._persistence = persistence
        self._vocabulary = vocabulary

    async def handle(self, work: Work[Any]) -> Work[Any]:
        """Return the work as `Extraction`, `Rejected` or `Discarded`; removals and rejections as they are.

        A partition that is being given up starts nothing more: its work is discarded before the call.
        """
        if not self._assignments.is_startable(work):
            return discarded(work)
        episode = work.payload
        if not isinstance(episode, Episode):
            return work
        token = IS_STARTABLE.set(lambda: self._assignments.is_startable(work))
        try:
            taken = await self._extract(work, episode)
        except AssignmentLost:
            return discarded(work)
        except EpisodeFault as fault:
            return work.with_payload(Rejected(episode.group_id, fault.reason, fault.detail, stage="extract"))
        except GivenUp as failure:
            return work.with_payload(failure.verdict(episode.group_id, "extract"))
        finally:
            IS_STARTABLE.reset(token)
        return work.with_payload(Extraction(episode, taken))

    async def _extract(self, work: Work[Any], episode: Episode) -> Knowledge:
        given = episode.given if self._vocabulary is None else self._vocabulary.given(episode)
        if not episode.wants_extraction:
            return given
        said = await self._asked(work, episode)
        return complete((*given.mentions, *said.mentions), (*given.assertions, *said.assertions))

    async def _asked(self, work: Work[Any], episode: Episode) -> Knowledge:
        while True:
            try:
                return await self._persistence.call(
                    "extract",
                    "llm",
                    lambda: self._extractor.extract(episode),
                    is_wanted=lambda: self._assignments.is_wanted(work),
                )
            except AssignmentLost:
                # Another work may have asked the same, and ours waited for its answer.
                if not self._assignments.is_startable(work):
                    raise
