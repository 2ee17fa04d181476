"""What models' LLM tokens cost: by the settings, else by what is known here; and what a call costs. Pure.

A model that is in neither has no price: its tokens are counted and its cost is unknown, never guessed from a name that
is alike.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase

from consumer.llm.exchange import Usage
from consumer.settings import Price

AS_OF = "2026-11-27"
"""The day on which `KNOWN` was looked through."""

KNOWN: Mapping[str, Price] = {
    "gpt-4.1": Price(input=2.0, cached_input=0.5, output=8.0),
    "gpt-4.1-mini": Price(input=0.4, cached_input=0.1, output=1.6),
    "gpt-4.1-nano": Price(input=0.1, cached_input=0.025, output=0.4),
    "gpt-4o": Price(input=2.5, cached_input=1.25, output=10.0),
    "gpt-4o-2024-05-13": Price(input=5.0, output=15.0),
    "gpt-4o-mini": Price(input=0.15, cached_input=0.075, output=0.6),
    "gpt-5": Price(input=1.25, cached_input=0.125, output=10.0),
    "gpt-5-mini": Price(input=0.25, cached_input=0.025, output=2.0),
    "gpt-5-nano": Price(input=0.05, cached_input=0.005, output=0.4),
    "gpt-5-pro": Price(input=15.0, output=120.0),
    "gpt-5.1": Price(input=1.25, cached_input=0.125, output=10.0),
    "gpt-5.2": Price(input=1.75, cached_input=0.175, output=14.0),
    "gpt-5.2-pro": Price(input=21.0, output=168.0),
    "gpt-5.4": Price(input=2.5, cached_input=0.25, output=15.0),
    "gpt-5.4-mini": Price(input=0.75, cached_input=0.075, output=4.5),
    "gpt-5.4-nano": Price(input=0.2, cached_input=0.02, output=1.25),
    "gpt-5.5": Price(input=5.0, cached_input=0.5, output=30.0),
    "o1": Price(input=15.0, cached_input=7.5, output=60.0),
    "o1-mini": Price(input=1.1, cached_input=0.55, output=4.4),
    "o3": Price(input=2.0, cached_input=0.5, output=8.0),
    "o3-mini": Price(input=1.1, cached_input=0.55, output=4.4),
    "o3-pro": Price(input=20.0, output=80.0),
    "o4-mini": Price(input=1.1, cached_input=0.275, output=4.4),
    "text-embedding-3-small": Price(input=0.02),
    "text-embedding-3-large": Price(input=0.13),
    "text-embedding-ada-002": Price(input=0.1),
}
"""USD a million LLM tokens at OpenAI's standard tier, prompts below its threshold for long ones (over 200,000 tokens).

Source: https://openai.com/api/pricing as collected in Pydantic's genai-prices 0.2.3 (November 2026). Left out: models
that also charge for writing to their cache (gpt-5.6), which no usage we read tells.
"""

_PER = 1_000_000
_DATED = re.compile(r"-\d{4}-\d{2}-\d{2}$")


class PriceTable:
    """Prices by model.

    P1: a price of the settings counts before a known one, an exact name before a pattern, a longer pattern before a
        shorter one.
    P2: a known price holds for the model itself and its dated versions, for nothing else.
    """

    def __init__(self, own: Mapping[str, Price] | None = None) -> None:
        """Take the prices of the settings: names or patterns with `*` and `?`, compared in lower case."""
        ranked = sorted((own or {}).items(), key=lambda item: ("*" in item[0] or "?" in item[0], -len(item[0])))
        self._own = [(pattern.lower(), price) for pattern, price in ranked]

    def of(self, *models: str) -> Price | None:
        """Return the price of the first of `models` that has one, or None.

        Several names are one model's: as asked for, and as the server calls what answered. A provider's prefix
        (`azure/`, `openrouter/openai/`) may stand in front.
        """
        names = [name for model in models if (name := model.lower())]
        return next((price for name in names for price in self._matching(name)), None) or next(
            (price for name in names if (price := _known(name)) is not None), None
        )

    def _matching(self, name: str) -> list[Price]:
        bare = name.rsplit("/", 1)[-1]
        return [price for pattern, price in self._own if fnmatchcase(name, pattern) or fnmatchcase(bare, pattern)]


def cost_usd(price: Price, usage: Usage) -> float:
    """Return what `usage` costs in USD; cached tokens are part of the input's."""
    cached = min(max(usage.cached_tokens, 0), usage.input_tokens)
    cached_price = price.input if price.cached_input is None else price.cached_input
    return (
        (usage.input_tokens - cached) * price.input + cached * cached_price + usage.output_tokens * price.output
    ) / _PER


def _known(name: str) -> Price | None:
    bare = name.rsplit("/", 1)[-1]
    return KNOWN.get(bare) or KNOWN.get(_DATED.sub("", bare))
