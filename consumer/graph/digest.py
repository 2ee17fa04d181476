"""The digest: a hash of a group's graph in canonical order, equal exactly when the graphs are.

It covers Graphiti's model (nodes, relationships, every property; of an embedding, that there is one) and nothing of
our bookkeeping, of Kafka's partitions or of Neo4j's internal ids. Rows are streamed: our memory does not grow.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any, Protocol

from neo4j.time import DateTime

from consumer.graph.connection import Database, Transaction
from consumer.graph.cypher import query
from consumer.model.instants import iso

SECTIONS: tuple[str, ...] = (
    "digest_episodes",
    "digest_entities",
    "digest_facts",
    "digest_mentions",
    "digest_sagas",
    "digest_saga_members",
    "digest_saga_links",
    "digest_communities",
    "digest_members",
)


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...


async def digest(database: Database, group_id: str | None = None) -> str:
    """Return the sha256 (hexadecimal) of a group, or of all groups in order of their ids.

    Raises:
        WorldFault: the database is down.
    """
    if group_id is not None:
        return await database.read("digest", lambda tx: _group_digest(tx, group_id))
    found = await database.fetch("group_ids")
    total = hashlib.sha256()
    for each in found:
        total.update(_line([each, await digest(database, each)]))
    return total.hexdigest()


async def digest_lines(database: Database, group_id: str) -> list[str]:
    """Return the canonical lines of a small group, to see where two digests differ.

    Raises:
        WorldFault: the database is down.
    """
    lines = _Lines()

    async def read(tx: Transaction) -> None:
        lines.found.clear()
        await _feed(tx, group_id, lines)

    await database.read("digest", read)
    return lines.found


class _Lines:
    """Collects what a hash would swallow."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def update(self, data: bytes, /) -> None:
        self.found.append(data.decode())


async def _group_digest(tx: Transaction, group_id: str) -> str:
    total = hashlib.sha256()
    await _feed(tx, group_id, total)
    return total.hexdigest()


async def _feed(tx: Transaction, group_id: str, total: _Hash) -> None:
    for section in SECTIONS:
        result = await tx.run(query(section), {"group_id": group_id})
        async for record in result:
            for row in record["rows"]:
                if "labels" in row:
                    row["labels"] = sorted(row["labels"])
                total.update(_line([section, row]))


def _line(value: Any) -> bytes:
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"), default=_plain)
    return f"{text}\n".encode()


def _plain(value: Any) -> str:
    """Return the canonical text of what JSON has no form for: instants, in UTC."""
    if isinstance(value, DateTime):
        return iso(value.to_native())
    if isinstance(value, datetime):
        return iso(value)
    return str(value)
