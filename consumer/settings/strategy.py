"""Presets of how much is done at once: what guides call parallel strategies. The graph is the same with each."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from pydantic import BaseModel


class Strategy(StrEnum):
    """How much is done at once, from most to least."""

    AGGRESSIVE = "aggressive"
    BALANCED = "balanced"
    CONSERVATIVE = "conservative"
    SEQUENTIAL = "sequential"


PRESETS: Mapping[Strategy, Mapping[str, Mapping[str, Any]]] = {
    # A model that bears more calls, and a Neo4j with cores to spare.
    Strategy.AGGRESSIVE: {
        "pipeline": {"concurrency": 32, "embed_workers": 4, "write_workers": 4, "group_window": 768},
        "kafka": {"fetch_max_records": 500},
    },
    Strategy.BALANCED: {},  # the defaults
    # Beside others: few calls, one transaction at a time, little memory.
    Strategy.CONSERVATIVE: {
        "pipeline": {
            "concurrency": 4,
            "embed_workers": 1,
            "write_workers": 1,
            "group_window": 96,
            "budget_items": 3_000,
            "budget_bytes": 16_000_000,
            "chunk_concurrency": 2,
        }
    },
    # One episode from extraction to write, and then the next: for looking on, and for comparisons.
    Strategy.SEQUENTIAL: {
        "pipeline": {
            "concurrency": 1,
            "embed_workers": 1,
            "write_workers": 1,
            "group_window": 1,
            "write_batch_works": 1,
            "chunk_concurrency": 1,
        },
        "llm": {"batch_episodes": 1, "hedge_budget": 0.0},
    },
}
"""What each sets, by section and field, where nobody has set it otherwise."""


def with_preset(values: Mapping[str, Any], strategy: Strategy) -> dict[str, Any]:
    """Return the values of settings, given by section, with those of `strategy` where none is given."""
    result = dict(values)
    for section, preset in PRESETS[strategy].items():
        given = values.get(section, {})
        if isinstance(given, BaseModel):
            missing = {name: value for name, value in preset.items() if name not in given.model_fields_set}
            result[section] = given.model_copy(update=missing)
        elif isinstance(given, Mapping):
            result[section] = {**preset, **given}
    return result
