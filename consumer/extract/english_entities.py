"""The names of a parsed English document, and the noun phrases that may stand where a name could."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from typing import Any

from consumer.extract.english_relations import KIN, OFFICES
from consumer.extract.names import clean_name
from consumer.extract.words import words

_TYPES = {
    "PERSON": "Person",
    "ORG": "Organization",
    "GPE": "Place",
    "LOC": "Place",
    "FAC": "Place",
    "WORK_OF_ART": "Work",
    "LAW": "Work",
    "EVENT": "Event",
    "PRODUCT": "Product",
    "LANGUAGE": "Language",
}
_LEADING = re.compile(
    r"^(?:the|a|an|this|that|these|those|my|your|our|his|her|their|hey|hi|hello|dear)\s+", re.IGNORECASE
)
_TRAILING = re.compile(r"(?:['’]s|['’])$")
_NOISE = re.compile(r"https?://|www\.|[@#|\\{}<>=~^_]|\d{2}:\d{2}")
_MAX_NAME_WORDS = 8
_MAX_PHRASE_WORDS = 5
_MAX_NAME_DIGITS_SHARE = 0.5
_PHRASE_DEPENDENCIES = frozenset({"amod", "compound", "nmod", "nummod"})
_VAGUE = words(
    "thing things stuff lot lots way ways time times day days week weeks month months year years kind sort bit one "
    "ones part number people person man woman guy something anything everything nothing someone anyone everyone "
    "morning night moment today tomorrow yesterday other others case fact idea reason point side end place"
)


class Entities:
    """Which token belongs to which name. E1: a token belongs to at most one name."""

    def __init__(self, doc: Any, masks: Container[str] = ()) -> None:
        """Take the names that the model found and the proper nouns that it overlooked.

        `masks` are names that stand for others: always names, whatever the model thinks of them.
        """
        self._of_token: dict[int, tuple[str, str]] = {}
        self._order: list[tuple[int, str, str]] = []
        for token in doc:
            if token.text in masks:
                self._take(doc[token.i : token.i + 1], token.text, "Entity")
        for span in doc.ents:
            kind = _TYPES.get(span.label_)
            if kind is not None and any(token.pos_ in {"PROPN", "NOUN", "X", "ADJ"} for token in span):
                self._add(_with_given_name(doc, span, self._of_token), kind)
        for run in _proper_runs(doc, self._of_token):
            self._add(_with_given_name(doc, run, self._of_token), "Entity")
        self._join_family_names()

    def _join_family_names(self) -> None:
        """Let a family name alone stand for the only person of that name before it: `Greta Holm … Holm`."""
        full: dict[str, set[str]] = {}
        joined: dict[int, str] = {}
        for start, name, kind in sorted(self._order):
            given, _, family = name.rpartition(" ")
            if given and kind == "Person":
                full.setdefault(family, set()).add(name)
            elif kind in {"Person", "Entity"} and len(full.get(name, ())) == 1:
                joined[start] = next(iter(full[name]))
        for start, name in joined.items():
            self._of_token[start] = (name, "Person")
        self._order = [
            (start, joined[start], "Person") if start in joined else (start, name, kind)
            for start, name, kind in self._order
        ]

    def named(self, within: Any | None = None) -> Iterator[tuple[str, str]]:
        """Yield names with their types in order of appearance, all or those of one span."""
        for index, name, kind in self._order:
            if within is None or within.start <= index < within.end:
                yield name, kind

    def name_of(self, token: Any) -> tuple[str, str] | None:
        """Return the name that `token` belongs to, or that a common noun is given (`my brother Tom`), with its type."""
        named = self._of_token.get(token.i)
        if named is None and token.pos_ == "NOUN":
            for child in token.children:
                if child.dep_ == "appos" and child.i in self._of_token and child.i == token.i + 1:
                    return self._of_token[child.i]
        return named

    def own_name_of(self, token: Any) -> tuple[str, str] | None:
        """Return the name that `token` itself is part of, with its type."""
        return self._of_token.get(token.i)

    def _add(self, span: Any, kind: str) -> None:
        is_part_of_name = span[0].text == "The" and not span[0].is_sent_start and len(span) > 1
        text = clean_name(span.text)
        name = _TRAILING.sub("", text if is_part_of_name else _LEADING.sub("", text))
        if not _is_name(name):
            return
        if not any(token.i in self._of_token for token in span):
            self._take(span, name, kind)

    def _take(self, span: Any, name: str, kind: str) -> None:
        for token in span:
            self._of_token[token.i] = (name, kind)
        self._order.append((span.start, name, kind))


def noun_phrase(token: Any) -> str | None:
    """Return the phrase a common noun heads (`support group`), without its determiner; None when it says too little."""
    if token.pos_ != "NOUN" or token.lower_ in _VAGUE or token.ent_type_ in {"DATE", "TIME", "CARDINAL", "ORDINAL"}:
        return None
    words = [
        child
        for child in token.lefts
        if child.dep_ in _PHRASE_DEPENDENCIES and child.pos_ in {"NOUN", "PROPN", "ADJ"} and not child.is_stop
    ]
    phrase = " ".join([*(word.text for word in words[-(_MAX_PHRASE_WORDS - 1) :]), token.text])
    return phrase.lower() if phrase.replace(" ", "").replace("-", "").isalpha() else None


def _with_given_name(doc: Any, span: Any, taken: dict[int, tuple[str, str]]) -> Any:
    """Return `span` with the proper nouns before it that belong to it: the model drops rare given names."""
    start = span.start
    while start > 0:
        before = doc[start - 1]
        is_name_like = before.pos_ == "PROPN" or (before.pos_ == "NOUN" and before.lemma_.lower() not in OFFICES | KIN)
        belongs = is_name_like and before.dep_ == "compound" and before.text[:1].isupper()
        if not belongs or before.ent_type_ or before.i in taken or not span.start <= before.head.i < span.end:
            break
        start -= 1
    return doc[start : span.end]


def _proper_runs(doc: Any, taken: dict[int, tuple[str, str]]) -> Iterator[Any]:
    """Yield runs of capitalised proper nouns that no name covers; a lone sentence start is no evidence."""
    start: int | None = None
    for token in doc:
        is_proper = token.pos_ == "PROPN" and token.text[:1].isupper() and token.i not in taken and token.is_alpha
        if is_proper and start is None:
            start = token.i
        if start is not None and (not is_proper or token.i == len(doc) - 1):
            end = token.i + 1 if is_proper else token.i
            first = doc[start]
            if not (end - start == 1 and (first.is_sent_start or first.is_upper or first.ent_type_)):
                yield doc[start:end]
            start = None


def _is_name(name: str) -> bool:
    if len(name) < 2 or len(name.split()) > _MAX_NAME_WORDS or _NOISE.search(name):  # noqa: PLR2004 - one letter is no name
        return False
    letters = sum(character.isalpha() for character in name)
    return letters > 1 and letters >= len(name) * _MAX_NAME_DIGITS_SHARE and name != name.lower()
