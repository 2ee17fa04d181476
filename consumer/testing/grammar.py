"""The test language in one import: `generate` a log, `parse` an episode of it, `gold` is the graph it must become."""

from __future__ import annotations

from consumer.testing.generate import Event, generate, padded
from consumer.testing.gold import GoldFact, GoldGraph, facts_of, gold
from consumer.testing.sentences import RELATIONS, Relation, parse

__all__ = ["RELATIONS", "Event", "GoldFact", "GoldGraph", "Relation", "facts_of", "generate", "gold", "padded", "parse"]
