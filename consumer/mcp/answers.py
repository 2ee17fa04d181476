"""What the tools answer: the fields that users of Graphiti's server know, as plain JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from typing_extensions import TypedDict

from consumer.graph.library import EpisodeLine, WholeEntity, WholeFact
from consumer.model.instants import iso
from consumer.model.knowledge import DEFAULT_TYPE


class Said(TypedDict):
    """What was done."""

    message: str


class Added(TypedDict):
    """A memory that is in the log: the node it will be, and where it is."""

    message: str
    episode_uuid: str
    group_id: str
    event_id: str


class NodeResult(TypedDict):
    """An entity."""

    uuid: str
    name: str
    labels: list[str]
    created_at: str | None
    summary: str
    group_id: str
    attributes: dict[str, Any]


class NodesFound(TypedDict):
    """Entities, best first."""

    message: str
    nodes: list[NodeResult]


class FactResult(TypedDict):
    """A fact between two entities, with when it is true and which episodes tell it."""

    uuid: str
    group_id: str
    name: str
    fact: str
    source_node_uuid: str
    source_node_name: str
    target_node_uuid: str
    target_node_name: str
    episodes: list[str]
    created_at: str | None
    expired_at: str | None
    valid_at: str | None
    invalid_at: str | None
    attributes: dict[str, Any]


class FactsFound(TypedDict):
    """Facts, best first."""

    message: str
    facts: list[FactResult]


class EpisodeResult(TypedDict):
    """An episode."""

    uuid: str
    name: str
    content: str
    created_at: str | None
    valid_at: str | None
    source: str
    source_description: str
    group_id: str


class EpisodesFound(TypedDict):
    """Episodes, newest first."""

    message: str
    episodes: list[EpisodeResult]


class Provenance(TypedDict):
    """What comes from episodes."""

    message: str
    nodes: list[NodeResult]
    edges: list[FactResult]


class ContextFound(TypedDict):
    """Text for a prompt."""

    message: str
    context: str
    tokens: int


class StatusResult(TypedDict):
    """Whether all is well."""

    status: str
    message: str


def node(entity: WholeEntity) -> NodeResult:
    """Return an entity as the tools tell it."""
    return NodeResult(
        uuid=entity.uuid,
        name=entity.name,
        labels=[DEFAULT_TYPE, *entity.types],
        created_at=_text(entity.created_at),
        summary=entity.summary,
        group_id=entity.group_id,
        attributes=dict(entity.attributes),
    )


def fact(found: WholeFact) -> FactResult:
    """Return a fact as the tools tell it."""
    return FactResult(
        uuid=found.uuid,
        group_id=found.group_id,
        name=found.relation,
        fact=found.fact,
        source_node_uuid=found.subject_uuid,
        source_node_name=found.subject,
        target_node_uuid=found.object_uuid,
        target_node_name=found.object,
        episodes=list(found.episodes),
        created_at=_text(found.created_at),
        expired_at=_text(found.expired_at),
        valid_at=_text(found.valid_at),
        invalid_at=_text(found.invalid_at),
        attributes={},
    )


def episode(found: EpisodeLine) -> EpisodeResult:
    """Return an episode as the tools tell it; its excerpt is the whole content here."""
    return EpisodeResult(
        uuid=found.uuid,
        name=found.name,
        content=found.excerpt,
        created_at=_text(found.created_at),
        valid_at=_text(found.reference_time),
        source=found.source,
        source_description=found.source_description,
        group_id=found.group_id,
    )


def counted(items: Sequence[object], what: str) -> str:
    """Return how many there are, in words."""
    if not items:
        return f"No {what}s found"
    return f"{len(items)} {what}{'' if len(items) == 1 else 's'} found"


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else iso(instant)
