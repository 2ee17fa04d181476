"""Orders fused candidates anew: for diversity, by distance, by mentions, by recency. Pure.

R1: a reranker gives back the candidates it was given, each once. R2: what it knows nothing of keeps its fused order,
behind what it knows of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from consumer.model.episode import Vector
from consumer.search.fusion import Fused

HALF_LIFE_DAYS = 30.0
"""Age at which recency is worth half."""

_DAY_S = 86_400.0


def by_diversity(fused: Sequence[Fused], vectors: Mapping[str, Vector], lambda_: float) -> list[Fused]:
    """Return candidates by greedy maximal marginal relevance; scores are those at which each was taken.

    The next is the one with the most of `lambda_` x relevance - (1 - lambda_) x nearness to the nearest one taken.
    Relevance is the fused score scaled to 0..1, so that it is of the same size as a cosine. One without a vector is
    like no other. O(n^2 d), for a window of hundreds.
    Source: Carbonell, Goldstein, "The Use of MMR", SIGIR 1998.
    """
    if not fused:
        return []
    relevance = _scaled([one.score for one in fused])
    rows = _rows([vectors.get(one.uuid) for one in fused])
    nearest = np.zeros(len(fused), dtype=np.float64)
    left = np.ones(len(fused), dtype=bool)
    taken: list[Fused] = []
    for _ in fused:
        gain = np.where(left, lambda_ * relevance - (1 - lambda_) * nearest, -np.inf)
        best = int(np.argmax(gain))
        left[best] = False
        taken.append(replace(fused[best], score=float(gain[best])))
        nearest = np.maximum(nearest, rows @ rows[best])
    return taken


def by_distance(
    fused: Sequence[Fused], entities: Mapping[str, Sequence[str]], distances: Mapping[str, int]
) -> list[Fused]:
    """Return candidates by how near their nearest entity is to the centre, equal ones by fused score; score 1/(1+d).

    What is out of reach comes last, with score 0.
    """

    def distance(one: Fused) -> float:
        return min((distances[each] for each in entities.get(one.uuid, ()) if each in distances), default=np.inf)

    return _by_key(fused, {one.uuid: distance(one) for one in fused}, lambda far: 1.0 / (1.0 + far))


def by_mentions(fused: Sequence[Fused], mentions: Mapping[str, int]) -> list[Fused]:
    """Return candidates by how many episodes tell of them, equal ones by fused score; the score is that number."""
    return _by_key(fused, {one.uuid: -float(mentions.get(one.uuid, 0)) for one in fused}, lambda less: -less)


def by_recency(fused: Sequence[Fused], since: Mapping[str, datetime | None], now: datetime) -> list[Fused]:
    """Return candidates by fused score weighed with their age: half is lost in `HALF_LIFE_DAYS`, at most half in all.

    What has no date counts as old; what begins in the future as new.
    """

    def freshness(one: Fused) -> float:
        begun = since.get(one.uuid)
        if begun is None:
            return 0.0
        days = max((now - begun).total_seconds() / _DAY_S, 0.0)
        return float(0.5 ** (days / HALF_LIFE_DAYS))

    relevance = _scaled([one.score for one in fused])
    weighed = [
        replace(one, score=float(relevant) * (0.5 + 0.5 * freshness(one)))
        for one, relevant in zip(fused, relevance, strict=True)
    ]
    return sorted(weighed, key=lambda one: -one.score)


def by_judgement(fused: Sequence[Fused], scores: Sequence[float]) -> list[Fused]:
    """Return candidates by a judge's scores, which belong to them by position: equal texts never share a score."""
    judged = [replace(one, score=float(score)) for one, score in zip(fused, scores, strict=True)]
    return sorted(judged, key=lambda one: -one.score)


def _by_key(fused: Sequence[Fused], keys: Mapping[str, float], score: Callable[[float], float]) -> list[Fused]:
    return [replace(one, score=float(score(keys[one.uuid]))) for one in sorted(fused, key=lambda one: keys[one.uuid])]


def _scaled(scores: Sequence[float]) -> NDArray[np.float64]:
    values = np.asarray(scores, dtype=np.float64)
    if not len(values):
        return values
    low, high = values.min(), values.max()
    return (values - low) / (high - low) if high > low else np.ones_like(values)


def _rows(vectors: Sequence[Vector | None]) -> NDArray[np.float64]:
    """Return unit rows of one length; zeros for those without a vector, or of another length than most."""
    lengths = [len(vector) for vector in vectors if vector is not None]
    dimension = max(set(lengths), key=lengths.count) if lengths else 1
    rows = np.zeros((len(vectors), dimension), dtype=np.float64)
    for row, vector in zip(rows, vectors, strict=True):
        if vector is not None and len(vector) == dimension and (norm := float(np.linalg.norm(vector))) > 0:
            row[:] = np.asarray(vector, dtype=np.float64) / norm
    return rows
