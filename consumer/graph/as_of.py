"""What was true at an instant, and what the log had told by another. Pure.

Valid time is the world's: a fact holds at t if it begins by t and is not over then. Transaction time is the log's: what
was known at k is what the assertions logged by k amount to, computed as the graph computes its facts. So a fact that
was ended later is still open then, a start that was corrected later still wrong, a fact not yet told is not there.

What an episode said that was removed since is nowhere: a removal leaves nothing, not in the past either. Names are
resolved as they are now.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from consumer.graph.assertions import AssertionRow, Triple
from consumer.graph.facts import AssertionIndex
from consumer.graph.invalidate import Fact, history


def is_true_at(fact: Fact, instant: datetime) -> bool:
    """Return whether `fact` holds at `instant`; one whose start is not known counts as begun."""
    begun = fact.valid_at is None or fact.valid_at <= instant
    return begun and (fact.invalid_at is None or instant < fact.invalid_at)


def facts_of(
    triples: Iterable[Triple],
    rows: Iterable[AssertionRow],
    *,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
) -> list[Fact]:
    """Return the facts of `triples`, by start and uuid: true at `as_of` (None: at any time), as known at `known_at`.

    `rows` are all assertions on the triples and all that matter to them as rivals.
    """
    known = [row for row in rows if known_at is None or row.position.logged_at <= known_at]
    index = AssertionIndex(known)
    found = [fact for triple in sorted(set(triples)) for fact in history(triple, index.concerning(triple))]
    kept = [fact for fact in found if as_of is None or is_true_at(fact, as_of)]
    return sorted(kept, key=lambda fact: (fact.valid_at is not None, fact.valid_at or fact.reference_time, fact.uuid))
