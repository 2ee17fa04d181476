"""Looking at a group's entities, and merging and splitting them by hand: opens what `graph.deciding` needs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING

from consumer.settings import Settings

if TYPE_CHECKING:
    from consumer.graph.deciding import EntityDesk


@asynccontextmanager
async def open_desk(settings: Settings) -> AsyncIterator[EntityDesk]:
    """Connect to Neo4j and close at the end; the rules are those of the write.

    Raises:
        UserError: the address or credentials are wrong.
        WorldFault: the database cannot be reached.
    """
    from consumer.graph import connect  # noqa: PLC0415 - heavy
    from consumer.graph.deciding import EntityDesk  # noqa: PLC0415 - heavy

    async with aclosing(connect(settings.neo4j)) as database:
        yield EntityDesk(
            database,
            max_name_chars=settings.pipeline.max_name_chars,
            by_rules=settings.pipeline.resolves_names,
        )
