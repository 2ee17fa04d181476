"""Settings of search: how hits are ranked when the request does not say, what is kept of answers, who judges."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr

from consumer.settings.section import PositiveFloat, PositiveInt, Section


class SearchSettings(Section):
    """Ranking by default, the cache of results, the planner's bound, the cross-encoder."""

    fusion: Literal["ranks", "scores"] = Field(
        "scores", description="how legs become one list: by reciprocal ranks, or by scores scaled to 0..1"
    )
    vector_weight: float = Field(
        0.4, ge=0, description="weight of the vector leg; weights count relative to each other"
    )
    full_text_weight: float = Field(0.4, ge=0, description="weight of the full-text leg")
    graph_weight: float = Field(0.1, ge=0, description="weight of the graph leg; 0 leaves the leg out")
    rank_constant: PositiveInt = Field(
        60, description="k of reciprocal rank fusion: higher makes the first ranks alike"
    )
    neighbour_bonus: float = Field(
        0.4,
        ge=0,
        le=1,
        description="share of the better neighbouring episode's score that an episode gets on top; half of it from two "
        "steps away",
    )
    reranker: Literal["none", "mmr", "distance", "mentions", "recency", "cross_encoder"] = Field(
        "none", description="what orders the fused hits anew"
    )
    exact_up_to: int = Field(
        300, ge=0, description="groups that together hold so many facts are compared one by one: exact, and as fast"
    )
    cache_bytes: int = Field(
        16_000_000, ge=0, description="bound of the results kept in memory; 0 keeps none, in Redis neither"
    )
    cache_ttl_s: PositiveFloat = Field(
        300.0, description="how long a result is kept; a write to one of its groups ends it at once"
    )
    rerank_url: str | None = Field(
        None,
        description="address of a /rerank endpoint (vLLM, TEI, Jina, Cohere shape) for the reranker cross_encoder; "
        "empty: the chat model judges",
    )
    rerank_api_key: SecretStr | None = Field(None, description="sent to it as a bearer token")
    rerank_model: str = Field("", description="named in the request to it, where the server serves several")
    rerank_timeout_s: PositiveFloat = Field(10.0, description="longest wait for its scores")
    rerank_candidates: PositiveInt = Field(50, description="the best fused hits that a cross-encoder judges")
    judge_model: str = Field(
        "gpt-4.1-nano", description="chat model that judges where there is no /rerank endpoint; it must give logprobs"
    )
    judge_concurrency: PositiveInt = Field(10, description="questions to that model at once: one a passage")
