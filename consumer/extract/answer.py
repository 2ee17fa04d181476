"""The model's answer: its strict JSON Schema, and its tolerant reading into `Knowledge`.

Pure. The schema is what we ask for; the reader takes what models without strict output really send: Markdown fences,
text around the JSON, a bare list, other spellings of the keys. An item that makes no sense is left out; an answer
that makes none raises `UnusableAnswer`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from consumer.extract.dates import parse_instant
from consumer.extract.names import clean_name
from consumer.model.ids import name_key
from consumer.model.knowledge import (
    DEFAULT_TYPE,
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
from consumer.ontology import Ontology

_Choice = TypeVar("_Choice", bound=StrEnum)

MAX_SUMMARY_CHARS = 1_000
MAX_ENUM = 200
"""Strict output has limits on enumerations. Source: https://platform.openai.com/docs/guides/structured-outputs."""
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


class _Strict(BaseModel):
    """What all answer models share: no other keys, as strict mode wants it."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class AnsweredEntity(_Strict):
    """A named thing of the content."""

    name: str
    type: str
    summary: str


class AnsweredAttribute(_Strict):
    """One attribute: a pair, since strict output allows no keys that the schema does not name."""

    name: str
    value: str


class DescribedEntity(AnsweredEntity):
    """A named thing with the attributes that its type declares."""

    attributes: list[AnsweredAttribute] = Field(...)


class AnsweredFact(_Strict):
    """A dated relation between two entities; `fact` is the sentence."""

    subject: str
    relation: str
    object: str
    fact: str
    valid_at: str | None
    invalid_at: str | None
    exclusive: Literal["none", "subject", "object", "both"]
    polarity: Literal["asserts", "ends"]


class AnsweredEpisode(_Strict):
    """What one episode says, under the key that the question gave it."""

    key: str
    entities: list[AnsweredEntity] = Field(...)
    facts: list[AnsweredFact] = Field(...)


class DescribedEpisode(_Strict):
    """The same where a vocabulary is declared."""

    key: str
    entities: list[DescribedEntity] = Field(...)
    facts: list[AnsweredFact] = Field(...)


class Answer(_Strict):
    """The whole answer: an item for each episode."""

    episodes: list[AnsweredEpisode] = Field(...)


class DescribedAnswer(_Strict):
    """The whole answer where a vocabulary is declared."""

    episodes: list[DescribedEpisode] = Field(...)


class UnusableAnswer(ValueError):  # noqa: N818 - named for what it is, not that it is an error
    """The answer holds no JSON of a known shape; asking again may help."""


def answer_schema(ontology: Ontology | None = None) -> dict[str, Any]:
    """Return the JSON Schema of the answer in the subset that strict structured output allows.

    Every property required, no other properties, no titles or descriptions, references inlined. With an ontology
    entities have attributes; a strict one's types and relations are the only ones allowed, if they are not too many
    for a provider.
    """
    schema = (Answer if ontology is None else DescribedAnswer).model_json_schema()
    definitions = schema.pop("$defs", {})
    inlined = _inlined(schema, definitions)
    assert isinstance(inlined, dict)  # noqa: S101 - a schema is an object; for the type checker
    if ontology is not None and ontology.strict:
        _allow_only(inlined, "entities", "type", [*ontology.entity_types, DEFAULT_TYPE])
        _allow_only(inlined, "facts", "relation", [*ontology.relation_types])
    return inlined


def _allow_only(schema: dict[str, Any], items: str, key: str, words: list[str]) -> None:
    """Let `key` of the items be one of `words`, where strict output allows so many."""
    if 0 < len(words) <= MAX_ENUM:
        episode = schema["properties"]["episodes"]["items"]
        episode["properties"][items]["items"]["properties"][key]["enum"] = words


def parse_answer(text: str, reference_time: datetime, *, speaker: str | None = None) -> Knowledge:
    """Return what `text`, an answer about one episode, says.

    Dates without zone are read in the zone of `reference_time`. Subjects and objects that are no entities become
    entities; "I" becomes `speaker`; names are trimmed, items without names left out, repeated ones told once.

    Raises:
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


def _inlined(node: Any, definitions: Mapping[str, Any]) -> Any:
    """Return a schema node without references, titles and descriptions."""
    if isinstance(node, list):
        return [_inlined(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _inlined(definitions[node["$ref"].rsplit("/", 1)[1]], definitions)
    kept = {
        key: value for key, value in node.items() if not (key in {"title", "description"} and isinstance(value, str))
    }
    return {key: _inlined(value, definitions) for key, value in kept.items()}


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
    if value == {}:
        return [], []
    items = _objects(value if isinstance(value, list) else [value])
    facts = [item for item in items if _text(item, _SUBJECT) and _text(item, _OBJECT)]
    entities = [item for item in items if item not in facts and _text(item, _NAME)]
    if items != [] and not facts and not entities:
        raise UnusableAnswer("neither entities nor facts in the answer")
    if not items and value != []:
        raise UnusableAnswer(f"the answer is a JSON {type(value).__name__}")
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
