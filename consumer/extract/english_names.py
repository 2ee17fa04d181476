"""The names of one English passage with their types, and whom its pronouns mean.

N1: one name has one spelling, the first, and a type that only grows more telling.
N2: a pronoun means the only person it can mean, or nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from consumer.extract.english_entities import Entities
from consumer.extract.english_quotes import Quote, quotes_of
from consumer.extract.speaker import SPEAKER_TYPE
from consumer.model.ids import name_key
from consumer.model.knowledge import Mention

SUBJECTS = frozenset({"nsubj", "nsubjpass"})
"""Dependencies of a subject."""


class EnglishNames:
    """Who and what a passage has named so far; `speaker` says "I" in it."""

    def __init__(self, speaker: str | None, persons_before: tuple[str, ...] = ()) -> None:
        """Take who speaks, if anybody, and who was named just before the passage."""
        self.speaker = speaker
        self.persons_before = persons_before
        self._types: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._quotes: Sequence[Quote] = ()

    def begin(self, doc: Any, entities: Entities) -> None:
        """Note the speaker and all names of `doc`, and who is quoted in it."""
        self._quotes = quotes_of(doc, lambda token: (entities.own_name_of(token) or (None,))[0])
        if self.speaker is not None:
            self.note(self.speaker, SPEAKER_TYPE)
        for name, kind in entities.named():
            self.note(name, kind)

    def end_sentence(self, sentence: Any, entities: Entities) -> None:
        """Remember whom `sentence` named, for the pronouns of the next one."""
        persons = self._persons(sentence, entities)
        if persons and any(token.pos_ in {"VERB", "AUX"} for token in sentence):
            self.persons_before = persons

    def mentions(self) -> tuple[Mention, ...]:
        """Return all names, in the order of their first mention."""
        return tuple(Mention(name, self._types[key]) for key, name in self._names.items())

    def note(self, name: str, kind: str, *, overrides: bool = False) -> str:
        """Return the spelling under which `name` is known, noting it and its type."""
        key = name_key(name)
        spelled = self._names.setdefault(key, name)
        known = self._types.get(key)
        is_speaker = self.speaker is not None and key == name_key(self.speaker)
        if known is None or (kind and not is_speaker and (overrides or known in {"Entity", "Thing"})):
            self._types[key] = kind or "Entity"
        return spelled

    def type_of(self, name: str) -> str:
        """Return the type of a name; "" when it is not known."""
        return self._types.get(name_key(name), "")

    def own(self, token: Any, entities: Entities) -> str | None:
        """Return the name that `token` itself is part of."""
        named = entities.own_name_of(token)
        return None if named is None else self.note(*named)

    def first_person(self, token: Any) -> str | None:
        """Return who says `I` here: the speaker, or within quotation marks whoever is quoted."""
        for quote in self._quotes:
            if quote.start <= token.idx < quote.end:
                return quote.speaker
        return self.speaker

    def third_person(self, token: Any, entities: Entities) -> str | None:
        """Return whom `she` or `her` means: the only person named before it in its sentence, if as a subject.

        With nobody named there, the only person of the sentence before.
        """
        before = token.doc[token.sent.start : token.i]
        persons = self._persons(before, entities)
        subjects = {self.own(word, entities) for word in before if word.dep_ in SUBJECTS}
        if persons and not subjects.issuperset(persons):
            return None
        meant = persons or self.persons_before
        return self.note(meant[0], SPEAKER_TYPE) if len(meant) == 1 else None

    def they(self) -> tuple[str, ...]:
        """Return whom `they` means: all persons of the sentence before, when there were several."""
        several = len(self.persons_before) > 1
        return tuple(self.note(name, SPEAKER_TYPE) for name in self.persons_before) if several else ()

    def possessor(self, token: Any, entities: Entities) -> str | None:
        """Return whom `my`, `her` or `Ada's` means."""
        if token.lower_ == "my":
            return self.first_person(token)
        if token.lower_ in {"his", "her"}:
            return self.third_person(token, entities)
        return self.own(token, entities)

    def _persons(self, within: Any, entities: Entities) -> tuple[str, ...]:
        found = dict.fromkeys(name for name, _ in entities.named(within))
        return tuple(name for name in found if self.type_of(name) == SPEAKER_TYPE)
