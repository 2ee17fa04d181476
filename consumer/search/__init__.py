"""Hybrid search over a graph, with validity in time and provenance."""

from consumer.search.fusion import Fused, reciprocal_rank_fusion
from consumer.search.request import Fusion, Kind, Leg, Ranking, Reranker, SearchRequest
from consumer.search.result import CommunityHit, EntityHit, EpisodeHit, FactHit, LegReport, Provenance, SearchResult
from consumer.search.search import FactReader, Search

__all__ = [
    "CommunityHit",
    "EntityHit",
    "EpisodeHit",
    "FactHit",
    "FactReader",
    "Fused",
    "Fusion",
    "Kind",
    "Leg",
    "LegReport",
    "Provenance",
    "Ranking",
    "Reranker",
    "Search",
    "SearchRequest",
    "SearchResult",
    "reciprocal_rank_fusion",
]
