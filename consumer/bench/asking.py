"""Asks an extractor about many episodes at once, outlasting what the world does in between."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from consumer.clock import Clock
from consumer.errors import EpisodeFault, WorldFault
from consumer.model.episode import Episode
from consumer.model.knowledge import Knowledge
from consumer.ports import Extractor

MAX_TRIES = 5
_FIRST_WAIT_S = 1.0


@dataclass(frozen=True, slots=True)
class Answers:
    """What an extractor says of each episode, by event id, and why it says nothing of some."""

    said: dict[str, Knowledge]
    faults: dict[str, str]


@dataclass(frozen=True, slots=True)
class Asking:
    """An extractor with how it is asked: so many episodes at once; `on_done` is told how many of how many are done."""

    extractor: Extractor
    clock: Clock
    concurrency: int = 1
    on_done: Callable[[int, int], None] | None = None

    async def about(self, episodes: Sequence[Episode]) -> Answers:
        """Return the answers; an episode that cannot be extracted says nothing, and why is kept.

        Raises:
            WorldFault: the model stayed away through all tries.
        """
        answers = Answers({}, {})
        waiting = iter(episodes)
        async with asyncio.TaskGroup() as group:
            for number in range(self.concurrency):
                group.create_task(self._take(waiting, len(episodes), answers), name=f"bench-{number}")
        return answers

    async def _take(self, waiting: Iterator[Episode], count: int, answers: Answers) -> None:
        for episode in waiting:
            try:
                said = await self._outlasting(episode)
            except EpisodeFault as fault:
                said = Knowledge()
                answers.faults[episode.event_id] = str(fault)
            answers.said[episode.event_id] = said
            if self.on_done is not None:
                self.on_done(len(answers.said), count)

    async def _outlasting(self, episode: Episode) -> Knowledge:
        for tried in range(1, MAX_TRIES):
            try:
                return await self.extractor.extract(episode)
            except WorldFault as fault:
                await self.clock.sleep(fault.retry_after_s or _FIRST_WAIT_S * 2 ** (tried - 1))
        return await self.extractor.extract(episode)
