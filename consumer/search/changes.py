"""What happened to facts between two instants: along the world's time by their dates, along the log's by both states.

Pure. Invariants (tests/property/test_graph_questions.py):
    D1: along valid time, what held at the start, less `ended`, with `began`, is what holds at the end.
    D2: along the log's, what was known at the start, less `withdrawn`, with `learned`, and with `closed` and
        `corrected` in the place of what they were, is what is known at the end.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import zip_longest

from consumer.graph.reading.edges import FactEdge
from consumer.search.pathfinding import interval_of
from consumer.search.question_models import Change, ChangeKind


def change_between(fact: FactEdge, start: datetime, end: datetime) -> Change | None:
    """Return what happened to `fact` after `start` and by `end`; None for nothing."""
    held = interval_of(fact)
    if held.is_empty:
        return None
    begins, ends = start < held.low <= end, start < held.high <= end
    if begins and ends:
        return Change(ChangeKind.PASSED, fact)
    if begins or ends:
        return Change(ChangeKind.BEGAN if begins else ChangeKind.ENDED, fact)
    return None


def changes_known(before: Iterable[FactEdge], after: Iterable[FactEdge]) -> list[Change]:
    """Return how what was known became what is known; facts that are as they were are left out.

    A fact keeps its id as long as its founder stands; else the nearest of the same triple, in order of start, takes
    its place.
    """
    was = {fact.uuid: fact for fact in before}
    now = {fact.uuid: fact for fact in after}
    found = [change for uuid in was.keys() & now.keys() if (change := _same(was[uuid], now[uuid])) is not None]
    for old, new in _pairs(
        [fact for uuid, fact in was.items() if uuid not in now], [fact for uuid, fact in now.items() if uuid not in was]
    ):
        if old is None and new is not None:
            found.append(Change(ChangeKind.LEARNED, new))
        elif new is None and old is not None:
            found.append(Change(ChangeKind.WITHDRAWN, old))
        elif old is not None and new is not None:
            found.append(Change(ChangeKind.CORRECTED, new, old))
    return sorted(found, key=lambda change: _place(change.fact))


def _same(old: FactEdge, new: FactEdge) -> Change | None:
    """Return what became of a fact that kept its id; an episode more that says so changes nothing."""
    if interval_of(old) == interval_of(new):
        return None
    is_closed = old.valid_at == new.valid_at and old.invalid_at is None
    return Change(ChangeKind.CLOSED if is_closed else ChangeKind.CORRECTED, new, old)


def _pairs(before: Sequence[FactEdge], after: Sequence[FactEdge]) -> Iterator[tuple[FactEdge | None, FactEdge | None]]:
    """Yield what is left on both sides by triple, in order of start."""
    by_triple: dict[tuple[frozenset[str], str], tuple[list[FactEdge], list[FactEdge]]] = defaultdict(lambda: ([], []))
    for side, facts in enumerate((before, after)):
        for fact in sorted(facts, key=lambda fact: (interval_of(fact).low, fact.uuid)):
            by_triple[frozenset((fact.subject_uuid, fact.object_uuid)), fact.relation][side].append(fact)
    for old, new in by_triple.values():
        yield from zip_longest(old, new)


def _place(fact: FactEdge) -> tuple[str, ...]:
    return (fact.subject, fact.subject_uuid, fact.relation, fact.object, fact.object_uuid, fact.uuid)
