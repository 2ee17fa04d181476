"""What requests to the API look like: bodies and query parameters, checked by pydantic, told in the OpenAPI document.

Answers are the dataclasses of the packages that answer; nothing here repeats them. Bounds that the settings set
(`serve.max_…`) are checked in `consumer.serve.bounds`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, FiniteFloat, model_validator

from consumer.graph.reading.edges import Direction
from consumer.model.events import EventId, GivenFact, GroupId
from consumer.search.question_models import MAX_DEPTH, MAX_PATHS, MAX_WIDTH, Axis
from consumer.search.request import Fusion, Kind, Leg, Ranking, Reranker, SearchRequest

Uuid = Annotated[str, Field(min_length=1, max_length=200, description="Id of a node or fact, as answers tell it.")]
TypeName = Annotated[str, Field(min_length=1, max_length=200)]
Name = Annotated[str, Field(min_length=1, max_length=512)]


def _with_a_zone(value: Any) -> Any:
    """Take a bare date for its first moment in UTC, refuse numbers and instants without a zone."""
    if isinstance(value, str) and len(value) == len("2024-05-01"):
        return f"{value}T00:00:00Z"
    if isinstance(value, int | float):
        raise ValueError("write the instant as RFC 3339 text with a zone, or as a date: 2024-05-01")  # noqa: TRY004 - pydantic tells it
    return value


Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_with_a_zone, json_schema_input_type=str),
    Field(description="RFC 3339 with a zone, or a date (its first moment in UTC).", examples=["2024-05-01"]),
]


class Wire(BaseModel):
    """What all requests share: unknown fields are refused, so that a misspelt one is not silently nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class RankingBody(Wire):
    """How what the legs find is put in order; what is left out is as the settings say (`search.…`)."""

    fusion: Fusion | None = None
    """By weighted ranks, or by weighted scores scaled to 0..1."""
    weights: dict[Leg, Annotated[FiniteFloat, Field(ge=0)]] | None = None
    """Of the legs, relative to each other."""
    rank_constant: int | None = Field(None, ge=1, le=10_000)
    """Of reciprocal rank fusion."""
    neighbour_bonus: FiniteFloat | None = Field(None, ge=0, le=1)
    """Share of the better neighbouring episode's score that an episode gets on top."""
    reranker: Reranker | None = None
    """What orders the fused candidates anew."""
    mmr_lambda: FiniteFloat | None = Field(None, ge=0, le=1)
    """Of MMR: 1 is relevance alone, 0 diversity alone."""
    center: Uuid | None = None
    """Entity that distances are measured from."""


class SearchBody(Wire):
    """A search: what answers `query` within the groups."""

    query: str = Field(min_length=1, examples=["where does Alice work"])
    """What to look for, in words."""
    group_ids: tuple[GroupId, ...] = Field(min_length=1, examples=[["alice"]])
    """Groups to search."""
    limit: int = Field(10, ge=1)
    """Hits of each kind at most."""
    offset: int = Field(0, ge=0, le=10_000)
    """Hits that were seen: `next_offset` of the page before."""
    kinds: tuple[Kind, ...] = Field((Kind.FACT,), min_length=1)
    """What to find."""
    legs: tuple[Leg, ...] = Field(tuple(Leg), min_length=1)
    """Ways of finding."""
    as_of: Instant | None = None
    """Facts that were true then; by default those that are not over now."""
    valid_from: Instant | None = None
    """Facts that were true at some instant from here on."""
    valid_until: Instant | None = None
    """Facts that were true at some instant until then."""
    known_at: Instant | None = None
    """As the log had told it by then."""
    include_invalid: bool = False
    """Facts that are over, too."""
    entity_types: tuple[TypeName, ...] = Field((), max_length=100)
    """Only entities (and facts of entities) of these types."""
    relation_types: tuple[TypeName, ...] = Field((), max_length=100)
    """Only facts of these relations."""
    episodes: tuple[Uuid, ...] = Field((), max_length=1_000)
    """Only what comes from these episodes."""
    sources: tuple[Literal["message", "text", "json", "fact_triple"], ...] = ()
    """Only what comes from episodes of these sources."""
    origins: tuple[Uuid, ...] = Field((), max_length=100)
    """Entities that the graph leg starts from, beside what the other legs find."""
    depth: int = Field(2, ge=1, le=MAX_DEPTH)
    """How many relations the graph leg goes."""
    ranking: RankingBody | None = None
    vector: tuple[FiniteFloat, ...] | None = Field(None, min_length=1, max_length=16_384)
    """The query's embedding by the groups' model: saves a call."""
    refresh: bool = False
    """Ask the graph though the answer is known."""
    explain: bool = False
    """Tell how the answer was found."""

    @model_validator(mode="after")
    def _asks_something(self) -> SearchBody:
        if not self.query.strip():
            raise ValueError("query: is blank")
        if self.valid_from and self.valid_until and self.valid_until < self.valid_from:
            raise ValueError("valid_until: is before valid_from")
        return self

    def request(self, ranking: Ranking) -> SearchRequest:
        """Return the request that `consumer.search` takes; `ranking` is for what this one does not say."""
        import numpy as np  # noqa: PLC0415 - heavy

        plain = {name: getattr(self, name) for name in SearchBody.model_fields if name not in {"ranking", "vector"}}
        plain = {name: value for name, value in plain.items() if name in SearchRequest.__dataclass_fields__}
        vector = None if self.vector is None else np.asarray(self.vector, dtype=np.float32)
        groups = tuple(dict.fromkeys(self.group_ids))
        if self.ranking is not None:
            ranking = replace(ranking, **dict(self.ranking.model_dump(exclude_none=True)))
        return SearchRequest(**plain | {"group_ids": groups, "ranking": ranking, "vector": vector})


class ContextBody(SearchBody):
    """A search whose answer is text for a prompt; `kinds` is not looked at: facts, entities and episodes count."""

    max_tokens: int = Field(1_000, ge=1)
    """LLM tokens that the text has at most, by our estimate."""


class EpisodeBody(Wire):
    """An episode to publish; the group is in the path. docs/guides/events.md tells the fields."""

    event_id: EventId | None = None
    """Identifies the event within its group; by default a hash of group, name, source, reference time and content."""
    name: str = ""
    """Short title."""
    source: Literal["message", "text", "json", "fact_triple"] = "text"
    """What the content is; a message reads `speaker: text`."""
    source_description: str = ""
    """Where it comes from."""
    content: Any = ""
    """Text; for source `json` any JSON value."""
    reference_time: Instant | None = None
    """When it was said or happened; now, by default."""
    saga: str | None = Field(None, min_length=1)
    """Name of the series of episodes it belongs to."""
    extract: bool | None = None
    """False: store and embed only, no model call."""
    facts: tuple[GivenFact, ...] = ()
    """Facts that are known, taken as they are."""
    ontology: str | None = Field(None, min_length=1)
    """Name of a registered set of entity and relation types."""

    def event(self, group_id: str) -> dict[str, Any]:
        """Return the event for the log: what was given, in the group."""
        return {"group_id": group_id, **self.model_dump(mode="json", exclude_unset=True, exclude_none=True)}


class Page(Wire):
    """A part of a list."""

    limit: int = Field(50, ge=1)
    """Items at most."""
    cursor: str | None = Field(None, max_length=2_000)
    """`next_cursor` of the page before."""


class AsOf(Wire):
    """An instant in both times."""

    as_of: Instant | None = None
    """True then, in the world; now, by default."""
    known_at: Instant | None = None
    """As the log had told it by then."""


class NeighbourQuery(AsOf):
    """What is around an entity."""

    depth: int = Field(1, ge=1, le=MAX_DEPTH)
    """Relations away, at most."""
    any_time: bool = False
    """Facts of whatever time."""
    relation: tuple[TypeName, ...] = Field((), max_length=100)
    """Only these relations; repeat it for several."""
    entity_type: tuple[TypeName, ...] = Field((), max_length=100)
    """Only entities of these types; repeat it for several."""
    direction: Direction = Direction.BOTH
    """As seen from the entity in the middle."""
    width: int = Field(100, ge=1, le=MAX_WIDTH)
    """Facts followed from one entity, at most."""
    limit: int = Field(200, ge=1)
    """Facts in all, at most."""


class PathQuery(AsOf):
    """How two entities are connected."""

    source: Name
    """Name or uuid of the entity at the one end."""
    target: Name
    """Name or uuid of the entity at the other end."""
    max_depth: int = Field(4, ge=1, le=MAX_DEPTH)
    """Relations on a path, at most."""
    count: int = Field(3, ge=1, le=MAX_PATHS)
    """Paths, at most."""
    any_time: bool = False
    """Over facts that are true at some one instant, whichever."""
    relation: tuple[TypeName, ...] = Field((), max_length=100)
    """Only over these relations."""
    entity_type: tuple[TypeName, ...] = Field((), max_length=100)
    """Only by way of entities of these types."""
    direction: Direction = Direction.BOTH
    """OUT follows each fact from subject to object."""


class TimelineQuery(AsOf):
    """What was true of an entity when; without `as_of` at any time."""

    relation: tuple[TypeName, ...] = Field((), max_length=100)
    """Only these relations."""
    direction: Direction = Direction.BOTH
    """The entity as subject, as object, or either."""
    since: Instant | None = None
    """Facts that are true at some instant from here on."""
    until: Instant | None = None
    """Facts that are true at some instant until then."""
    limit: int = Field(100, ge=1)
    """Facts, at most."""
    offset: int = Field(0, ge=0, le=1_000_000)
    """Facts that were seen: `next_offset` of the page before."""


class SnapshotQuery(AsOf, Page):
    """All that was true in a group at an instant."""

    relation: tuple[TypeName, ...] = Field((), max_length=100)
    """Only these relations."""


class DiffQuery(Page):
    """What is different between two instants."""

    start: Instant
    """The earlier one."""
    end: Instant
    """The later one."""
    axis: Axis = Axis.VALID
    """`valid`: what was true; `log`: what the log had told."""
    as_of: Instant | None = None
    """Along `log`: facts held true then."""
    known_at: Instant | None = None
    """Along `valid`: what was known by then."""
    relation: tuple[TypeName, ...] = Field((), max_length=100)
    """Only these relations."""


class ConfirmQuery(Wire):
    """What can't be undone is said twice."""

    confirm: GroupId
    """The group's name once more."""
