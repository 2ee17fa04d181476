"""The wire contract: the value of a record on the episodes topic, and of a dead letter's headers.

`schemas/` is generated from these models (`episodes schema …`). Unknown fields are kept and warned about, not
refused, so that a producer can be newer than its consumer.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
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
EventId = Annotated[
    str,
    Field(
        min_length=1,
        max_length=512,
        description="Identifies the event within its group; a redelivery keeps it.",
    ),
]
Name = Annotated[str, Field(min_length=1, max_length=512)]
ScalarValue = str | int | float | bool


class _Wire(BaseModel):
    """What all wire models share: unknown fields are kept."""

    model_config = ConfigDict(extra="allow", frozen=True, use_attribute_docstrings=True)


class GivenEntity(_Wire):
    """An entity of a given fact, where a bare name is not enough."""

    name: Name
    """Name as it should be shown."""
    type: str = "Entity"
    """Entity type; becomes a label."""
    summary: str = ""
    """What is known of it, in a sentence."""
    attributes: dict[str, ScalarValue] = Field(default_factory=dict)
    """Flat attributes, stored on the node."""


class GivenFact(_Wire):
    """A fact that the producer knows: taken as it is, without a model call."""

    subject: Name | GivenEntity
    """Who or what the fact is about."""
    relation: Name
    """Relation type, e.g. HOLDS_OFFICE."""
    object: Name | GivenEntity
    """The other end."""
    fact: str = ""
    """The fact as a sentence; made from the triple when empty."""
    valid_at: AwareDatetime | None = None
    """Since when it is true (RFC 3339 with zone); the reference time when absent."""
    invalid_at: AwareDatetime | None = None
    """Since when it is no longer true; with polarity `ends`, when it ended."""
    exclusive: Exclusive = Exclusive.NONE
    """On which side only one such fact can hold at a time."""
    polarity: Polarity = Polarity.ASSERTS
    """Whether the fact holds or is over."""


class EpisodeAdded(_Wire):
    """An episode to be turned into entities and facts."""

    type: Literal["episode.added"] = "episode.added"
    """Kind of event."""
    group_id: GroupId
    event_id: EventId | None = None
    """Identifies the event within its group; by default a hash of group, name, source, reference time and content."""
    name: str = Field("", max_length=1_000)
    """Short title of the episode."""
    source: Literal["message", "text", "json", "fact_triple"] = "text"
    """What the content is; a message reads `speaker: text`."""
    source_description: str = Field("", max_length=2_000)
    """Where it comes from."""
    content: Any = ""
    """Text; for source `json` any JSON value."""
    reference_time: AwareDatetime | None = None
    """When it was said or happened (RFC 3339 with zone); the record's timestamp when absent."""
    saga: str | None = Field(None, min_length=1, max_length=512)
    """Name of the series of episodes it belongs to."""
    extract: bool | None = None
    """False: store and embed only, no model call. By default true, unless `facts` are given."""
    facts: list[GivenFact] = Field(default_factory=list)
    """Facts that the producer knows, taken as they are; no model call unless `extract` is true."""
    ontology: str | None = Field(None, max_length=200)
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
    if isinstance(value, dict):
        return str(value.get("type", "episode.added"))
    return str(getattr(value, "type", "episode.added"))


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
    """`episode`: its own fault. `unexpected`: an exception that no table knows."""
    stage: str = Field(alias="episodes.dead_letter.stage")
    """Where: intake, extract, embed or write."""
    attempts: str = Field("1", alias="episodes.dead_letter.attempts")
    """How many tries it had."""
    failed_at: str = Field(alias="episodes.dead_letter.failed_at")
    """When (RFC 3339)."""
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
