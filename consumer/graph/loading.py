"""Rows made elsewhere straight into the graph, and a group out of it at once: for measuring, never for episodes.

Nothing is resolved, locked or computed; the rows must be right already. `Neo4jGraphStore` is what writes episodes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from consumer.graph.connection import Database, Transaction, rows, run_rows
from consumer.graph.cypher import parameters
from consumer.graph.group_removal import PURGE_LIMIT, PURGES

ORDER = (
    "record_models",
    "write_entities",
    "write_name_vectors",
    "write_episodes",
    "write_facts",
    "write_mentions",
)
"""Queries of rows, ends before what joins them."""

_ROWS_A_TRANSACTION = 2_000
_END_OF_TIME = "9"
"""Sorts behind the text of every log position."""


async def load_rows(database: Database, parts: Mapping[str, Sequence[dict[str, Any]]]) -> None:
    """Return when the rows, by the query of `ORDER` that writes them, are in the graph.

    Raises:
        WorldFault: the database is down.
    """
    takes_vectors = await database.takes_vectors()
    for name in ORDER:
        wanted = parts.get(name, ())
        for start in range(0, len(wanted), _ROWS_A_TRANSACTION):
            some = list(wanted[start : start + _ROWS_A_TRANSACTION])

            async def work(tx: Transaction, name: str = name, some: list[dict[str, Any]] = some) -> None:
                await run_rows(tx, name, some, takes_vectors=takes_vectors)

            await database.write(name, work, len(some))


async def unload_group(database: Database, group_id: str) -> None:
    """Return when nothing of the group is in the graph, nor that it was: ids of removed episodes are not remembered.

    Raises:
        WorldFault: the database is down.
    """
    for name in (*PURGES, "purge_group"):
        values = {"group_id": group_id, "limit": PURGE_LIMIT, "removals": [_END_OF_TIME]}
        used = {key: value for key, value in values.items() if key in parameters(name)}

        async def work(tx: Transaction, name: str = name, used: dict[str, Any] = used) -> int:
            gone: int = (await rows(tx, name, **used))[0]
            return gone

        while await database.write(name, work):
            pass
