"""Stretches of time and what can be said of several: when all hold, when none does, when more than one does. Pure.

Half-open, [start, end); None is without bound on that side. Invariants (tests/property/test_graph_questions.py):
    I1: `intersection` holds at an instant if both sets do.
    I2: `gaps` hold at an instant between the first start and the last end if no interval does.
    I3: `overlaps` hold at an instant if two intervals or more do.
    I4: each result is sorted, and none of its intervals is empty or touches the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import NamedTuple

_EVER = datetime.min.replace(tzinfo=UTC)
_NEVER = datetime.max.replace(tzinfo=UTC)


class Interval(NamedTuple):
    """[start, end); None is without bound."""

    start: datetime | None
    end: datetime | None

    @property
    def low(self) -> datetime:
        """The start as an instant to compare."""
        return _EVER if self.start is None else self.start

    @property
    def high(self) -> datetime:
        """The end as an instant to compare."""
        return _NEVER if self.end is None else self.end

    @property
    def is_empty(self) -> bool:
        """Whether it holds at no instant."""
        return self.low >= self.high

    def holds_at(self, instant: datetime) -> bool:
        """Return whether `instant` is in it."""
        return self.low <= instant < self.high


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """Return when any of them holds."""
    found: list[Interval] = []
    for each in sorted((each for each in intervals if not each.is_empty), key=lambda each: each.low):
        if found and each.low <= found[-1].high:
            last = found[-1]
            found[-1] = last if each.high <= last.high else Interval(last.start, each.end)
        else:
            found.append(each)
    return found


def intersection(one: Sequence[Interval], other: Sequence[Interval]) -> list[Interval]:
    """Return when both hold; each is the union of its own."""
    found: list[Interval] = []
    mine, theirs = 0, 0
    while mine < len(one) and theirs < len(other):
        a, b = one[mine], other[theirs]
        both = Interval(a.start if a.low >= b.low else b.start, a.end if a.high <= b.high else b.end)
        if not both.is_empty:
            found.append(both)
        if a.high <= b.high:
            mine += 1
        else:
            theirs += 1
    return found


def gaps(intervals: Iterable[Interval]) -> list[Interval]:
    """Return when none holds, between the first start and the last end."""
    return [Interval(before.end, after.start) for before, after in pairwise(union(intervals))]


def overlaps(intervals: Iterable[Interval]) -> list[tuple[Interval, int]]:
    """Return when more than one holds, each stretch with how many do at most."""
    held = [each for each in intervals if not each.is_empty]
    turns = sorted([(each.low, 1) for each in held] + [(each.high, -1) for each in held])
    found: list[tuple[Interval, int]] = []
    count, most = 0, 0
    begun: datetime | None = None
    for instant, change in turns:
        count += change
        if count > 1:
            most = max(most, count)
            begun = begun or instant
        elif begun is not None:
            if begun < instant:
                _add(found, begun, instant, most)
            begun, most = None, 0
    return found


def _add(found: list[tuple[Interval, int]], low: datetime, high: datetime, most: int) -> None:
    """Add a stretch; one that touches the last is the same stretch."""
    start, end = None if low == _EVER else low, None if high == _NEVER else high
    if found and found[-1][0].high == low:
        last, before = found[-1]
        found[-1] = Interval(last.start, end), max(before, most)
    else:
        found.append((Interval(start, end), most))
