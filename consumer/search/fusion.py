"""How what several legs found becomes one list. Pure.

F1: the order of the legs does not matter. F2: a candidate that is better in every leg is better fused. F3: who found
nothing changes nothing. Ties go to the better best rank, then to the uuid, so that equal questions give equal lists.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

RRF_K = 60
"""Rank constant of reciprocal rank fusion.

Source: Cormack, Clarke, Buettcher, "Reciprocal Rank Fusion outperforms Condorcet", SIGIR 2009.
"""

Scored = tuple[str, float]
"""A candidate and its leg's own score."""


@dataclass(frozen=True, slots=True)
class Fused:
    """One candidate after fusion: its score, and its rank (from 1) and own score in each leg that found it."""

    uuid: str
    score: float
    ranks: Mapping[str, int]
    scores: Mapping[str, float] = field(default_factory=dict)


def reciprocal_rank_fusion(legs: Mapping[str, Sequence[str]], k: int = RRF_K) -> list[Fused]:
    """Return all candidates, best first: each leg adds 1 / (k + rank)."""
    fused = fused_by_ranks({leg: [(uuid, 0.0) for uuid in uuids] for leg, uuids in legs.items()}, {}, k)
    return [Fused(one.uuid, one.score, one.ranks) for one in fused]


def fused_by_ranks(legs: Mapping[str, Sequence[Scored]], weights: Mapping[str, float], k: int = RRF_K) -> list[Fused]:
    """Return all candidates, best first: each leg adds weight / (k + rank). A leg without a weight has 1."""
    parts = {
        leg: {uuid: weights.get(leg, 1.0) / (k + rank) for uuid, (rank, _) in _places(found).items()}
        for leg, found in legs.items()
    }
    return _added(legs, parts)


def fused_by_scores(legs: Mapping[str, Sequence[Scored]], weights: Mapping[str, float]) -> list[Fused]:
    """Return all candidates, best first: each leg adds its weight times its score, scaled to 0..1 within the leg.

    Weights count relative to each other, so a candidate that is the best of every leg has score 1. The worst of a leg
    has nothing of it; where all are equal, each has all of it.
    """
    own = {leg: weights.get(leg, 1.0) for leg, found in legs.items() if found}
    total = sum(own.values())
    parts: dict[str, dict[str, float]] = {}
    for leg, weight in own.items():
        places = _places(legs[leg])
        best = max(score for _, score in places.values())
        worst = min(score for _, score in places.values())
        share = weight / total if total > 0 else 0.0
        parts[leg] = {
            uuid: share * ((score - worst) / (best - worst) if best > worst else 1.0)
            for uuid, (_, score) in places.items()
        }
    return _added(legs, parts)


def _places(found: Sequence[Scored]) -> dict[str, tuple[int, float]]:
    """Return rank and score by uuid; of one that is there twice the better place."""
    places: dict[str, tuple[int, float]] = {}
    for rank, (uuid, score) in enumerate(found, start=1):
        places.setdefault(uuid, (rank, score))
    return places


def _added(legs: Mapping[str, Sequence[Scored]], parts: Mapping[str, Mapping[str, float]]) -> list[Fused]:
    ranks: dict[str, dict[str, int]] = {}
    scores: dict[str, dict[str, float]] = {}
    for leg in sorted(legs):
        for uuid, (rank, score) in _places(legs[leg]).items():
            ranks.setdefault(uuid, {})[leg] = rank
            scores.setdefault(uuid, {})[leg] = score
    fused = [
        Fused(uuid, sum(parts[leg][uuid] for leg in found if leg in parts), found, scores[uuid])
        for uuid, found in ranks.items()
    ]
    return ordered(fused)


def ordered(fused: Sequence[Fused]) -> list[Fused]:
    """Return candidates best first, ties settled."""
    return sorted(fused, key=lambda one: (-one.score, min(one.ranks.values(), default=0), one.uuid))
