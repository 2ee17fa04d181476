"""The wire contract: the value of a record on the episodes topic, and of a dead letter's headers.

`schemas/` is generated from these models (`episodes schema …`). Unknown fields are kept and warned about, not
refused, so that a producer can be newer than its consumer.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    FiniteFloat,
    StrictBool,
    Tag,
    TypeAdapter,
    model_validator,
)

from consumer.model.knowledge import Exclusive, Polarity

GroupId = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9_-]+$",
        max_length=200,
        description="The tenant. Scopes every read and write; also the record's key, so that a group stays in order.",
    ),
]
# Lengths of names and texts are settings of the consumer (`pipeline.max_name_chars`, …), which decoding checks; the
# schema shows producers the defaults.
_NAME_LIMIT: dict[str, Any] = {"maxLength": 512}
_TEXT_LIMIT: dict[str, Any] = {"maxLength": 4_000}

EventId = Annotated[
    str,
    Field(
        min_length=1,
        description="Identifies the event within its group; a redelivery keeps it.",
        json_schema_extra=_NAME_LIMIT,
    ),
]
Name = Annotated[str, Field(min_length=1, json_schema_extra=_NAME_LIMIT)]
ScalarValue = Annotated[str, Field(json_schema_extra=_TEXT_LIMIT)] | int | FiniteFloat | bool


_DATE_FIRST = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _said_in_words(value: Any) -> Any:
    """Refuse a number as an instant: seconds or milliseconds would be a guess, and a wrong one gives wrong facts."""
    if isinstance(value, datetime) or (isinstance(value, str) and _DATE_FIRST.match(value)):
        return value
    raise ValueError("write the instant as RFC 3339 text with zone, e.g. 2024-05-01T09:00:00Z")


Instant = Annotated[AwareDatetime, BeforeValidator(_said_in_words)]


class _Wire(BaseModel):
    """What all wire models share: unknown fields are kept."""

    model_config = ConfigDict(extra="allow", frozen=True, use_attribute_docstrings=True)


class GivenEntity(_Wire):
    """An entity of a given fact, where a bare name is not enough."""

    name: Name
    """Name as it should be shown."""
    type: str = Field("Entity", json_schema_extra=_NAME_LIMIT)
    """Entity type; becomes a label."""
    summary: str = Field("", json_schema_extra=_TEXT_LIMIT)
    """What is known of it, in a sentence."""
    attributes: dict[str, ScalarValue] = Field(default_factory=dict, json_schema_extra={"maxProperties": 64})
    """Flat attributes, stored on the node."""


def _end_kind(value: Any) -> str:
    """Return whether an end of a fact is an entity or, by anything else, a name."""
    return "entity" if isinstance(value, dict | GivenEntity) else "name"


FactEnd = Annotated[Annotated[Name, Tag("name")] | Annotated[GivenEntity, Tag("entity")], Discriminator(_end_kind)]


class GivenFact(_Wire):
    """A fact that the producer knows: taken as it is, without a model call."""

    subject: FactEnd
    """Who or what the fact is about."""
    relation: Name
    """Relation type, e.g. HOLDS_OFFICE."""
    object: FactEnd
    """The other end."""
    fact: str = Field("", json_schema_extra=_TEXT_LIMIT)
    """The fact as a sentence; made from the triple when empty."""
    valid_at: Instant | None = None
    """Since when it is true (RFC 3339 with zone); the reference time when absent."""
    invalid_at: Instant | None = None
    """Since when it is no longer true; with polarity `ends`, when it ended."""
    exclusive: Exclusive = Exclusive.NONE
    """On which side only one such fact can hold at a time."""
    polarity: Polarity = Polarity.ASSERTS
    """Whether the fact holds or is over."""
    instead_of: Instant | None = None
    """A correction: the date told before, which `valid_at` (with polarity `ends`: `invalid_at`) replaces."""


class EpisodeAdded(_Wire):
    """An episode to be turned into entities and facts."""

    type: Literal["episode.added"] = "episode.added"
    """Kind of event."""
    group_id: GroupId
    event_id: EventId | None = None
    """Identifies the event within its group; by default a hash of group, name, source, reference time and content."""
    name: str = Field("", json_schema_extra=_NAME_LIMIT)
    """Short title of the episode."""
    source: Literal["message", "text", "json", "fact_triple"] = "text"
    """What the content is; a message reads `speaker: text`."""
    source_description: str = Field("", json_schema_extra=_NAME_LIMIT)
    """Where it comes from."""
    content: Any = ""
    """Text; for source `json` any JSON value."""
    reference_time: Instant | None = None
    """When it was said or happened (RFC 3339 with zone); the record's timestamp when absent."""
    saga: Name | None = None
    """Name of the series of episodes it belongs to."""
    extract: StrictBool | None = None
    """False: store and embed only, no model call. By default true, unless `facts` are given."""
    facts: list[GivenFact] = Field(default_factory=list, json_schema_extra={"maxItems": 1_000})
    """Facts that the producer knows, taken as they are; no model call unless `extract` is true."""
    ontology: Name | None = None
    """Name of a registered set of entity and relation types."""

    @model_validator(mode="after")
    def _content_fits_source(self) -> EpisodeAdded:
        """Refuse content that is not text where the source says text."""
        if self.source != "json" and not isinstance(self.content, str):
            raise ValueError(f"content must be a string for source {self.source!r}; use source 'json' for JSON values")
        return self


class EpisodeRemoved(_Wire):
    """Takes one episode out: the graph is then as if it had never been there."""

    type: Literal["episode.removed"]
    """Kind of event."""
    group_id: GroupId
    event_id: EventId


class GroupRemoved(_Wire):
    """Takes a whole group out."""

    type: Literal["group.removed"]
    """Kind of event."""
    group_id: GroupId


def _event_type(value: Any) -> str:
    """Return the tag of the union; an absent type is an added episode."""
    kind = value.get("type", "episode.added") if isinstance(value, dict) else getattr(value, "type", "episode.added")
    return kind if isinstance(kind, str) else type(kind).__name__


Event = Annotated[
    Annotated[EpisodeAdded, Tag("episode.added")]
    | Annotated[EpisodeRemoved, Tag("episode.removed")]
    | Annotated[GroupRemoved, Tag("group.removed")],
    Discriminator(_event_type),
]

EVENT: TypeAdapter[EpisodeAdded | EpisodeRemoved | GroupRemoved] = TypeAdapter(Event)
"""Validates and serialises the value of a record."""


class DeadLetterHeaders(BaseModel):
    """Headers added to a dead letter; key, value and the original headers stay as they were.

    Kafka header values are bytes; these are their UTF-8 texts.
    """

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True, populate_by_name=True)

    reason: str = Field(alias="episodes.dead_letter.reason")
    """Why, in kebab-case, e.g. `invalid-json`."""
    detail: str = Field("", alias="episodes.dead_letter.detail")
    """What exactly, for a person."""
    family: str = Field(alias="episodes.dead_letter.family")
    """`episode`: its own fault. `world`: its calls alone keep failing. `unexpected`: an exception no table knows."""
    stage: str = Field(alias="episodes.dead_letter.stage")
    """Where: intake, extract, embed or write."""
    attempts: str = Field("1", alias="episodes.dead_letter.attempts")
    """How many tries it had."""
    first_at: str = Field("", alias="episodes.dead_letter.first_at")
    """When the first of them ended (RFC 3339)."""
    failed_at: str = Field(alias="episodes.dead_letter.failed_at")
    """When it was given up (RFC 3339)."""
    traceback_digest: str = Field("", alias="episodes.dead_letter.traceback_digest")
    """Of an unexpected exception: equal for equal places in the code; empty otherwise."""
    origin_topic: str = Field(alias="episodes.origin.topic")
    """The topic it was read from."""
    origin_partition: str = Field(alias="episodes.origin.partition")
    """The partition it was read from."""
    origin_offset: str = Field(alias="episodes.origin.offset")
    """The offset it was read from."""
    origin_timestamp: str = Field(alias="episodes.origin.timestamp_ms")
    """The record's own timestamp, milliseconds since 1970."""
    trace_id: str = Field("", alias="episodes.trace_id")
    """The trace of the attempt, empty when none was recorded."""
