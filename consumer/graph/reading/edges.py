"""Facts and entities as questions about the graph read them: both ends by id and name, and the four instants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from consumer.graph.invalidate import Fact
from consumer.model.knowledge import DEFAULT_TYPE


class Direction(StrEnum):
    """Which facts of an entity count: those it is the subject of, those it is the object of, or both."""

    OUT = "out"
    IN = "in"
    BOTH = "both"

    @property
    def has_out(self) -> bool:
        """Whether facts count of which it is the subject."""
        return self is not Direction.IN

    @property
    def has_in(self) -> bool:
        """Whether facts count of which it is the object."""
        return self is not Direction.OUT

    @property
    def turned(self) -> Direction:
        """What it is from the other end."""
        return {Direction.OUT: Direction.IN, Direction.IN: Direction.OUT}.get(self, self)


@dataclass(frozen=True, slots=True)
class EntityNode:
    """An entity; `types` are its labels beside `Entity`, `facts` in how many facts it is, of whatever time."""

    uuid: str
    name: str
    types: tuple[str, ...] = ()
    facts: int = 0


@dataclass(frozen=True, slots=True)
class FactEdge:
    """A fact between two entities; instants UTC. `invalid_at` and `expired_at` are None while no end is known."""

    uuid: str
    subject_uuid: str
    subject: str
    relation: str
    object_uuid: str
    object: str
    sentence: str
    valid_at: datetime | None
    invalid_at: datetime | None
    created_at: datetime | None
    expired_at: datetime | None
    episodes: tuple[str, ...] = ()

    def other(self, uuid: str) -> str:
        """Return the entity at the other end than `uuid`."""
        return self.object_uuid if uuid == self.subject_uuid else self.subject_uuid


def node_of(row: Mapping[str, Any]) -> EntityNode:
    """Return the entity of a row: uuid, name, labels, facts."""
    types = tuple(sorted(label for label in row["labels"] if label != DEFAULT_TYPE))
    return EntityNode(row["uuid"], row["name"] or "", types, row["facts"])


def edge_of(row: Mapping[str, Any], names: Mapping[str, EntityNode]) -> FactEdge:
    """Return the fact of a row: source, target, uuid, name, fact, instants as texts, episodes."""
    source, target = row["source"], row["target"]
    return FactEdge(
        uuid=row["uuid"],
        subject_uuid=source,
        subject=names[source].name,
        relation=row["name"] or "",
        object_uuid=target,
        object=names[target].name,
        sentence=row["fact"] or "",
        valid_at=_instant(row["valid_at"]),
        invalid_at=_instant(row["invalid_at"]),
        created_at=_instant(row["created_at"]),
        expired_at=_instant(row["expired_at"]),
        episodes=tuple(row["episodes"] or ()),
    )


def edge_of_fact(fact: Fact, names: Mapping[str, EntityNode]) -> FactEdge:
    """Return a fact that was computed from what the episodes asserted."""
    return FactEdge(
        uuid=fact.uuid,
        subject_uuid=fact.source,
        subject=names[fact.source].name,
        relation=fact.triple.relation,
        object_uuid=fact.target,
        object=names[fact.target].name,
        sentence=fact.sentence,
        valid_at=fact.valid_at,
        invalid_at=fact.invalid_at,
        created_at=fact.created_at,
        expired_at=fact.expired_at,
        episodes=fact.episodes,
    )


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
