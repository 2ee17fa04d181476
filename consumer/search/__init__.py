"""Hybrid search over a graph, with validity in time and provenance."""

from consumer.search.fusion import Fused, fused_by_ranks, fused_by_scores, reciprocal_rank_fusion
from consumer.search.reading import Reader
from consumer.search.request import Fusion, Kind, Leg, Ranking, Reranker, SearchRequest
from consumer.search.result import CommunityHit, EntityHit, EpisodeHit, FactHit, LegReport, Provenance, SearchResult
from consumer.search.search import Search

__all__ = [
    "CommunityHit",
    "EntityHit",
    "EpisodeHit",
    "FactHit",
    "Fused",
    "Fusion",
    "Kind",
    "Leg",
    "LegReport",
    "Provenance",
    "Ranking",
    "Reader",
    "Reranker",
    "Search",
    "SearchRequest",
    "SearchResult",
    "fused_by_ranks",
    "fused_by_scores",
    "reciprocal_rank_fusion",
]
