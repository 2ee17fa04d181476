"""Hybrid search over the facts of a graph, with validity in time and provenance."""

from consumer.search.fusion import Fused, reciprocal_rank_fusion
from consumer.search.models import FactHit, Provenance, SearchRequest, SearchResult
from consumer.search.search import FactReader, Search

__all__ = [
    "FactHit",
    "FactReader",
    "Fused",
    "Provenance",
    "Search",
    "SearchRequest",
    "SearchResult",
    "reciprocal_rank_fusion",
]
