"""JSON records into knowledge by the mappings of an ontology: no model, no guess. Pure.

M1: a record that a mapping fits never reaches a model, even when nothing could be taken from it.
M2: what is wrong in the data drops the one fact or entity it stands in, and is counted; a wrong date drops its fact,
    for without it the fact would hold since another time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from consumer.extract.dates import parse_instant
from consumer.extract.names import clean_name
from consumer.model.episode import Episode
from consumer.model.ids import name_key
from consumer.model.instants import iso
from consumer.model.knowledge import (
    Assertion,
    Exclusive,
    Knowledge,
    Mention,
    Polarity,
    Scalar,
    complete,
    relation_name,
    type_label,
)
from consumer.ontology.expressions import LITERAL_FREE, as_text, evaluate, filled
from consumer.ontology.mapping_model import MappedEntity, MappedFact, Mapping
from consumer.ontology.model import Ontology

MAX_SKIPS_TOLD = 5


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a mapping made of a record; `skips` say what was left out and why."""

    mapping: str
    knowledge: Knowledge
    skips: tuple[str, ...] = ()


def mapped(ontology: Ontology, episode: Episode) -> Mapped | None:
    """Return what the first mapping that fits makes of a `json` episode; None when none fits: a model may read it."""
    if episode.source != "json" or not ontology.mappings:
        return None
    try:
        record = json.loads(episode.content)
    except (ValueError, RecursionError):
        return None
    event = {
        "name": episode.name,
        "source_description": episode.source_description,
        "group_id": episode.group_id,
        "reference_time": iso(episode.reference_time),
    }
    mapping = next((one for one in ontology.mappings if _fits(one, record, event)), None)
    return None if mapping is None else _Mapper(mapping).read(record, event)


class _Mapper:
    """Gathers what one mapping finds in one record."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        self._mentions: dict[str, Mention] = {}
        self._assertions: dict[Assertion, None] = {}
        self._skips: list[str] = []

    def read(self, record: Any, event: Any) -> Mapped:
        """Return all that was found in all items."""
        for scope in self._scopes(record, event):
            for entity in self._mapping.entities:
                self._entity(entity, scope)
            for fact in self._mapping.facts:
                self._fact(fact, scope)
        knowledge = complete(tuple(self._mentions.values()), tuple(self._assertions))
        return Mapped(self._mapping.name, knowledge, tuple(self._skips))

    def _scopes(self, record: Any, event: Any) -> Iterator[dict[str, Any]]:
        items: Any = [record]
        if self._mapping.each is not None:
            try:
                items = evaluate(self._mapping.each, _scope(record, record, event)) or []
            except ValueError as error:
                items = []
                self._skip("each", error)
        for item in items if isinstance(items, list) else [items]:
            yield _scope(item, record, event)

    def _entity(self, entity: MappedEntity, scope: dict[str, Any]) -> None:
        try:
            names = _names(entity.name, scope)
            type_name = type_label(_word(entity.type, scope))
            summary = filled(entity.summary, scope)
            attributes = {key: evaluate(value, scope) for key, value in entity.attributes.items()}
        except ValueError as error:
            self._skip(f"entity {entity.name}", error)
            return
        kept: dict[str, Scalar] = {key: one for key, one in attributes.items() if isinstance(one, str | int | float)}
        for name in names:
            known = self._mentions.get(name_key(name))
            if known is None:
                self._mentions[name_key(name)] = Mention(name, type_name, summary, kept)
            else:
                merged = {**kept, **known.attributes}
                self._mentions[name_key(name)] = Mention(known.name, known.type, known.summary or summary, merged)

    def _fact(self, fact: MappedFact, scope: dict[str, Any]) -> None:
        try:
            if fact.when is not None and not _is_truthy(evaluate(fact.when, scope)):
                return
            for subject, object_ in _ends(fact, scope):
                assertion = _assertion(fact, self._spelt(subject), self._spelt(object_), scope)
                self._assertions.setdefault(assertion)
        except ValueError as error:
            self._skip(f"fact {fact.relation}", error)

    def _spelt(self, name: str) -> str:
        known = self._mentions.get(name_key(name))
        return name if known is None else known.name

    def _skip(self, what: str, error: ValueError) -> None:
        self._skips.append(f"{what}: {error}")


def _ends(fact: MappedFact, scope: dict[str, Any]) -> list[tuple[str, str]]:
    """Return each subject with each object.

    Raises:
        ValueError: there is none.
    """
    ends = [(one, other) for one in _names(fact.subject, scope) for other in _names(fact.object, scope)]
    if not ends:
        raise ValueError("no subject or no object")
    return ends


def _assertion(fact: MappedFact, subject: str, object_: str, scope: dict[str, Any]) -> Assertion:
    """Return the fact between two ends.

    Raises:
        ValueError: a date is none, the ends are one thing, or an expression fails.
    """
    if name_key(subject) == name_key(object_):
        raise ValueError(f"subject and object are both {subject!r}")
    relation = relation_name(_word(fact.relation, scope))
    valid_at, invalid_at = _instant(fact.valid_at, scope), _instant(fact.invalid_at, scope)
    if valid_at is not None and invalid_at is not None and invalid_at < valid_at:
        raise ValueError(f"ends at {iso(invalid_at)} before it begins at {iso(valid_at)}")
    ends = fact.ends is not None and _is_truthy(evaluate(fact.ends, scope))
    sentence = filled(fact.sentence, {**scope, "_subject": subject, "_object": object_})
    return Assertion(
        subject,
        relation,
        object_,
        sentence or f"{subject} {relation.replace('_', ' ').lower()} {object_}.",
        valid_at,
        invalid_at,
        fact.exclusive or Exclusive.NONE,
        Polarity.ENDS if ends else Polarity.ASSERTS,
    )


def _fits(mapping: Mapping, record: Any, event: Any) -> bool:
    if mapping.source_description is not None and mapping.source_description != event["source_description"]:
        return False
    if mapping.when is None:
        return True
    try:
        return _is_truthy(evaluate(mapping.when, _scope(record, record, event)))
    except ValueError:
        return False


def _scope(item: Any, record: Any, event: Any) -> dict[str, Any]:
    """Return what an expression sees; see `consumer.ontology.mapping_model`."""
    own = item if isinstance(item, dict) else {"_value": item}
    return {**own, "_record": record, "_event": event}


def _names(expression: str, scope: dict[str, Any]) -> list[str]:
    """Return the names that an expression finds, each once."""
    found = evaluate(expression, scope)
    names = (clean_name(as_text(one) or "") for one in (found if isinstance(found, list) else [found]))
    return list(dict.fromkeys(name for name in names if name))


def _word(word: str, scope: dict[str, Any]) -> str:
    if not word.startswith(LITERAL_FREE):
        return word
    found = as_text(evaluate(word.removeprefix(LITERAL_FREE), scope))
    if found is None:
        raise ValueError(f"{word!r} finds no word")
    return found


def _instant(expression: str | None, scope: dict[str, Any]) -> datetime | None:
    value = None if expression is None else evaluate(expression, scope)
    if value is None or value == "":
        return None
    instant = parse_instant(value, UTC)
    if instant is None:
        raise ValueError(f"{value!r} is no ISO 8601 date")
    return instant


def _is_truthy(value: Any) -> bool:
    """Return what JMESPath takes for true: all but null, false and what is empty; 0 is true."""
    return value is not None and value is not False and value not in ("", [], {})
