"""Puts each lane's works back into log order after stages that finish out of order.

A lane is one group on one assigned partition. Other lanes pass by, so a slow call holds up its own group only.
Decides only; awaits nothing.
"""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Resequencer(Generic[T]):
    """Tickets taken in log order, works completed in any order, works released in ticket order per lane.

    R1: a lane's works are released in the order of its tickets, each exactly once.
    R2: a work is released by the completion of the last work before it, at once.
    R3: an idle lane costs no memory.
    """

    def __init__(self) -> None:
        """Start with no lanes."""
        self._tickets: dict[str, deque[int]] = {}
        self._ready: dict[tuple[str, int], T] = {}

    @property
    def waiting(self) -> int:
        """How many completed works wait for an earlier one of their lane."""
        return len(self._ready)

    @property
    def lanes(self) -> int:
        """How many lanes have works in flight."""
        return len(self._tickets)

    def expect(self, lane: str, ticket: int) -> None:
        """Take `ticket` (the offset) for a work of `lane`; rising within the lane.

        Raises:
            ValueError: not above the lane's last ticket.
        """
        tickets = self._tickets.setdefault(lane, deque())
        if tickets and ticket <= tickets[-1]:
            raise ValueError(f"lane={lane} ticket={ticket} after {tickets[-1]}")
        tickets.append(ticket)

    def withdraw(self, lane: str, ticket: int) -> None:
        """Give back the last `ticket` of `lane`, whose work will not come: nobody waits for it.

        Raises:
            ValueError: it is not the lane's last, or its work has come.
        """
        tickets = self._tickets.get(lane)
        if not tickets or tickets[-1] != ticket or (lane, ticket) in self._ready:
            raise ValueError(f"lane={lane} ticket={ticket} withdrawn and not the last")
        tickets.pop()
        if not tickets:
            del self._tickets[lane]

    def complete(self, lane: str, ticket: int, work: T) -> list[T]:
        """Hand in the completed `work` of `ticket`; return the works of its lane that may go on, in order.

        Raises:
            ValueError: no such ticket is expected.
        """
        tickets = self._tickets.get(lane)
        if tickets is None or (lane, ticket) in self._ready or ticket < tickets[0] or ticket > tickets[-1]:
            raise ValueError(f"lane={lane} ticket={ticket} completed but not expected")
        self._ready[lane, ticket] = work
        released: list[T] = []
        while tickets and (lane, tickets[0]) in self._ready:
            released.append(self._ready.pop((lane, tickets.popleft())))
        if not tickets:
            del self._tickets[lane]
        return released
