"""The model's answer, read tolerantly into `Knowledge`. Pure.

It was asked for by `consumer.extract.answer_schema`; read is what models without strict output really send: Markdown
fences, text around the JSON, a bare list, other spellings of the keys. An item that makes no sense is left out; an
answer that makes none raises `UnusableAnswer`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from consumer.extract.dates import parse_instant
from consumer.extract.names import clean_name
from consumer.model.ids import name_key
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

_Choice = TypeVar("_Choice", bound=StrEnum)

MAX_SUMMARY_CHARS = 1_000
_SPEAKER_WORDS = frozenset({"i", "me", "myself", "speaker", "the speaker"})
_FENCE = re.compile(r"```(?:json|JSON)?\s*\n?(.*?)```", re.DOTALL)
_OPENING = re.compile(r"[{\[]")

_NAME = ("name", "entity_name", "entity")
_TYPE = ("type", "entity_type", "label")
_SUMMARY = ("summary", "description")
_SUBJECT = ("subject", "source", "source_entity_name", "from", "head")
_OBJECT = ("object", "target", "target_entity_name", "to", "tail")
_RELATION = ("relation", "relation_type", "predicate", "relationship")
_SENTENCE = ("fact", "sentence", "description")
_ENTITIES = ("entities", "extracted_entities", "nodes")
_FACTS = ("facts", "edges", "relationships", "relations", "triples")


class UnusableAnswer(ValueError):  # noqa: N818 - named for what it is, not that it is an error
    """The answer holds no JSON of a known shape; asking again may help."""


class EmptyAnswer(UnusableAnswer):
    """JSON without anything in it: the episode was left out, or a lax model means that nothing was said."""


def parse_answer(text: str, reference_time: datetime, *, speaker: str | None = None) -> Knowledge:
    """Return what `text`, an answer about one episode, says.

    Dates without zone are read in the zone of `reference_time`. Subjects and objects that are no entities become
    entities; "I" becomes `speaker`; names are trimmed, items without names left out, repeated ones told once.

    Raises:
        EmptyAnswer: `{}` or `[]`, also as the list of episodes.
        UnusableAnswer: no JSON of a known shape in it.
    """
    entities, facts = _items(load(text))
    mentions: dict[str, Mention] = {}
    for item in entities:
        mention = _mention(item, speaker)
        if mention is not None:
            mentions.setdefault(name_key(mention.name), mention)
    assertions: dict[Assertion, None] = {}
    for item in facts:
        assertion = _assertion(item, reference_time, mentions, speaker)
        if assertion is not None:
            assertions.setdefault(assertion)
    return complete(tuple(mentions.values()), tuple(assertions))


def load(text: str) -> Any:
    """Return the largest JSON value in `text`: all of it, what is fenced, or what stands between other words.

    Raises:
        UnusableAnswer: there is none, or it is cut off.
    """
    for candidate in (text, *_FENCE.findall(text)):
        try:
            return json.loads(candidate)
        except (ValueError, RecursionError):
            continue
    decoder = json.JSONDecoder()
    best: tuple[int, Any] | None = None
    end = 0
    for match in _OPENING.finditer(text):
        if match.start() < end:
            continue
        try:
            value, end = decoder.raw_decode(text, match.start())
        except ValueError:
            if text.lstrip().startswith(("{", "[")):
                break  # cut off: what can be read inside it is a part, and would pass for the whole
            continue
        except RecursionError:
            break
        if best is None or end - match.start() > best[0]:
            best = (end - match.start(), value)
    if best is None:
        raise UnusableAnswer(f"no JSON in {len(text)} characters")
    return best[1]


def _items(value: Any) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """Return entity items and fact items of a loaded answer."""
    if isinstance(value, dict) and any(key in value for key in (*_ENTITIES, *_FACTS)):
        return _objects(_first(value, _ENTITIES)), _objects(_first(value, _FACTS))
    if value in ({}, [], {"episodes": []}, {"episodes": {}}):
        raise EmptyAnswer("nothing in the answer, not even an empty list of entities or facts")
    items = _objects(value if isinstance(value, list) else [value])
    facts = [item for item in items if _text(item, _SUBJECT) and _text(item, _OBJECT)]
    entities = [item for item in items if item not in facts and _text(item, _NAME)]
    if not items:
        raise UnusableAnswer(f"the answer is a JSON {type(value).__name__}")
    if not facts and not entities:
        raise UnusableAnswer("neither entities nor facts in the answer")
    return entities, facts


def _mention(item: Mapping[str, Any], speaker: str | None) -> Mention | None:
    name = _name(_text(item, _NAME), speaker)
    if not name:
        return None
    summary = _text(item, _SUMMARY)[:MAX_SUMMARY_CHARS]
    return Mention(name, type_label(_text(item, _TYPE)), summary, _attributes(item.get("attributes")))


def _attributes(value: Any) -> dict[str, Scalar]:
    """Return the attributes of an entity, told as pairs or, as models without strict output do, as an object."""
    pairs = (
        value.items() if isinstance(value, dict) else ((_text(one, _NAME), one.get("value")) for one in _objects(value))
    )
    return {name: one for name, one in pairs if name and isinstance(one, str | int | float) and one != ""}


def _assertion(
    item: Mapping[str, Any],
    reference_time: datetime,
    mentions: Mapping[str, Mention],
    speaker: str | None,
) -> Assertion | None:
    subject, object_ = _name(_text(item, _SUBJECT), speaker), _name(_text(item, _OBJECT), speaker)
    if not subject or not object_ or name_key(subject) == name_key(object_):
        return None
    subject, object_ = (
        mentions[name_key(name)].name if name_key(name) in mentions else name for name in (subject, object_)
    )
    relation = relation_name(_text(item, _RELATION))
    zone = reference_time.tzinfo
    valid_at = parse_instant(item.get("valid_at"), zone)
    invalid_at = parse_instant(item.get("invalid_at"), zone)
    if valid_at is not None and invalid_at is not None and invalid_at < valid_at:
        invalid_at = None
    return Assertion(
        subject,
        relation,
        object_,
        _text(item, _SENTENCE) or f"{subject} {relation.replace('_', ' ').lower()} {object_}.",
        valid_at,
        invalid_at,
        _choice(Exclusive, item.get("exclusive"), Exclusive.NONE),
        _choice(Polarity, item.get("polarity"), Polarity.ASSERTS),
        parse_instant(item.get("instead_of"), zone),
    )


def _name(text: str, speaker: str | None) -> str:
    name = clean_name(text)
    return speaker if speaker is not None and name_key(name) in _SPEAKER_WORDS else name


def _text(item: Mapping[str, Any], keys: Iterable[str]) -> str:
    """Return the first of `keys` that is a non-empty text, trimmed, without what UTF-8 cannot hold."""
    for key in keys:
        value = item.get(key)
        if isinstance(value, str) and value.strip():
            return value.encode("utf-8", "replace").decode().strip()
    return ""


def _first(value: Mapping[str, Any], keys: Iterable[str]) -> Any:
    return next((value[key] for key in keys if key in value), [])


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _choice(kind: type[_Choice], value: Any, otherwise: _Choice) -> _Choice:
    try:
        return kind(str(value).strip().lower())
    except ValueError:
        return otherwise
