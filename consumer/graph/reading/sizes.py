"""How much groups hold, roughly and cheaply: what decides between an index and comparing all.

Counted up to a bound, and kept as long as the group has not been written to much: a size that is a little wrong costs
time, never a hit.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from consumer.clock import Clock
from consumer.graph.connection import Database
from consumer.graph.reading.found import GroupState, What

MOST = 1_000
"""No group is counted further."""

KEEP_S = 300.0
WRITES = 50
"""A group that was written to so often since, or counted so long ago, is counted again."""

_GROUPS_KEPT = 50_000
_GROUPS_A_QUERY = 500


@dataclass(frozen=True, slots=True)
class Sizes:
    """What the groups of a search hold together, and the whole graph."""

    facts: int
    entities: int
    episodes: int
    all_facts: int
    all_entities: int
    all_episodes: int

    def held(self, what: What) -> int:
        """Return how many the groups hold."""
        return {What.FACT: self.facts, What.EPISODE: self.episodes}.get(what, self.entities)

    def all_of(self, what: What) -> int:
        """Return how many the whole graph holds."""
        return {What.FACT: self.all_facts, What.EPISODE: self.all_episodes}.get(what, self.all_entities)


@dataclass(frozen=True, slots=True)
class _Counted:
    version: int
    at: float
    facts: int
    entities: int
    episodes: int


class GroupSizes:
    """Counts groups and remembers it; bounded."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._known: OrderedDict[str, _Counted] = OrderedDict()
        self._whole = (0, 0, 0)

    async def of(self, group_ids: Sequence[str], states: Mapping[str, GroupState]) -> Sizes:
        """Return what the groups hold.

        Raises:
            WorldFault: the database is down.
        """
        now = self._clock.monotonic()
        missing = [one for one in group_ids if not self._is_known(one, states.get(one, GroupState()).version, now)]
        for start in range(0, len(missing), _GROUPS_A_QUERY):
            await self._count(missing[start : start + _GROUPS_A_QUERY], states, now)
        counted = [self._known[one] for one in group_ids if one in self._known]
        while len(self._known) > _GROUPS_KEPT:
            self._known.popitem(last=False)
        return Sizes(
            sum(one.facts for one in counted),
            sum(one.entities for one in counted),
            sum(one.episodes for one in counted),
            *self._whole,
        )

    def _is_known(self, group_id: str, version: int, now: float) -> bool:
        known = self._known.get(group_id)
        return known is not None and 0 <= version - known.version < WRITES and now - known.at < KEEP_S

    async def _count(self, group_ids: Sequence[str], states: Mapping[str, GroupState], now: float) -> None:
        record = await self._database.ask("group_sizes", {"group_ids": list(group_ids), "most": MOST})
        if record is not None:
            self._whole = (record["all_facts"], record["all_entities"], record["all_episodes"])
            for group_id, facts, entities, episodes in record["rows"]:
                version = states.get(group_id, GroupState()).version
                self._known[group_id] = _Counted(version, now, facts, entities, episodes)
