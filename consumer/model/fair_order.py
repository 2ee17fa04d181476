"""A fair order over groups: who has much waiting does not hold up who has little. Pure; awaits nothing.

Self-clocked fair queueing: in virtual time each item ends its cost, divided by its group's weight, after its group's
item before it, or after now; the item that ends first goes first, and then it is that time. Source: Golestani, "A
self-clocked fair queueing scheme for broadband applications", 1994.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")

_SLACK = 64
"""So many groups more than twice those that wait are remembered before those that are owed nothing are forgotten."""


@dataclass(slots=True)
class _Lane(Generic[T]):
    """One group's items, each with its virtual end; when the last of them ends."""

    items: deque[tuple[float, T]] = field(default_factory=deque)
    ends: float = 0.0


class FairOrder(Generic[T]):
    """First in, first out within a group; fair between groups.

    O1: while two groups both have items waiting, what is taken of each differs by at most one item's cost, by weight.
    O2: a group that had nothing waiting goes before the backlog of another, all but an item or two of its cost.
    O3: an item is taken exactly once; a group with nothing waiting costs no memory after a while.
    """

    def __init__(
        self,
        group_of: Callable[[T], str],
        cost_of: Callable[[T], float],
        weight_of: Callable[[str], float] = lambda _group: 1.0,
    ) -> None:
        """Start empty; a cost is above 0, a weight is a share: a group of weight 2 gets twice what one of 1 gets."""
        self._group_of = group_of
        self._cost_of = cost_of
        self._weight_of = weight_of
        self._lanes: dict[str, _Lane[T]] = {}
        self._heads: list[tuple[float, int, str]] = []
        self._arrivals = 0
        self._now = 0.0
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[T]:
        """Yield all that waits, in no order."""
        return (item for lane in self._lanes.values() for _, item in lane.items)

    @property
    def groups(self) -> int:
        """How many groups have items waiting."""
        return len(self._heads)

    def add(self, item: T) -> None:
        """Let `item` wait."""
        group = self._group_of(item)
        lane = self._lanes.setdefault(group, _Lane())
        lane.ends = max(self._now, lane.ends) + max(self._cost_of(item), 1e-9) / self._weight_of(group)
        lane.items.append((lane.ends, item))
        self._size += 1
        if len(lane.items) == 1:
            self._push(lane.ends, group)

    def peek(self) -> T:
        """Return the item whose turn it is.

        Raises:
            IndexError: nothing waits.
        """
        return self._lanes[self._heads[0][2]].items[0][1]

    def can_take(self, is_eligible: Callable[[str], bool]) -> bool:
        """Return whether a group that may go now has something waiting."""
        return any(is_eligible(group) for _, _, group in self._heads)

    def remove(self, is_wanted: Callable[[T], bool]) -> list[T]:
        """Take out all that is `is_wanted`, and return it in order within each group."""
        gone: list[T] = []
        for lane in self._lanes.values():
            kept: deque[tuple[float, T]] = deque()
            for ends, item in lane.items:
                if is_wanted(item):
                    gone.append(item)
                else:
                    kept.append((ends, item))
            lane.items = kept
        self._size -= len(gone)
        self._heads = [(lane.items[0][0], 0, group) for group, lane in self._lanes.items() if lane.items]
        heapq.heapify(self._heads)
        return gone

    def take(self, is_eligible: Callable[[str], bool] = lambda _group: True) -> T:
        """Take the item whose turn it is among the groups that may go now.

        Raises:
            IndexError: nothing waits, or no group that has something waiting may go.
        """
        passed: list[tuple[float, int, str]] = []
        try:
            while True:
                head = heapq.heappop(self._heads)
                if is_eligible(head[2]):
                    break
                passed.append(head)
        finally:
            for one in passed:
                heapq.heappush(self._heads, one)
        ends, _, group = head
        lane = self._lanes[group]
        _, item = lane.items.popleft()
        self._size -= 1
        self._now = max(self._now, ends)
        if lane.items:
            self._push(lane.items[0][0], group)
        elif not self._size:
            self._lanes.clear()  # nobody is owed anything
            self._now = 0.0
        elif len(self._lanes) > 2 * len(self._heads) + _SLACK:
            self._lanes = {name: one for name, one in self._lanes.items() if one.items or one.ends > self._now}
        return item

    def _push(self, ends: float, group: str) -> None:
        self._arrivals += 1
        heapq.heappush(self._heads, (ends, self._arrivals, group))
