"""Who holds memory on purpose, and how much: records in flight and caches, for one figure of all of them.

Holders are held weakly: one that is closed and let go of is told no more. A holder is asked from another thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from weakref import WeakSet


class Holder(Protocol):
    """Something bounded that keeps bytes. `holder` is one of a few words: in_flight, chat, vector, search."""

    @property
    def holder(self) -> str:
        """What it is called in metrics."""
        ...

    @property
    def held_bytes(self) -> int:
        """What it keeps now."""
        ...

    @property
    def max_held_bytes(self) -> int:
        """What it keeps at most."""
        ...


@dataclass(frozen=True, slots=True)
class Held:
    """Bytes kept, and the bound."""

    used: int
    limit: int

    def __add__(self, other: Held) -> Held:
        """Return both together."""
        return Held(self.used + other.used, self.limit + other.limit)


_HOLDERS: WeakSet[Holder] = WeakSet()


def watch(holder: Holder) -> None:
    """Let `holder` be counted from now on."""
    _HOLDERS.add(holder)


def held() -> dict[str, Held]:
    """Return what is kept by whom; holders of one name together."""
    found: dict[str, Held] = {}
    for holder in list(_HOLDERS):
        each = Held(holder.held_bytes, holder.max_held_bytes)
        found[holder.holder] = found[holder.holder] + each if holder.holder in found else each
    return dict(sorted(found.items()))
