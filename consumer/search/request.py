"""The question of a search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from consumer.model.episode import Vector


class Kind(StrEnum):
    """What can be found."""

    FACT = "fact"
    ENTITY = "entity"
    EPISODE = "episode"
    COMMUNITY = "community"


class Leg(StrEnum):
    """A way of finding."""

    FULL_TEXT = "full_text"
    VECTOR = "vector"
    GRAPH = "graph"


class Fusion(StrEnum):
    """How the legs' lists become one: by weighted reciprocal ranks, or by weighted scores scaled to 0..1."""

    RANKS = "ranks"
    SCORES = "scores"


class Reranker(StrEnum):
    """What orders the fused candidates anew."""

    NONE = "none"
    MMR = "mmr"
    DISTANCE = "distance"
    MENTIONS = "mentions"
    RECENCY = "recency"
    CROSS_ENCODER = "cross_encoder"


@dataclass(frozen=True, slots=True)
class Ranking:
    """How what the legs find is put in order.

    `weights` of legs count relative to each other. `neighbour_bonus`: share of the better neighbouring episode's score
    that an episode gets on top. `lambda_` of MMR: 1 is relevance alone, 0 diversity alone. `center` is the entity (a
    uuid) that distances are measured from.
    """

    fusion: Fusion = Fusion.SCORES
    weights: Mapping[Leg, float] = field(default_factory=lambda: {Leg.VECTOR: 0.4, Leg.FULL_TEXT: 0.4, Leg.GRAPH: 0.1})
    rank_constant: int = 60
    neighbour_bonus: float = 0.4
    reranker: Reranker = Reranker.NONE
    mmr_lambda: float = 0.5
    center: str | None = None


DEFAULT_RANKING = Ranking()
"""Of a request that says nothing of ranking: whoever answers may have a default of his own (the settings)."""


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """What is asked: `query` in words, within `group_ids`, at most `limit` of each of `kinds` after the first `offset`.

    By default the facts that are not over now. `as_of`: those true at that instant (valid time); `valid_from` and
    `valid_until`: those true at any instant of that range, ends included; `include_invalid`: those that are over too,
    whenever. `known_at`: as the log had told it by then (transaction time). Of entities of `entity_types`, facts of
    `relation_types` (graph names, e.g. WORKS_AT), what comes from `episodes` (uuids) or from episodes of `sources`
    (message, text, json); empty is no condition. `origins` are entities (uuids) that the graph leg starts from, beside
    what the other legs find, at most `depth` relations away. `vector` saves embedding the query: of the groups' model.
    `refresh` asks the graph though the answer is known; `explain` tells how the answer was found.
    """

    query: str
    group_ids: tuple[str, ...]
    limit: int = 10
    as_of: datetime | None = None
    include_invalid: bool = False
    offset: int = 0
    kinds: tuple[Kind, ...] = (Kind.FACT,)
    legs: tuple[Leg, ...] = tuple(Leg)
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    known_at: datetime | None = None
    entity_types: tuple[str, ...] = ()
    relation_types: tuple[str, ...] = ()
    episodes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    depth: int = 2
    ranking: Ranking = DEFAULT_RANKING
    vector: Vector | None = None
    refresh: bool = False
    explain: bool = False
