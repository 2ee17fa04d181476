"""An extractor that reads less of an episode than is there: truncated, compressed, or both. Off unless asked for.

Only what the engine is asked about is shorter; the graph holds the episode whole. Facts are lost by it, which is why a
large episode is read in chunks instead (docs/decisions/0010-chunks-are-extracted-not-stored.md).
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace

from consumer.extract.compression import compressed
from consumer.extract.speaker import split_speaker
from consumer.llm.tokenizer import Tokenizer, tokenizer_of
from consumer.model.cutting import cut
from consumer.model.episode import Episode
from consumer.model.knowledge import Knowledge
from consumer.ports import Extractor, prepare
from consumer.settings import Compression, LlmSettings

_COLON = re.compile(r"[:：]")
_IN_THREAD_CHARS = 20_000


class Shortener:
    """Makes an episode's content and context shorter.

    S1: what is left of a truncated content has at most the budget's tokens, and ends behind a sentence where there is
        one in its second half. S2: who speaks stays; JSON stays as it is, for half a record is none.
    """

    def __init__(self, settings: LlmSettings) -> None:
        """Take what is to be done from `settings`.

        Raises:
            UserError: a tokenizer is named that is not installed.
        """
        self._most_tokens = settings.truncate_tokens
        self._level = settings.compression
        self._tokenizer: Tokenizer = tokenizer_of(settings)

    @property
    def label(self) -> str:
        """What is done, as part of an extractor's name; empty when nothing is."""
        cuts = f"/first-{self._most_tokens}" if self._most_tokens else ""
        return cuts if self._level is Compression.NONE else f"{cuts}/{self._level.value}"

    def of(self, episode: Episode) -> Episode:
        """Return `episode` as it is asked about."""
        if not self.label or episode.source == "json":
            return episode
        context = tuple(replace(one, content=compressed(one.content, self._level)) for one in episode.context)
        return replace(episode, content=self._content(episode), context=context)

    def _content(self, episode: Episode) -> str:
        text = episode.content
        has_speaker = episode.source == "message" and split_speaker(text)[0] is not None
        colon = _COLON.search(text) if has_speaker else None
        said_at = colon.end() if colon else 0
        return self._truncated(text[:said_at] + compressed(text[said_at:], self._level))

    def _truncated(self, text: str) -> str:
        if self._most_tokens is None:
            return text
        chars = self._tokenizer.chars_within(text, self._most_tokens)
        return cut(text, chars) if chars < len(text) else text


class ShortenedExtractor:
    """Implements `ports.Extractor` around an engine, which it owns and shows less."""

    def __init__(self, extractor: Extractor, shortener: Shortener) -> None:
        """Take the engine and what makes its questions shorter."""
        self._extractor = extractor
        self._shortener = shortener

    @property
    def name(self) -> str:
        """That of the engine, and what it is not shown."""
        return self._extractor.name + self._shortener.label

    async def extract(self, episode: Episode) -> Knowledge:
        """Return what the engine reads in what is left of `episode`; see `ports.Extractor.extract`."""
        if len(episode.content) < _IN_THREAD_CHARS:
            return await self._extractor.extract(self._shortener.of(episode))
        return await self._extractor.extract(await asyncio.to_thread(self._shortener.of, episode))

    async def prepare(self) -> None:
        """Let the engine load what it needs, if it has anything to load."""
        await prepare(self._extractor)

    async def aclose(self) -> None:
        """Close the engine."""
        await self._extractor.aclose()


def shortened(extractor: Extractor, shortener: Shortener) -> Extractor:
    """Return `extractor`, asked about less if `shortener` takes anything away."""
    return ShortenedExtractor(extractor, shortener) if shortener.label else extractor
