"""What simple rankers over raw turns reach on the public question sets: the table to beat. Data only.

Measured on the same questions without a language model; where only one figure was taken, only that is here.
"""

from __future__ import annotations

from collections.abc import Mapping

Figures = Mapping[str, float]


def _row(recall_5: float, recall_10: float, recall_20: float, mrr: float, ndcg_10: float) -> Figures:
    return {"recall@5": recall_5, "recall@10": recall_10, "recall@20": recall_20, "MRR": mrr, "nDCG@10": ndcg_10}


NOT_CARRIED_OVER = "best found (shaped on this set)"
"""No baseline to beat: it loses elsewhere."""

BASELINES: Mapping[str, Mapping[str, Figures]] = {
    "locomo": {
        "BM25, no stemming": _row(0.453, 0.535, 0.612, 0.381, 0.396),
        "BM25, stemmed": _row(0.488, 0.568, 0.644, 0.420, 0.435),
        "MiniLM int8": _row(0.406, 0.491, 0.608, 0.315, 0.333),
        "multilingual e5-small, 4 bit": _row(0.460, 0.548, 0.638, 0.399, 0.410),
        "SPLADE-tiny": _row(0.586, 0.672, 0.732, 0.521, 0.533),
        "RRF of stemmed BM25 and MiniLM": _row(0.498, 0.588, 0.665, 0.410, 0.429),
        "min-max blend of the same": _row(0.543, 0.636, 0.720, 0.465, 0.483),
        "same + 0.3 of the better neighbour": _row(0.596, 0.695, 0.763, 0.483, 0.512),
        NOT_CARRIED_OVER: _row(0.641, 0.720, 0.783, 0.545, 0.563),
    },
    "longmemeval": {
        "BM25, stemmed": {"nDCG@10": 0.809},
        "MiniLM int8": {"nDCG@10": 0.882},
        "blend + neighbour": {"nDCG@10": 0.905},
    },
    "qmsum": {
        "BM25, stemmed": {"nDCG@10": 0.466},
        "MiniLM int8": {"nDCG@10": 0.346},
        "blend + neighbour": {"nDCG@10": 0.504},
    },
    "xquad": {
        "multilingual e5-small, 4 bit (0.99 to 1 in each language)": {"recall@10": 0.99},
        "BM25, Arabic": {"recall@10": 0.94},
        "MiniLM and BM25, Arabic": {"recall@10": 0.53},
    },
}
"""Figures by set and ranker."""


def to_beat(name: str) -> Figures:
    """Return the best figure of each kind that any baseline of a set has, without the one that is no baseline."""
    best: dict[str, float] = {}
    for ranker, figures in BASELINES.get(name, {}).items():
        if ranker != NOT_CARRIED_OVER:
            for figure, value in figures.items():
                best[figure] = max(best.get(figure, 0.0), value)
    return best
