"""What guides for such systems call usual, in seconds: the table to beat (docs/benchmarks.md, "Baselines")."""

from __future__ import annotations

from collections.abc import Mapping

USUAL: Mapping[str, Mapping[str, float]] = {
    "text episode under 500 tokens": {"p50": 0.5, "p95": 1.2, "p99": 2.0},
    "text episode of 500 to 2,000 tokens": {"p50": 1.5, "p95": 3.0, "p99": 5.0},
    "JSON episode": {"p50": 0.3, "p95": 0.8, "p99": 1.5},
    "bulk, an item": {"p50": 0.2, "p95": 0.5, "p99": 1.0},
    "hybrid search": {"p50": 0.15, "p95": 0.3, "p99": 0.5},
    "semantic search": {"p50": 0.1, "p95": 0.2, "p99": 0.35},
    "graph traversal": {"p50": 0.05, "p95": 0.15, "p99": 0.3},
    "search with reranking": {"p50": 0.3, "p95": 0.6, "p99": 1.0},
    "node creation": {"p50": 0.01, "p95": 0.03, "p99": 0.05},
    "edge creation": {"p50": 0.015, "p95": 0.04, "p99": 0.07},
    "communities, under 1,000 nodes": {"p50": 1.0},
    "communities, 10,000 nodes": {"p50": 5.0},
    "communities, over 10,000 nodes": {"p50": 30.0},
}
