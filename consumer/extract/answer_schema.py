"""The strict JSON Schema of the model's answer. Pure.

What we ask for; what models without strict output really send is read by `consumer.extract.answer`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from consumer.model.knowledge import DEFAULT_TYPE
from consumer.ontology import Ontology

MAX_ENUM = 200
"""Strict output has limits on enumerations. Source: https://platform.openai.com/docs/guides/structured-outputs."""


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
    """A dated relation between two entities; `fact` is the sentence, `instead_of` the date that this one corrects."""

    subject: str
    relation: str
    object: str
    fact: str
    valid_at: str | None
    invalid_at: str | None
    exclusive: Literal["none", "subject", "object", "both"]
    polarity: Literal["asserts", "ends"]
    instead_of: str | None


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
