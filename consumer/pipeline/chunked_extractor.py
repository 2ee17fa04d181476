"""An extractor that reads a large episode chunk by chunk, several chunks at once, whatever engine is behind it.

The episode stays one episode in the graph, with its content whole; only its extraction is divided. Why:
docs/decisions/0010-chunks-are-extracted-not-stored.md. A small episode is handed on as it is.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise

from consumer.errors import EpisodeFault, WorldFault
from consumer.model.episode import ContextEpisode, Episode
from consumer.model.knowledge import Knowledge
from consumer.model.sentences import sentence_ends
from consumer.model.token_estimate import exceeds
from consumer.pipeline.chunk_merge import merged
from consumer.pipeline.chunk_results import ChunkResults
from consumer.pipeline.chunking import Chunk, chunk
from consumer.ports import Extractor, prepare
from consumer.settings import PipelineSettings

logger = logging.getLogger(__name__)

_TAIL_CHARS = 600
_KEPT_BYTES = 16_000_000
_FAULTS_IN_A_ROW = 2
"""After so many faults of the world without an answer between, no further chunk is asked for at this try."""


@dataclass(slots=True)
class _Reading:
    """One try at the chunks of an episode: what is still to be asked, what was answered, what the world did."""

    numbers: Iterator[int]
    answers: dict[int, Knowledge]
    faults: list[WorldFault] = field(default_factory=list)
    faults_in_a_row: int = 0

    @property
    def is_halted(self) -> bool:
        """Whether asking on would only meet the same throttling or outage."""
        return self.faults_in_a_row >= _FAULTS_IN_A_ROW or any(fault.is_throttling for fault in self.faults)

    def fault(self) -> WorldFault:
        """Return the fault that says most about when to come again."""
        return max(self.faults, key=lambda fault: (fault.is_throttling, fault.retry_after_s or 0.0))


class ChunkedExtractor:
    """Implements `ports.Extractor` by handing on to another one, a chunk at a time.

    D1: every chunk of an episode is asked for, and what they say is merged in their order; an episode is answered for
        as a whole or not at all.
    D2: at most `chunk_concurrency` calls for chunks at once, of all episodes together, and an episode has no more
        waiting than that, so that a short one passes a long one.
    D3: a chunk that was answered is not asked for again when its episode is tried again, as far as the memory for it
        reaches.
    """

    def __init__(
        self,
        extractor: Extractor,
        settings: PipelineSettings,
        speaker_of: Callable[[str], str | None] = lambda _content: None,
    ) -> None:
        """Take the engine, owned from now on; `speaker_of` tells who speaks in a message: each chunk then says so."""
        self._extractor = extractor
        self._settings = settings
        self._speaker_of = speaker_of
        self._free = asyncio.Semaphore(settings.chunk_concurrency)
        self._results = ChunkResults(_KEPT_BYTES)

    @property
    def name(self) -> str:
        """That of the engine behind it."""
        return self._extractor.name

    async def prepare(self) -> None:
        """Let the engine load what it needs, if it has anything to load."""
        await prepare(self._extractor)

    async def extract(self, episode: Episode) -> Knowledge:
        """Return what `episode` says, chunk by chunk when it is large.

        Raises:
            EpisodeFault: as the engine raised it, with the chunk named.
            WorldFault: as the engine raised it, after the calls that are under way; what they answer is kept for the
                next try.
        """
        limit = self._settings.chunk_tokens
        if not exceeds(episode.content, limit):
            return await self._extractor.extract(episode)
        # Some 0.1 s for 400,000 characters, 1 s for the worst that somebody can make up: not on the event loop.
        chunks = await asyncio.to_thread(chunk, episode.content, episode.source, limit)
        logger.info(
            "large episode group_id=%s event_id=%s characters=%d chunks=%d",
            episode.group_id,
            episode.event_id,
            len(episode.content),
            len(chunks),
        )
        # The place in the log belongs to the key: another event under the same id may have other content.
        place = episode.position
        key = f"{episode.uuid}/{place.partition}/{place.offset}"
        try:
            parts = await self._read(key, self._parts(episode, chunks), chunks)
        except EpisodeFault:
            self._results.drop(key)
            raise
        self._results.drop(key)
        return merged(parts, self._settings.max_text_chars)

    async def aclose(self) -> None:
        """Close the engine behind it."""
        await self._extractor.aclose()

    async def _read(self, key: str, parts: list[Episode], chunks: list[Chunk]) -> list[Knowledge]:
        """Return what each part says, in order; those that are known already are not asked for."""
        answers = self._results.get(key)
        reading = _Reading(iter([number for number in range(len(parts)) if number not in answers]), answers)

        async def work() -> None:
            for number in reading.numbers:  # shared by the workers: each takes the next
                async with self._free:
                    if reading.is_halted:
                        return
                    try:
                        said = await self._extractor.extract(parts[number])
                    except EpisodeFault as fault:
                        raise _in_chunk(fault, number, chunks) from fault
                    except WorldFault as fault:
                        # The others are let finish: their answers are paid for, and the next try needs them.
                        reading.faults.append(fault)
                        reading.faults_in_a_row += 1
                        continue
                reading.faults_in_a_row = 0
                answers[number] = said
                self._results.keep(key, number, said)

        try:
            async with asyncio.TaskGroup() as group:
                for worker in range(min(self._settings.chunk_concurrency, len(parts))):
                    group.create_task(work(), name=f"extract-chunks-{worker}")
        except ExceptionGroup as errors:
            raise _deciding(errors) from errors
        if reading.faults:
            raise reading.fault()
        return [answers[number] for number in range(len(parts))]

    def _parts(self, episode: Episode, chunks: list[Chunk]) -> list[Episode]:
        """Return the chunks as episodes to ask about: each with the episode's context and what stands before it."""
        is_message = episode.source == "message"
        speaker = self._speaker_of(episode.content) if is_message else None
        has_chat = any(one.speaker is not None for one in chunks)
        parts = [replace(episode, content=chunks[0].readable)]
        for before, one in pairwise(chunks):
            told = (*one.headings, _tail(before.text, min(_TAIL_CHARS, self._settings.context_chars)))
            earlier = ContextEpisode(episode.name, "\n".join(told), episode.reference_time)
            by = one.speaker if has_chat else speaker
            content = one.readable if by is None else f"{by}: {one.readable}"
            parts.append(replace(episode, content=content, context=(*episode.context, earlier)))
        return parts


def _tail(text: str, chars: int) -> str:
    """Return the end of `text`, at most `chars` long, from the beginning of a sentence where there is one."""
    if len(text) <= chars:
        return text
    start = len(text) - chars
    return text[next(sentence_ends(text, start), start) :]


def _in_chunk(fault: EpisodeFault, number: int, chunks: list[Chunk]) -> EpisodeFault:
    one = chunks[number]
    where = f"chunk {number + 1} of {len(chunks)} (characters {one.start} to {one.end})"
    return EpisodeFault(fault.reason, f"{where}: {fault.detail}" if fault.detail else where, fault.attempts)


def _deciding(errors: ExceptionGroup[Exception]) -> Exception:
    """Return a bug if there is one, else the first fault of the episode."""
    return next((one for one in errors.exceptions if not isinstance(one, EpisodeFault)), errors.exceptions[0])
