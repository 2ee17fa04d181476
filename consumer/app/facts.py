"""Looking at a group's facts as of a time: opens what `graph.fact_reader` needs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING

from consumer.settings import Settings

if TYPE_CHECKING:
    from consumer.graph.fact_reader import FactReader


@asynccontextmanager
async def open_facts(settings: Settings) -> AsyncIterator[FactReader]:
    """Connect to Neo4j and close at the end.

    Raises:
        UserError: the address or credentials are wrong.
        WorldFault: the database cannot be reached.
    """
    from consumer.graph import connect  # noqa: PLC0415 - heavy
    from consumer.graph.fact_reader import FactReader  # noqa: PLC0415 - heavy

    async with aclosing(connect(settings.neo4j)) as database:
        yield FactReader(database, max_name_chars=settings.pipeline.max_name_chars)
