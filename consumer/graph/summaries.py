"""What an entity is summed up as: what episodes said of it, then what is true of it now. Pure.

The graph holds it as `Entity.summary`. It is a function of the graph's own facts, so it is written again in the
transaction that changes them: a fact that ends, is corrected or is removed leaves the summaries of both its ends.

    Y1: no model and no clock: equal facts give equal summaries.
    Y2: at most `SUMMARY_CHARS`, in whole sentences; each sentence once.
    Y3: a hub costs no more than `MOST_FACTS` reads: beyond that, in one direction, its facts are too many to sum it up.

The query `summarise_entities` says the same in Cypher; tests/integration/graph/test_summaries.py holds them equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from consumer.graph.entities import NameChange
from consumer.graph.facts import FactChanges
from consumer.graph.resolve import SUMMARY_CHARS

MOST_FACTS = 1_000
"""Of an entity with more facts than this in one direction, those of that direction are not read."""

SENTENCES = 8
"""How many current facts a summary may hold: those that began last."""


class Current(NamedTuple):
    """What a summary takes of a fact that nothing has ended."""

    valid_at: datetime
    created_at: datetime
    uuid: str
    sentence: str


def summary_of(description: str, current: Iterable[Current]) -> str:
    """Return the summary of an entity from what was said of it and its current facts, in any order."""
    latest = sorted(current, key=lambda fact: fact.uuid)
    latest.sort(key=lambda fact: (fact.valid_at, fact.created_at), reverse=True)
    text = description
    for fact in latest[:SENTENCES]:
        if fact.sentence not in text and len(text) + 1 + len(fact.sentence) <= SUMMARY_CHARS:
            text = f"{text} {fact.sentence}" if text else fact.sentence
    return text


def summarised(changes: Sequence[NameChange], facts: FactChanges, orphans: Iterable[str]) -> list[str]:
    """Return the entities whose summary may be another: those that change, and the ends of facts that do."""
    touched = {change.entity.uuid for change in changes if change.entity is not None}
    touched |= {end for fact in (*facts.created, *facts.changed, *facts.deleted) for end in fact.triple.ends}
    return sorted(touched - set(orphans))
