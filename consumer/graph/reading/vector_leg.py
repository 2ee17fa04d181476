"""The vector leg: what is nearest to a question, best first; by the index, or exactly by comparing all."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from neo4j.exceptions import ClientError

from consumer.clock import Clock
from consumer.errors import EpisodeFault
from consumer.graph.connection import Database
from consumer.graph.reading.filters import FactFilter
from consumer.graph.reading.found import Candidate, Candidates, Method, What
from consumer.graph.reading.sizes import Sizes
from consumer.graph.reading.text_leg import conditions
from consumer.graph.schema import FILTERS_SINCE, server_version
from consumer.graph.vectors import to_driver
from consumer.model.episode import Vector

logger = logging.getLogger(__name__)

INDEX_LOOK_S = 30.0
"""How long the vector indexes are believed to be as they were: they are made anew when the last group leaves a
dimension."""

OVER_FETCH = 3
"""How many times the wanted number the index is asked for, before the conditions other than the group are checked."""

MOST_OF_INDEX = 4_000
"""No search of an index asks for more: from there on comparing all is not dearer."""

_INDEXES = {What.FACT: "fact_vector", What.ENTITY: "entity_name_vector", What.EPISODE: "consumer_episode_vector"}
_QUERIES: Mapping[What, Mapping[Method, str]] = {
    What.FACT: {
        Method.INDEX: "find_facts_by_vector",
        Method.INDEX_OPEN: "find_facts_open",
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


class VectorLeg:
    """Finds what is near; learns which vector indexes there are, and looks again later.

    N1: as many as exist are returned, up to the limit: where an index gives fewer that pass the conditions, the next
    dearer way is taken, and the last one compares every element of the groups.
    """

    def __init__(self, database: Database, clock: Clock, exact_up_to: int) -> None:
        self._database = database
        self._clock = clock
        self._exact_up_to = exact_up_to
        self.indexes: dict[str, Index] = {}
        self.seen_at = float("-inf")

    async def find(
        self, what: What, vector: Vector, wanted: FactFilter, limit: int, sizes: Sizes | None = None
    ) -> Candidates:
        """Return the nearest, best first; scores are (1 + cosine) / 2.

        Raises:
            WorldFault: the database is down.
        """
        sent = to_driver(vector) if await self._database.takes_vectors() else vector.tolist()
        values = conditions(what, wanted) | {"vector": sent, "limit": limit}
        found = Candidates(method=Method.EXACT)
        for method, index_limit in await self._ways(what, len(vector), wanted, limit, sizes):
            name, found.method = _QUERIES[what][method], method
            own = {"dimension": len(vector)} if method is Method.EXACT else {"index_limit": index_limit}
            found.asked.append((name, values | own))
            try:
                record = await self._database.ask(name, values | own) or {"rows": [], "seen": 0}
            except (ClientError, EpisodeFault) as error:
                if method is Method.EXACT:
                    raise
                # Gone, filling, or of another dimension by now: somebody makes it anew. Comparing all is as right.
                logger.warning("the vector index cannot be used, all are compared one by one: %s", error)
                self.seen_at = float("-inf")
                continue
            found[:] = [Candidate(*row) for row in record["rows"]]
            if len(found) >= limit or (method is Method.INDEX and record["seen"] < index_limit):
                break
        return found

    async def _ways(
        self, what: What, dimension: int, wanted: FactFilter, limit: int, sizes: Sizes | None
    ) -> list[tuple[Method, int]]:
        """Return the methods to try in turn, each with how many the index is to give."""
        index = (await self._usable()).get(_INDEXES.get(what, ""))
        if index is None or index.dimension != dimension:
            return [(Method.EXACT, 0)]
        held = sizes.held(what) if sizes else None
        if held is not None and held <= self._exact_up_to:
            return [(Method.EXACT, 0)]
        fetched = max(limit, min(limit * OVER_FETCH, MOST_OF_INDEX))
        whole = sizes.all_of(what) if sizes else None
        anywhere = MOST_OF_INDEX + 1
        if held and whole:
            anywhere = round(fetched * whole / held)
        if not index.has_filters or len(wanted.group_ids) > _searches_worth(held):
            return [(Method.INDEX_ANYWHERE, anywhere), (Method.EXACT, 0)] if anywhere <= MOST_OF_INDEX else _EXACT
        ways = [(Method.INDEX, fetched)]
        if what is What.FACT and wanted.alive_at is not None:
            ways.append((Method.INDEX_OPEN, fetched))
        return [*ways, (Method.EXACT, 0)]

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


_EXACT: list[tuple[Method, int]] = [(Method.EXACT, 0)]
_SEARCHES = 8
_FACTS_A_SEARCH = 300
"""A search of the index costs about as much as comparing so many."""


def _searches_worth(held: int | None) -> int:
    """Return for how many groups one search each is cheaper than comparing all that they hold."""
    return _SEARCHES if held is None else max(1, held // _FACTS_A_SEARCH)
