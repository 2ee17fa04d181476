"""What travels between the graph and `consumer.communities`: a group's entities and current facts, and communities.

Instants are milliseconds since 1970 (UTC), as the database gives them without a driver's type for each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from consumer.model.episode import Vector


class GroupEntity(NamedTuple):
    """An entity; its type is `Entity` where nothing more is known."""

    uuid: str
    name: str
    type: str
    created_ms: int


GroupFact: TypeAlias = tuple[str, str, str, str, int | None, int]
"""A fact that nothing has ended: uuid, source, target, relation; since when it is true in the world, if that is known;
when it was created.

A bare tuple on purpose: there are very many, and the garbage collector stops looking at bare tuples of plain values, so
that its full rounds, which hold an event loop, do not grow with the group.
"""


@dataclass(frozen=True, slots=True)
class GroupGraph:
    """What a group's communities are made of, in any order."""

    entities: tuple[GroupEntity, ...] = ()
    facts: tuple[GroupFact, ...] = ()


@dataclass(frozen=True, slots=True)
class Community:
    """A community as it is in the graph, or is to be.

    `members` are uuids, sorted: of entities at level 0, above it of communities of the level below.
    """

    uuid: str
    level: int
    name: str
    summary: str
    created_ms: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prints:
    """Hashes that tell whether a community is as it was: `shape` of its ties, `text` of what is told of it and how."""

    shape: str
    text: str


@dataclass(frozen=True, slots=True)
class Build:
    """A build: the `version` of the group that it read, its rules, and the prints of its communities by uuid."""

    version: int
    rules: str
    prints: Mapping[str, Prints] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wanted:
    """All communities that a group is to have, as `build` made them.

    `vectors` are those of names that the graph has no vector of, in the space of `model`; None: this name gets none.
    """

    communities: tuple[Community, ...]
    build: Build
    model: str | None = None
    vectors: Mapping[str, Vector | None] = field(default_factory=dict)
