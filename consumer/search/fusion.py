"""How ranked lists of several legs become one. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

RRF_K = 60
"""Rank constant of reciprocal rank fusion.

Source: Cormack, Clarke, Buettcher, "Reciprocal Rank Fusion outperforms Condorcet", SIGIR 2009.
"""


@dataclass(frozen=True, slots=True)
class Fused:
    """One candidate after fusion: its score, and its rank (from 1) in each leg that found it."""

    uuid: str
    score: float
    ranks: Mapping[str, int]


def reciprocal_rank_fusion(legs: Mapping[str, Sequence[str]], k: int = RRF_K) -> list[Fused]:
    """Return all candidates, best first: each leg adds 1 / (k + rank). Ties go to the better best rank, then uuid."""
    ranks: dict[str, dict[str, int]] = {}
    for leg, uuids in legs.items():
        for rank, uuid in enumerate(uuids, start=1):
            ranks.setdefault(uuid, {}).setdefault(leg, rank)
    fused = [Fused(uuid, sum(1 / (k + rank) for rank in found.values()), found) for uuid, found in ranks.items()]
    return sorted(fused, key=lambda one: (-one.score, min(one.ranks.values()), one.uuid))
