"""The vector leg: what is nearest to a question, best first; by the index, or exactly by comparing all.

An index is never asked for more than half of what it holds for the question's groups: Neo4j 2026.08 never comes back
from a search that wants more than there is, once something was removed from the index, and no time limit ends it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from neo4j.exceptions import ClientError, DatabaseError

from consumer.clock import Clock
from consumer.errors import EpisodeFault
from consumer.graph.connection import Database
from consumer.graph.reading.filters import FactFilter
from consumer.graph.reading.found import Candidate, Candidates, GroupState, Method, What
from consumer.graph.reading.sizes import GroupSizes
from consumer.graph.reading.text_leg import conditions
from consumer.graph.schema import FILTERS_SINCE, server_version
from consumer.graph.vectors import to_driver
from consumer.model.episode import Vector

logger = logging.getLogger(__name__)

INDEX_LOOK_S = 30.0
"""How long the vector indexes are believed to be as they were: they are made anew when the last group leaves a
dimension."""

OVER_FETCH = 5
"""How many times the wanted number the index is asked for, before the conditions other than the group are checked."""

MOST_OF_INDEX = 4_000
"""No search of an index asks for more: from there on comparing all is not dearer."""

MORE = 8
"""How many times more is asked for when too few passed the conditions."""

SHARE = 2
"""An index is asked for at most 1 / SHARE of what it holds: the count may be a little old."""

FACTS_A_SEARCH = 300
"""A search of the index costs about as much as comparing so many."""

_INDEXES = {What.FACT: "fact_vector", What.ENTITY: "entity_name_vector", What.EPISODE: "consumer_episode_vector"}
_QUERIES: Mapping[What, Mapping[Method, str]] = {
    What.FACT: {
        Method.INDEX: "find_facts_by_vector",
        Method.INDEX_ANYWHERE: "find_facts_by_vector_anywhere",
        Method.EXACT: "scan_facts",
    },
    What.ENTITY: {
        Method.INDEX: "find_entities_by_vector",
        Method.INDEX_ANYWHERE: "find_entities_by_vector_anywhere",
        Method.EXACT: "scan_entities",
    },
    What.EPISODE: {
        Method.INDEX: "find_episodes_by_vector",
        Method.INDEX_ANYWHERE: "find_episodes_by_vector_anywhere",
        Method.EXACT: "scan_episodes",
    },
    What.COMMUNITY: {Method.EXACT: "scan_communities"},
}


@dataclass(frozen=True, slots=True)
class Index:
    """A vector index that can be used: its dimension, and whether it takes a group as a filter."""

    dimension: int
    has_filters: bool


@dataclass(frozen=True, slots=True)
class _Way:
    """One query: the method, its groups, and how many the index gives (a group, where it filters)."""

    method: Method
    group_ids: tuple[str, ...]
    index_limit: int = 0


class VectorLeg:
    """Finds what is near; learns which vector indexes there are, and looks again later.

    N1: as many as exist are returned, up to the limit: where an index gives fewer that pass the conditions, it is
    asked for more, and at last every element of the groups is compared. N2: no index is asked for more than it has.
    """

    def __init__(self, database: Database, clock: Clock, sizes: GroupSizes, exact_up_to: int) -> None:
        self._database = database
        self._clock = clock
        self._sizes = sizes
        self._exact_up_to = exact_up_to
        self.indexes: dict[str, Index] = {}
        self.seen_at = float("-inf")

    async def find(
        self, what: What, vector: Vector, wanted: FactFilter, limit: int, states: Mapping[str, GroupState]
    ) -> Candidates:
        """Return the nearest, best first; scores are (1 + cosine) / 2.

        Raises:
            WorldFault: the database is down.
        """
        sent = to_driver(vector) if await self._database.takes_vectors() else vector.tolist()
        values = conditions(what, wanted) | {"vector": sent, "limit": limit}
        found = Candidates(method=Method.EXACT)
        is_broken = False
        for ways in await self._plans(what, len(vector), wanted.group_ids, limit, states):
            if is_broken and any(way.method is not Method.EXACT for way in ways):
                continue
            parts = [await self._asked(what, way, values, len(vector), found) for way in ways]
            if any(part is None for part in parts):
                is_broken = True
                continue
            rows = [row for part in parts if part for row in part[0]]
            found[:] = sorted((Candidate(*row) for row in rows), key=lambda one: (-one.score, one.uuid))[:limit]
            found.method = ways[0].method if len({way.method for way in ways}) == 1 else Method.MIXED
            is_all = all(part is not None and part[1] for part in parts)
            if len(found) >= limit or is_all:
                break
        return found

    async def _asked(
        self, what: What, way: _Way, values: Mapping[str, Any], dimension: int, found: Candidates
    ) -> tuple[list[Any], bool] | None:
        """Return rows, and whether they are all that there are; None where the index cannot be used."""
        own: dict[str, Any] = {"group_ids": list(way.group_ids)}
        own |= {"dimension": dimension} if way.method is Method.EXACT else {"index_limit": way.index_limit}
        name = _QUERIES[what][way.method]
        found.asked.append((name, {**values, **own}))
        try:
            record = await self._database.ask(name, {**values, **own}) or {"rows": []}
        except (ClientError, DatabaseError, EpisodeFault) as error:
            if way.method is Method.EXACT:
                raise
            # Gone, filling, or of another dimension by now: somebody makes it anew. Comparing all is as right.
            logger.warning("the vector index cannot be used, all are compared one by one: %s", error)
            self.seen_at = float("-inf")
            return None
        return record["rows"], way.method is Method.EXACT

    async def _plans(
        self, what: What, dimension: int, group_ids: tuple[str, ...], limit: int, states: Mapping[str, GroupState]
    ) -> list[list[_Way]]:
        """Return the plans to try in turn, each of one or two queries that together cover all groups."""
        exactly = [_Way(Method.EXACT, group_ids)]
        index = (await self._usable()).get(_INDEXES.get(what, ""))
        if index is None or index.dimension != dimension:
            return [exactly]
        fetched = min(limit * OVER_FETCH, max(MOST_OF_INDEX, limit))
        sizes = await self._sizes.of(group_ids, states, SHARE * fetched)
        held = sizes.held(what)
        total = sum(held.values())
        if total <= self._exact_up_to:
            return [exactly]
        large = tuple(one for one in group_ids if index.has_filters and held.get(one, 0) >= SHARE * fetched)
        if large and len(large) <= max(1, total // FACTS_A_SEARCH):
            small = tuple(one for one in group_ids if one not in set(large))
            by_scan = [_Way(Method.EXACT, small)] if small else []
            more = min(fetched * MORE, min(held[one] for one in large) // SHARE)
            plans = [[_Way(Method.INDEX, large, fetched), *by_scan]]
            return [*plans, *([[_Way(Method.INDEX, large, more), *by_scan]] if more > fetched else []), exactly]
        anywhere = round(fetched * sizes.all_of(what) / total)
        if anywhere <= min(MOST_OF_INDEX, total // SHARE):
            return [[_Way(Method.INDEX_ANYWHERE, group_ids, anywhere)], exactly]
        return [exactly]

    async def _usable(self) -> Mapping[str, Index]:
        """Return the vector indexes that are online, by name."""
        now = self._clock.monotonic()
        if now - self.seen_at >= INDEX_LOOK_S:
            filters_work = await server_version(self._database) >= FILTERS_SINCE
            found: dict[str, Index] = {}
            for row in await self._database.fetch("show_indexes"):
                properties: set[Any] = set(row["properties"] or ())
                needed = {"group_id", "invalid_at"} if row["name"] == _INDEXES[What.FACT] else {"group_id"}
                if row["name"] in _INDEXES.values() and row["state"] == "ONLINE":
                    found[row["name"]] = Index(
                        row["config"]["vector.dimensions"], filters_work and needed <= properties
                    )
            self.indexes = found
            self.seen_at = now
        return self.indexes
