"""Reads the graph for search: candidates by text and by vector, and the details of what was found.

Ranking across the legs is the business of `consumer.search`; this module only asks the database.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from neo4j.exceptions import ClientError

from consumer.clock import Clock, SystemClock
from consumer.errors import EpisodeFault
from consumer.graph.connection import Database, Transaction
from consumer.graph.cypher import query
from consumer.graph.embedding_models import GroupModel, embedding_models
from consumer.graph.lucene import facts_query
from consumer.graph.schema import FILTERS_SINCE, server_version
from consumer.graph.vectors import to_driver
from consumer.model.episode import Vector
from consumer.model.instants import iso

logger = logging.getLogger(__name__)

INDEX_LOOK_S = 30.0
"""How long the vector index is believed to be as it was: it is made anew when the last group leaves a dimension."""

OVER_FETCH = 5
"""How many times the wanted number the index is asked for first, before groups and validity are checked."""

MOST = 1_000_000
"""Asked of the full-text index when over-fetching was not enough."""

EXCERPT_CHARS = 280


@dataclass(frozen=True, slots=True)
class FactFilter:
    """Which facts count.

    Those of `group_ids`, not over at `alive_at` (None: also those that are over), and begun by `begun_by` (None: also
    those of the future). A fact whose start is not known counts as begun.
    """

    group_ids: tuple[str, ...]
    alive_at: datetime | None = None
    begun_by: datetime | None = None

    @property
    def values(self) -> dict[str, Any]:
        """The parameters of the queries."""
        return {
            "group_ids": list(self.group_ids),
            "alive_at": iso(self.alive_at) if self.alive_at else None,
            "begun_by": iso(self.begun_by) if self.begun_by else None,
        }


@dataclass(frozen=True, slots=True)
class Candidate:
    """A fact that one leg found, with that leg's own score."""

    uuid: str
    score: float


@dataclass(frozen=True, slots=True)
class EpisodeExcerpt:
    """Where a fact comes from."""

    uuid: str
    name: str
    excerpt: str
    reference_time: datetime


@dataclass(frozen=True, slots=True)
class FactDetails:
    """What is shown of a fact."""

    uuid: str
    group_id: str
    fact: str
    relation: str
    subject: str
    subject_uuid: str
    object: str
    object_uuid: str
    valid_at: datetime | None
    invalid_at: datetime | None
    episodes: tuple[EpisodeExcerpt, ...]


class GraphReader:
    """Reads facts; learns at a vector search whether the database's vector index can serve, and looks again later."""

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        self._database = database
        self._clock = clock or SystemClock()
        self._index_dimension: int | None = None
        self._index_seen_at = float("-inf")

    async def embedding_models(self, group_ids: Iterable[str]) -> dict[str, GroupModel]:
        """Return the model of each group that has vectors of ours.

        Raises:
            WorldFault: the database is down.
        """
        return await embedding_models(self._database, group_ids)

    async def facts_by_text(self, text: str, wanted: FactFilter, limit: int) -> list[Candidate]:
        """Return the facts that hold words of `text`, best first, exact in groups and validity.

        Raises:
            WorldFault: the database is down.
        """
        asked = facts_query(text, wanted.group_ids)
        if asked is None:
            return []
        index_limit = limit * OVER_FETCH
        values = {**wanted.values, "text": asked, "limit": limit}
        found, seen = await self._search("fulltext_facts", values | {"index_limit": index_limit})
        if len(found) < limit and seen == index_limit:
            found, _ = await self._search("fulltext_facts", values | {"index_limit": MOST})
        return found

    async def facts_by_vector(self, vector: Vector, wanted: FactFilter, limit: int) -> list[Candidate]:
        """Return the facts nearest to `vector`, best first; scores are (1 + cosine) / 2.

        By the vector index where it has this dimension and filters, else by comparing every fact of the groups.

        Raises:
            WorldFault: the database is down.
        """
        sent = to_driver(vector) if await self._database.takes_vectors() else vector.tolist()
        values: dict[str, Any] = {**wanted.values, "vector": sent, "limit": limit}
        if await self._indexed_dimension() == len(vector):
            index_limit = limit * (OVER_FETCH if wanted.begun_by else 1)
            name = "vector_facts_alive" if wanted.alive_at else "vector_facts"
            try:
                found, seen = await self._search(name, values | {"index_limit": index_limit})
            except (ClientError, EpisodeFault) as error:
                # Gone, filling, or of another dimension by now: somebody makes it anew. Comparing all is as right.
                logger.warning("the vector index cannot be used, facts are compared one by one: %s", error)
                self._index_seen_at = float("-inf")
            else:
                if len(found) >= limit or seen < index_limit:
                    return found
        found, _ = await self._search("scan_facts", values | {"dimension": len(vector)})
        return found

    async def facts(self, uuids: Sequence[str], group_ids: Sequence[str]) -> Mapping[str, FactDetails]:
        """Return the details of those facts that are (still) in the groups, by uuid.

        Raises:
            WorldFault: the database is down.
        """
        found = await self._database.fetch(
            "fact_details", uuids=list(uuids), group_ids=list(group_ids), excerpt_chars=EXCERPT_CHARS
        )
        return {row["uuid"]: _details(row) for row in found}

    async def _search(self, name: str, values: dict[str, Any]) -> tuple[list[Candidate], int]:
        """Return the candidates, and how many the index gave before they were checked."""

        async def work(tx: Transaction) -> tuple[list[Candidate], int]:
            record = await (await tx.run(query(name), values)).single()
            if record is None:
                return [], 0
            rows = record["rows"]
            return [Candidate(row["uuid"], row["score"]) for row in rows], record.get("seen", len(rows))

        return await self._database.read(name, work)

    async def _indexed_dimension(self) -> int | None:
        """Return the dimension that the vector index serves, None when it cannot be used."""
        now = self._clock.monotonic()
        if now - self._index_seen_at >= INDEX_LOOK_S:
            self._index_dimension = None
            if await server_version(self._database) >= FILTERS_SINCE:
                for row in await self._database.fetch("show_indexes"):
                    filters = {"group_id", "invalid_at"} <= set(row["properties"] or ())
                    if row["name"] == "fact_vector" and row["state"] == "ONLINE" and filters:
                        self._index_dimension = row["config"]["vector.dimensions"]
            self._index_seen_at = now
        return self._index_dimension


def _details(row: Mapping[str, Any]) -> FactDetails:
    return FactDetails(
        **{name: row[name] for name in _PLAIN},
        valid_at=_instant(row["valid_at"]),
        invalid_at=_instant(row["invalid_at"]),
        episodes=tuple(
            EpisodeExcerpt(each["uuid"], each["name"], each["excerpt"], datetime.fromisoformat(each["reference_time"]))
            for each in row["episodes"]
        ),
    )


_PLAIN = ("uuid", "group_id", "fact", "relation", "subject", "subject_uuid", "object", "object_uuid")


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
