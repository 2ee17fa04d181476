"""How the connection pools of our clients are used, for the gauges: who has a pool says so, whoever measures asks all.

Pools are held weakly: one that is closed and let go of is told no more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from weakref import WeakSet


@dataclass(frozen=True, slots=True)
class PoolUse:
    """Connections of a pool: in a call, open without one, and how many there may be."""

    in_use: int
    idle: int
    limit: int

    def __add__(self, other: PoolUse) -> PoolUse:
        """Return both together."""
        return PoolUse(self.in_use + other.in_use, self.idle + other.idle, self.limit + other.limit)


class Pool(Protocol):
    """A client that has connections. `name` is one of a few: neo4j, llm, embeddings."""

    @property
    def name(self) -> str:
        """What it is connected to."""
        ...

    def use(self) -> PoolUse | None:
        """Return its use now, None when nobody can tell; only reads, for it is called from another thread."""
        ...


_POOLS: WeakSet[Pool] = WeakSet()


def watch(pool: Pool) -> None:
    """Let `pool` be told of from now on."""
    _POOLS.add(pool)


def pools_in_use() -> dict[str, PoolUse]:
    """Return the use of all pools, those of one name together; one that cannot tell is left out."""
    found: dict[str, PoolUse] = {}
    for pool in list(_POOLS):
        use = pool.use()
        if use is not None:
            found[pool.name] = found[pool.name] + use if pool.name in found else use
    return found
