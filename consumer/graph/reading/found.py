"""What a search reads of the graph, as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from consumer.model.episode import Vector


class What(StrEnum):
    """What can be found."""

    FACT = "fact"
    ENTITY = "entity"
    EPISODE = "episode"
    COMMUNITY = "community"


class Method(StrEnum):
    """How a leg found what it found."""

    FULL_TEXT = "full_text"
    INDEX = "index"
    INDEX_ANYWHERE = "index_anywhere"
    MIXED = "mixed"
    EXACT = "exact"
    WALK = "walk"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Candidate:
    """What one leg found, with that leg's own score; of a fact also its two entities."""

    uuid: str
    score: float
    subject: str = ""
    object: str = ""


class Candidates(list[Candidate]):
    """Candidates, best first, and how they were found: the method, the query's name and its parameters."""

    def __init__(self, found: Sequence[Candidate] = (), method: Method = Method.NONE) -> None:
        super().__init__(found)
        self.method = method
        self.asked: list[tuple[str, Mapping[str, Any]]] = []


@dataclass(frozen=True, slots=True)
class GroupState:
    """A group as a search must know it: version, model of its vectors (None: none of ours).

    `is_switching`: its vectors are being changed, or all of it is being removed.
    """

    version: int = 0
    model: str | None = None
    dimension: int | None = None
    is_switching: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """A fact that a walk met: from which entity, to which, at which step from the starts (from 1)."""

    fact: str
    source: str
    target: str
    number: int


@dataclass(frozen=True, slots=True)
class EpisodeExcerpt:
    """Where something comes from."""

    uuid: str
    name: str
    excerpt: str
    reference_time: datetime
    event_id: str = ""


@dataclass(frozen=True, slots=True)
class FactDetails:
    """What is shown of a fact."""

    uuid: str
    group_id: str
    fact: str
    relation: str
    subject: str
    subject_uuid: str
    object: str
    object_uuid: str
    valid_at: datetime | None
    invalid_at: datetime | None
    episodes: tuple[EpisodeExcerpt, ...]


@dataclass(frozen=True, slots=True)
class EntityDetails:
    """What is shown of an entity."""

    uuid: str
    group_id: str
    name: str
    types: tuple[str, ...]
    summary: str
    episodes: tuple[EpisodeExcerpt, ...]


@dataclass(frozen=True, slots=True)
class EpisodeDetails:
    """What is shown of an episode."""

    uuid: str
    group_id: str
    event_id: str
    name: str
    source: str
    excerpt: str
    reference_time: datetime


@dataclass(frozen=True, slots=True)
class CommunityDetails:
    """What is shown of a community."""

    uuid: str
    group_id: str
    name: str
    summary: str


@dataclass(frozen=True, slots=True)
class Shown:
    """Details by uuid, of each kind, and the groups as they were right after they were read."""

    facts: Mapping[str, FactDetails] = field(default_factory=dict)
    entities: Mapping[str, EntityDetails] = field(default_factory=dict)
    episodes: Mapping[str, EpisodeDetails] = field(default_factory=dict)
    communities: Mapping[str, CommunityDetails] = field(default_factory=dict)
    states: Mapping[str, GroupState] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Features:
    """What rerankers look at; `mentions`: how many episodes tell of it, `since` when it holds, `vector` if wanted."""

    text: str
    mentions: int
    since: datetime | None
    vector: Vector | None = None
    entities: tuple[str, ...] = ()
