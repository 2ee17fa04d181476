"""Asking the graph itself: opens what `search.questions` needs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING

from consumer.settings import Settings

if TYPE_CHECKING:
    from consumer.search.questions import GraphQuestions


@asynccontextmanager
async def open_questions(settings: Settings) -> AsyncIterator[GraphQuestions]:
    """Connect to Neo4j and close at the end.

    Raises:
        UserError: the address or credentials are wrong.
        WorldFault: the database cannot be reached.
    """
    from consumer.graph import connect  # noqa: PLC0415 - heavy
    from consumer.search.questions import GraphQuestions  # noqa: PLC0415 - heavy

    async with aclosing(connect(settings.neo4j)) as database:
        yield GraphQuestions(database, max_name_chars=settings.pipeline.max_name_chars)
