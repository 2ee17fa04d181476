"""The facts of one entity as lanes of time: a lane for each relation and side, with its gaps and overlaps. Pure.

Invariants (tests/property/test_graph_questions.py):
    T1: each fact is on one lane, in order of start; the pages together have all, each once.
    T2: gaps and overlaps are those of the whole lane, whatever page is shown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from consumer.graph.reading.edges import Direction, FactEdge
from consumer.search.intervals import Interval, gaps, overlaps
from consumer.search.pathfinding import interval_of
from consumer.search.question_models import Lane, Overlap


def lanes_of(entity_uuid: str, facts: Iterable[FactEdge]) -> list[Lane]:
    """Return the lanes of an entity, those of which it is the subject first, then by relation."""
    found: dict[tuple[bool, str], list[FactEdge]] = defaultdict(list)
    for fact in facts:
        found[fact.subject_uuid != entity_uuid, fact.relation].append(fact)
    return [
        lane(relation, Direction.IN if is_object else Direction.OUT, found[is_object, relation])
        for is_object, relation in sorted(found)
    ]


def lane(relation: str, direction: Direction, facts: Sequence[FactEdge]) -> Lane:
    """Return a lane with all of `facts`."""
    held = [interval_of(fact) for fact in facts]
    return Lane(
        relation,
        direction,
        tuple(sorted(facts, key=_by_start)),
        tuple(gaps(held)),
        tuple(Overlap(interval, most) for interval, most in overlaps(held)),
        len(facts),
    )


def at(lanes: Iterable[Lane], instant: datetime) -> list[Lane]:
    """Return of each lane the facts that hold at `instant`, and the gap or the overlap that it falls into."""
    found = [
        Lane(
            each.relation,
            each.direction,
            held := tuple(fact for fact in each.facts if interval_of(fact).holds_at(instant)),
            tuple(gap for gap in each.gaps if gap.holds_at(instant)),
            tuple(overlap for overlap in each.overlaps if overlap.interval.holds_at(instant)),
            len(held),
        )
        for each in lanes
    ]
    return [each for each in found if each.facts or each.gaps]


def within(lanes: Iterable[Lane], since: datetime | None, until: datetime | None) -> list[Lane]:
    """Return of each lane what holds at some instant from `since` until before `until` (None: without bound)."""
    span = Interval(since, until)
    found = [
        Lane(
            each.relation,
            each.direction,
            held := tuple(fact for fact in each.facts if _meets(interval_of(fact), span)),
            tuple(gap for gap in each.gaps if _meets(gap, span)),
            tuple(overlap for overlap in each.overlaps if _meets(overlap.interval, span)),
            len(held),
        )
        for each in lanes
    ]
    return [each for each in found if each.facts or each.gaps]


def paged(lanes: Sequence[Lane], offset: int, limit: int) -> tuple[list[Lane], int | None]:
    """Return the `limit` facts after the first `offset`, on their lanes, and the offset of the next page."""
    shown: list[Lane] = []
    seen = 0
    for each in lanes:
        first, last = max(0, offset - seen), max(0, offset + limit - seen)
        facts = each.facts[first:last]
        if facts or (not each.facts and offset <= seen < offset + limit):
            shown.append(Lane(each.relation, each.direction, facts, each.gaps, each.overlaps, each.total))
        seen += len(each.facts)
    return shown, offset + limit if seen > offset + limit else None


def _meets(one: Interval, other: Interval) -> bool:
    return max(one.low, other.low) < min(one.high, other.high)


def _by_start(fact: FactEdge) -> tuple[datetime, datetime, str, str]:
    held = interval_of(fact)
    return held.low, held.high, fact.object, fact.uuid
