"""Extract: what each episode says, several episodes at once, in any order.

Input: works of episodes, removals and rejections; output: exactly one for each input. Removals and rejections pass
through, so that their group's order and the watermark move past them.
"""

from __future__ import annotations

from typing import Any

from consumer.errors import AssignmentLost
from consumer.model.episode import Episode, Extraction
from consumer.model.knowledge import Knowledge, complete
from consumer.model.work import Work
from consumer.pipeline.assignments import Assignments
from consumer.pipeline.intake import discarded
from consumer.pipeline.retry import Persistence
from consumer.pipeline.verdicts import GivenUp
from consumer.ports import Extractor


class ExtractStage:
    """Calls the extractor for one work; holds no state between works."""

    def __init__(self, extractor: Extractor, assignments: Assignments, persistence: Persistence) -> None:
        """Store the collaborators; nothing is started."""
        self._extractor = extractor
        self._assignments = assignments
        self._persistence = persistence

    async def handle(self, work: Work[Any]) -> Work[Any]:
        """Return the work as `Extraction`, `Rejected` or `Discarded`; removals and rejections as they are.

        A partition that is being given up starts nothing more: its work is discarded before the call.
        """
        if not self._assignments.is_startable(work):
            return discarded(work)
        episode = work.payload
        if not isinstance(episode, Episode):
            return work
        try:
            taken = await self._extract(work, episode)
        except AssignmentLost:
            return discarded(work)
        except GivenUp as failure:
            return work.with_payload(failure.verdict(episode.group_id, "extract"))
        return work.with_payload(Extraction(episode, taken))

    async def _extract(self, work: Work[Any], episode: Episode) -> Knowledge:
        if not episode.wants_extraction:
            return episode.given
        said = await self._persistence.call(
            "extract",
            "llm",
            lambda: self._extractor.extract(episode),
            is_wanted=lambda: self._assignments.is_wanted(work),
        )
        given = episode.given
        return complete((*given.mentions, *said.mentions), (*given.assertions, *said.assertions))
