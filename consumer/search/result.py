"""The answer of a search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Provenance:
    """An episode that a fact comes from; `excerpt` is the beginning of its content."""

    episode_uuid: str
    name: str
    excerpt: str
    reference_time: datetime
    event_id: str = ""


@dataclass(frozen=True, slots=True)
class FactHit:
    """A fact that answers, with why it is here: its score, and its rank (from 1) and own score in each leg."""

    uuid: str
    group_id: str
    fact: str
    relation: str
    subject: str
    object: str
    valid_at: datetime | None
    invalid_at: datetime | None
    score: float
    ranks: Mapping[str, int]
    provenance: tuple[Provenance, ...]
    subject_uuid: str = ""
    object_uuid: str = ""
    scores: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EntityHit:
    """An entity that answers; `types` are its labels beside `Entity`, `provenance` the latest that mention it."""

    uuid: str
    group_id: str
    name: str
    types: tuple[str, ...]
    summary: str
    score: float
    ranks: Mapping[str, int]
    scores: Mapping[str, float] = field(default_factory=dict)
    provenance: tuple[Provenance, ...] = ()


@dataclass(frozen=True, slots=True)
class EpisodeHit:
    """An episode that answers; `excerpt` is the beginning of its content."""

    uuid: str
    group_id: str
    event_id: str
    name: str
    source: str
    excerpt: str
    reference_time: datetime
    score: float
    ranks: Mapping[str, int]
    scores: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CommunityHit:
    """A community that answers."""

    uuid: str
    group_id: str
    name: str
    summary: str
    score: float
    ranks: Mapping[str, int]
    scores: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LegReport:
    """What one leg did: how, how many it found, in what time, and by which plan of the database."""

    leg: str
    kind: str
    method: str
    found: int
    milliseconds: float
    plan: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Hits of each kind, best first. `next_offset` is None after the last page; `legs` is there when asked for."""

    hits: tuple[FactHit, ...]
    entities: tuple[EntityHit, ...] = ()
    episodes: tuple[EpisodeHit, ...] = ()
    communities: tuple[CommunityHit, ...] = ()
    next_offset: int | None = None
    is_cached: bool = False
    legs: tuple[LegReport, ...] = ()
