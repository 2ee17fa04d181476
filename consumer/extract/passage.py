"""The pieces in which the local extractor reads an episode, and the knowledge of the pieces put together. Pure.

A long text is read by paragraphs, so that a short message never waits for a whole book.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from consumer.extract.speaker import SPEAKER_TYPE, split_speaker
from consumer.model.episode import Episode
from consumer.model.ids import name_key
from consumer.model.knowledge import DEFAULT_TYPE, Assertion, Knowledge, Mention, complete

PASSAGE_CHARS = 2_000
BEFORE_CHARS = 500
_PARAGRAPH = re.compile(r"\n\s*\n")
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？；])")
_ADDRESS = re.compile(r"\s*@?([^\s,:：，]{1,40}(?: [^\s,:：，]{1,40}){0,3})[,:：，]")
_TITLE = re.compile(r"《([^《》\n]{1,60})》")


@dataclass(frozen=True, slots=True)
class Passage:
    """A text to read: who speaks it, when, whether it is a JSON record, and what was spoken of before.

    `before` is what was said last, without its speaker: only to see whom "she" means.
    `reference_time` is on the clock of the writer (aware): "yesterday" is a day of that clock.
    """

    text: str
    reference_time: datetime
    speaker: str | None = None
    is_record: bool = False
    topic: str | None = None
    before: str = ""


def passages_of(episode: Episode) -> Iterator[Passage]:
    """Yield the passages of `episode`, in order, each about 2,000 characters or one unbroken stretch."""
    if episode.source == "json":
        yield Passage(episode.content, episode.local_reference_time, is_record=True)
        return
    speaker, text = split_speaker(episode.content) if episode.source == "message" else (None, episode.content)
    topic = next(
        (titles[-1] for earlier in reversed(episode.context) if (titles := _TITLE.findall(earlier.content))), None
    )
    before = split_speaker(episode.context[-1].content)[1][-BEFORE_CHARS:] if episode.context else ""
    for piece in pieces_of(text):
        yield Passage(piece, episode.local_reference_time, speaker, topic=topic, before=before)
        before = ""
        topic = (_TITLE.findall(piece) or [topic])[-1]


def addressee_of(episode: Episode) -> str | None:
    """Return whom a message speaks to: its text opens with the name of somebody who spoke before (`Bo, look`)."""
    if episode.source != "message":
        return None
    _, text = split_speaker(episode.content)
    opening = _ADDRESS.match(text)
    if opening is None:
        return None
    spoke = (split_speaker(earlier.content)[0] for earlier in reversed(episode.context))
    return next((name for name in spoke if name is not None and name_key(name) == name_key(opening[1])), None)


def pieces_of(text: str) -> Iterator[str]:
    """Yield `text` in pieces of about `PASSAGE_CHARS`, cut between paragraphs, else between sentences."""
    gathered = ""
    for paragraph in _PARAGRAPH.split(text):
        parts = [paragraph] if len(paragraph) <= PASSAGE_CHARS else _SENTENCE_END.split(paragraph)
        for number, part in enumerate(parts):
            if gathered and len(gathered) + len(part) > PASSAGE_CHARS:
                yield gathered
                gathered = ""
            for start in range(0, max(len(part) - PASSAGE_CHARS, 0), PASSAGE_CHARS):
                yield part[start : start + PASSAGE_CHARS]
            rest = part[len(part) - len(part) % PASSAGE_CHARS :] if len(part) > PASSAGE_CHARS else part
            gathered += ("" if not gathered else " " if number else "\n\n") + rest
    if gathered.strip():
        yield gathered


def merged(pieces: Iterable[Knowledge], speaker: str | None) -> Knowledge:
    """Return the knowledge of all pieces, each name and each claim once; the speaker first.

    The first spelling of a name stands for all; its type is the first that says more than `Entity`.
    """
    mentions: dict[str, Mention] = {}
    assertions: dict[Assertion, None] = {}
    if speaker is not None:
        mentions[name_key(speaker)] = Mention(speaker, SPEAKER_TYPE)
    for piece in pieces:
        for mention in piece.mentions:
            known = mentions.get(name_key(mention.name))
            mentions[name_key(mention.name)] = mention if known is None else _both(known, mention)
        for assertion in piece.assertions:
            assertions.setdefault(assertion)
    spelled = [
        replace(
            a,
            subject=mentions[name_key(a.subject)].name if name_key(a.subject) in mentions else a.subject,
            object=mentions[name_key(a.object)].name if name_key(a.object) in mentions else a.object,
        )
        for a in assertions
    ]
    return complete(tuple(mentions.values()), tuple(dict.fromkeys(spelled)))


def _both(known: Mention, more: Mention) -> Mention:
    kind = more.type if known.type == DEFAULT_TYPE else known.type
    return Mention(known.name, kind, known.summary or more.summary, {**more.attributes, **known.attributes})
