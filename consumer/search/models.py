"""The question and the answer of a search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """What is asked: `query` in words, within `group_ids`, at most `limit` facts.

    By default the facts that are not over now. `as_of`: those true at that instant (valid time). `include_invalid`:
    those that are over too, whenever.
    """

    query: str
    group_ids: tuple[str, ...]
    limit: int = 10
    as_of: datetime | None = None
    include_invalid: bool = False


@dataclass(frozen=True, slots=True)
class Provenance:
    """An episode that a fact comes from; `excerpt` is the beginning of its content."""

    episode_uuid: str
    name: str
    excerpt: str
    reference_time: datetime


@dataclass(frozen=True, slots=True)
class FactHit:
    """A fact that answers, with why it is here: its fused score and its rank (from 1) in each leg."""

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


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Hits, best first."""

    hits: tuple[FactHit, ...]
