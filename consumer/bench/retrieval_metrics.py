"""How well ranked episodes hold the evidence for a question. Pure.

Source: the usual definitions of recall, reciprocal rank and nDCG with binary gains; means are over questions.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import astuple, dataclass

DEPTH = 20
"""How many results of a question count at most."""

_NDCG_DEPTH = 10


@dataclass(frozen=True, slots=True)
class Quality:
    """Figures of one question or the means of several, each 0 to 1.

    `recall_*`: share of the evidence among the first 5, 10, 20. `mrr`: 1 / rank of the first of it. `ndcg_10`: gains
    discounted by rank, of the most that is possible.
    """

    recall_5: float = 0.0
    recall_10: float = 0.0
    recall_20: float = 0.0
    mrr: float = 0.0
    ndcg_10: float = 0.0

    def as_dict(self) -> dict[str, float]:
        """Return the figures under the names that papers give them."""
        return dict(zip(NAMES, astuple(self), strict=True))


NAMES = ("recall@5", "recall@10", "recall@20", "MRR", "nDCG@10")


def quality(ranked: Iterable[str], evidence: Collection[str]) -> Quality:
    """Return how well `ranked` ids (best first; the first place of a repeated one counts) hold `evidence`.

    Raises:
        ValueError: there is no evidence to look for.
    """
    wanted = set(evidence)
    if not wanted:
        raise ValueError("a question without evidence has no score")
    places = [place for place, one in enumerate(list(dict.fromkeys(ranked))[:DEPTH]) if one in wanted]
    ideal = sum(_gain(place) for place in range(min(len(wanted), _NDCG_DEPTH)))
    five, ten, twenty = (sum(place < depth for place in places) / len(wanted) for depth in (5, 10, 20))
    gains = sum(_gain(place) for place in places if place < _NDCG_DEPTH)
    return Quality(five, ten, twenty, mrr=1 / (places[0] + 1) if places else 0.0, ndcg_10=gains / ideal)


def mean(scores: Sequence[Quality]) -> Quality:
    """Return the mean of each figure; zeros of nothing."""
    if not scores:
        return Quality()
    return Quality(*(sum(column) / len(scores) for column in zip(*map(astuple, scores), strict=True)))


def _gain(place: int) -> float:
    """Return what a hit at a place from 0 counts."""
    return 1 / math.log2(place + 2)
