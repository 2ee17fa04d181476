"""Builds search as the settings have it: ranking by default, the cache of results, who judges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from consumer.cache.levels import tiered
from consumer.clock import Clock, SystemClock
from consumer.graph import Database, GraphReader
from consumer.ports import Embedder
from consumer.search import Fusion, Leg, Ranking, Reranker, Search
from consumer.search.ordering import CrossEncoder
from consumer.search.result_cache import KIND, ResultCache
from consumer.settings import CacheSettings, Settings
from consumer.settings.search import SearchSettings


class Judge(CrossEncoder, Protocol):
    """A cross-encoder with connections."""

    async def aclose(self) -> None:
        """Close them."""
        ...


def default_ranking(settings: SearchSettings) -> Ranking:
    """Return the ranking of requests that have none of their own."""
    return Ranking(
        fusion=Fusion(settings.fusion),
        weights={
            Leg.VECTOR: settings.vector_weight,
            Leg.FULL_TEXT: settings.full_text_weight,
            Leg.GRAPH: settings.graph_weight,
        },
        rank_constant=settings.rank_constant,
        neighbour_bonus=settings.neighbour_bonus,
        reranker=Reranker(settings.reranker),
    )


def build_judge(settings: Settings) -> Judge | None:
    """Return the cross-encoder that the settings name: a /rerank endpoint, else the chat model where there is a key."""
    if settings.search.rerank_url:
        from consumer.search.rerank_endpoint import RerankEndpoint  # noqa: PLC0415 - only where it is set

        return RerankEndpoint(settings.search)
    if settings.openai_api_key is None:
        return None
    from consumer.llm.client import Endpoint  # noqa: PLC0415 - openai takes a second to load
    from consumer.llm.relevance import LogprobJudge  # noqa: PLC0415

    endpoint = Endpoint(
        settings.openai_api_key.get_secret_value(),
        settings.openai_base_url,
        settings.search.rerank_timeout_s,
        settings.search.judge_concurrency,
        settings.openai_api_version,
    )
    return LogprobJudge(endpoint, settings.search.judge_model, settings.search.judge_concurrency)


def result_cache(search: SearchSettings, cache: CacheSettings, clock: Clock) -> ResultCache | None:
    """Return the cache of results, in memory and in Redis where that is set; None when it is switched off.

    Not on disk: what outlives a pod there would be read more slowly than a small graph is searched.
    """
    if search.cache_bytes == 0:
        return None
    levels = cache.model_copy(
        update={"memory_ttl_s": search.cache_ttl_s, "redis_ttl_s": search.cache_ttl_s, "disk_dir": None}
    )
    return ResultCache(tiered(KIND, search.cache_bytes, levels, clock=clock), search.cache_ttl_s, clock)


def build_search(
    settings: Settings,
    database: Database,
    embedder: Embedder,
    embedder_of: Callable[[str], Embedder | None] | None = None,
    judge: CrossEncoder | None = None,
) -> Search:
    """Return a search over `database`; close it with `aclose`. What is passed in stays its owner's."""
    clock = SystemClock()
    return Search(
        GraphReader(database, clock, exact_up_to=settings.search.exact_up_to),
        embedder,
        clock,
        embedder_of,
        ranking=default_ranking(settings.search),
        cache=result_cache(settings.search, settings.cache, clock),
        cross_encoder=judge,
        judged=settings.search.rerank_candidates,
    )
