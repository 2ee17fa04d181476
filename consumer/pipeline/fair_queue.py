"""Queues between stages that are fair between groups: a flooding tenant does not hold up another's single episode."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeAlias

from consumer.clock import Clock
from consumer.model.fair_order import FairOrder
from consumer.model.work import Work
from consumer.pipeline.group_window import GroupWindow
from consumer.pipeline.queue import BoundedQueue

Key: TypeAlias = Callable[[Work[Any]], Hashable]

_COST_BYTES = 256
"""A work costs as many bytes as its record has, and this: an empty one is not for nothing."""


class FairQueue(BoundedQueue[Work[Any]]):
    """A `BoundedQueue` of works: in order within a group, fair between groups by the bytes of their records."""

    def __init__(self, max_items: int, max_bytes: int, clock: Clock, weights: dict[str, float] | None = None) -> None:
        """Start empty and open; a group of weight 2 gets twice the share of one of 1, which is what others have."""
        super().__init__(max_items, max_bytes, lambda work: work.record.size, clock)
        shares = weights or {}
        self._order: FairOrder[Work[Any]] = FairOrder(
            lambda work: str(work.payload.group_id),
            lambda work: work.record.size + _COST_BYTES,
            lambda group: shares.get(group, 1.0),
        )

    def __len__(self) -> int:
        return len(self._order)

    def remove(self, is_gone: Callable[[Work[Any]], bool]) -> list[Work[Any]]:
        """Take out the works that are gone, and return them in order within each group."""
        gone = self._order.remove(is_gone)
        self.bytes -= sum(work.record.size for work in gone)
        return gone

    def _is_ready(self) -> bool:
        return bool(len(self._order))

    def _append(self, item: Work[Any]) -> None:
        self._order.add(item)

    def _peek(self) -> Work[Any]:
        return self._order.peek()

    def _pop(self) -> Work[Any]:
        return self._order.take()


class WindowedQueue(FairQueue):
    """A `FairQueue` that lets no group have more under way behind it than its share of a window.

    Works that were taken count as under way until `left` is told of them.
    """

    def __init__(
        self,
        max_items: int,
        max_bytes: int,
        clock: Clock,
        *,
        window: int,
        key_of: Key,
        weights: dict[str, float] | None = None,
    ) -> None:
        """Start empty and open; `key_of` names a work for as long as it is in flight."""
        super().__init__(max_items, max_bytes, clock, weights)
        self._window = GroupWindow(window)
        self._key_of = key_of

    def left(self, work: Work[Any]) -> None:
        """Note that `work` has left the pipeline, if it was taken from here."""
        if self._window.left(self._key_of(work)):
            self._look_again()

    def _is_ready(self) -> bool:
        return self._order.can_take(self._may_enter)

    def _pop(self) -> Work[Any]:
        work = self._order.take(self._may_enter)
        self._window.enter(self._key_of(work), str(work.payload.group_id))
        return work

    def _may_enter(self, group: str) -> bool:
        return self._window.may_enter(group, self._order.groups)
