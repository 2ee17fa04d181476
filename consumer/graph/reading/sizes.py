"""How many vectors groups hold: what decides between an index and comparing all.

Counted up to a bound and kept. Of a large group a count that is a little old does no harm; of a small one it is taken
anew after every write, because asking the index for more than it has can hang the server (see `vector_leg`).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from consumer.clock import Clock
from consumer.graph.connection import Database
from consumer.graph.reading.found import GroupState, What

MOST = 1_000
"""Groups are counted no further, unless more is needed."""

KEEP_S = 300.0
WRITES = 10
"""A group that was written to so often since, or counted so long ago, is counted again."""

_GROUPS_KEPT = 50_000
_GROUPS_A_QUERY = 500


@dataclass(frozen=True, slots=True)
class Sizes:
    """Vectors that each group holds, counted to a bound; and how many facts and entities the whole graph has."""

    facts: Mapping[str, int]
    entities: Mapping[str, int]
    episodes: Mapping[str, int]
    all_facts: int
    all_entities: int
    all_episodes: int

    def held(self, what: What) -> Mapping[str, int]:
        """Return how many each group holds."""
        return {What.FACT: self.facts, What.EPISODE: self.episodes}.get(what, self.entities)

    def all_of(self, what: What) -> int:
        """Return how many the whole graph has, with and without a vector."""
        return {What.FACT: self.all_facts, What.EPISODE: self.all_episodes}.get(what, self.all_entities)


@dataclass(frozen=True, slots=True)
class _Counted:
    version: int
    at: float
    most: int
    facts: int
    entities: int
    episodes: int

    def holds(self, version: int, now: float, most: int) -> bool:
        """Return whether it need not be counted again."""
        writes = version - self.version
        is_small = min(self.facts, self.entities, self.episodes) < self.most
        is_far_enough = self.most >= most or max(self.facts, self.entities, self.episodes) < self.most
        return is_far_enough and now - self.at < KEEP_S and 0 <= writes < (1 if is_small else WRITES)


class GroupSizes:
    """Counts groups and remembers it; bounded."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._known: OrderedDict[str, _Counted] = OrderedDict()
        self._whole = (0, 0, 0)

    async def of(self, group_ids: Sequence[str], states: Mapping[str, GroupState], most: int = MOST) -> Sizes:
        """Return what the groups hold, each counted up to `most` at least.

        Raises:
            WorldFault: the database is down.
        """
        now = self._clock.monotonic()
        missing = [one for one in group_ids if not self._is_known(one, states, now, most)]
        for start in range(0, len(missing), _GROUPS_A_QUERY):
            await self._count(missing[start : start + _GROUPS_A_QUERY], states, now, max(most, MOST))
        counted = {one: self._known[one] for one in group_ids if one in self._known}
        while len(self._known) > _GROUPS_KEPT:
            self._known.popitem(last=False)
        return Sizes(
            {group_id: one.facts for group_id, one in counted.items()},
            {group_id: one.entities for group_id, one in counted.items()},
            {group_id: one.episodes for group_id, one in counted.items()},
            *self._whole,
        )

    def _is_known(self, group_id: str, states: Mapping[str, GroupState], now: float, most: int) -> bool:
        """Return whether a count still holds; of a group without a version none does."""
        known, state = self._known.get(group_id), states.get(group_id)
        return known is not None and state is not None and known.holds(state.version, now, most)

    async def _count(self, group_ids: Sequence[str], states: Mapping[str, GroupState], now: float, most: int) -> None:
        record = await self._database.ask("group_sizes", {"group_ids": list(group_ids), "most": most})
        if record is not None:
            self._whole = (record["all_facts"], record["all_entities"], record["all_episodes"])
            for group_id, facts, entities, episodes in record["rows"]:
                version = states.get(group_id, GroupState()).version
                self._known[group_id] = _Counted(version, now, most, facts, entities, episodes)
