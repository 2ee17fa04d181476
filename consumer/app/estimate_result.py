"""The result of an estimate, and what it takes for granted. Plain data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from consumer.llm.exchange import Usage
from consumer.llm.expected import DENSE_RATIO, DENSE_TOKENS, EMBEDDED_SHARE, THIN_RATIO


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What cannot be known before.

    Seconds of a call; LLM tokens answered for each of the content, None as `consumer.llm.expected` has it; and LLM
    tokens embedded for each of the answer.
    """

    latency_s: float = 3.0
    output_ratio: float | None = None
    embedded_share: float = EMBEDDED_SHARE

    @property
    def answer(self) -> str:
        """How long answers are taken to be, in words."""
        if self.output_ratio is not None:
            return f"{self.output_ratio:g} LLM tokens for each of the content"
        return (
            f"{DENSE_RATIO:g} LLM tokens for each of the content's first {DENSE_TOKENS} (of a chunk's), "
            f"{THIN_RATIO:g} for each beyond"
        )


@dataclass(frozen=True, slots=True)
class ModelUse:
    """What one model is asked: calls and LLM tokens; USD, None without a price.

    `cacheable_tokens` are those of the fixed prefix in all calls but the first, `cached_usd` the price when the
    provider caches them.
    """

    model: str
    calls: int
    usage: Usage
    cacheable_tokens: int
    usd: float | None
    cached_usd: float | None


@dataclass(frozen=True, slots=True)
class Estimate:
    """The whole of it. `without_call` says by reason how many episodes need no model."""

    records: int
    bytes: int
    groups: int
    episodes: int
    removals: int
    without_call: Mapping[str, int]
    rejected: Mapping[str, int]
    chunks: int
    models: tuple[ModelUse, ...]
    embedding_model: str
    embedding_tokens: int
    embedding_usd: float | None
    seconds: float
    bottleneck: str
    assumptions: Assumptions
    daily_budget_usd: float | None = None

    @property
    def calls(self) -> int:
        """Chat calls of all models."""
        return sum(each.calls for each in self.models)

    @property
    def usd(self) -> float | None:
        """The price of everything, nothing cached; None when a price is unknown."""
        return _sum([*(each.usd for each in self.models), self.embedding_usd])

    @property
    def cached_usd(self) -> float | None:
        """The price of everything when the provider caches prefixes."""
        return _sum([*(each.cached_usd for each in self.models), self.embedding_usd])

    @property
    def days(self) -> int | None:
        """How many days of UTC the day's budget stretches it over, None without a budget or a price."""
        if self.daily_budget_usd is None or self.usd is None:
            return None
        return max(1, math.ceil(self.usd / self.daily_budget_usd))

    def as_dict(self) -> dict[str, Any]:
        """Return it for a script."""
        return {
            "records": self.records,
            "bytes": self.bytes,
            "groups": self.groups,
            "episodes": self.episodes,
            "removals": self.removals,
            "without_call": dict(self.without_call),
            "rejected": dict(self.rejected),
            "chunks": self.chunks,
            "calls": self.calls,
            "models": [
                {
                    "model": each.model,
                    "calls": each.calls,
                    "input_tokens": each.usage.input_tokens,
                    "cacheable_tokens": each.cacheable_tokens,
                    "output_tokens": each.usage.output_tokens,
                    "usd": each.usd,
                    "usd_with_prefix_cached": each.cached_usd,
                }
                for each in self.models
            ],
            "embedding": {
                "model": self.embedding_model,
                "tokens": self.embedding_tokens,
                "usd": self.embedding_usd,
            },
            "usd": self.usd,
            "usd_with_prefix_cached": self.cached_usd,
            "seconds": round(self.seconds, 1),
            "bottleneck": self.bottleneck,
            "days_at_daily_budget": self.days,
            "assumptions": {
                "latency_ms": round(self.assumptions.latency_s * 1_000),
                "answer": self.assumptions.answer,
                "embedded_tokens_per_answer_token": self.assumptions.embedded_share,
            },
        }


def _sum(parts: list[float | None]) -> float | None:
    known = [part for part in parts if part is not None]
    return sum(known) if len(known) == len(parts) else None
