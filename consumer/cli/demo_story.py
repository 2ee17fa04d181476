"""What a demo did: filled in step by step, then shown to a person or printed for a script."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

    from consumer.graph import Statistics
    from consumer.search import SearchRequest, SearchResult


@dataclass(slots=True)
class Story:
    """Addresses, engines, counts and findings of one demo; `seconds` by step."""

    kafka: str = ""
    neo4j: str = ""
    extractor: str = ""
    embedder: str = ""
    published: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    statistics: dict[str, Statistics] = field(default_factory=dict)
    searches: list[tuple[SearchRequest, SearchResult]] = field(default_factory=list)
    trace: list[ReadableSpan] = field(default_factory=list)
    digest: str = ""
