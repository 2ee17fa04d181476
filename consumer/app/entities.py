"""Looking at a group's entities, and merging and splitting them: opens what `graph.deciding` needs, and who answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING

from consumer.settings import Settings

if TYPE_CHECKING:
    from consumer.extract.adjudicator import ChatAdjudicator
    from consumer.graph.adopting import Rules
    from consumer.graph.deciding import EntityDesk


def adopting_rules(settings: Settings) -> Rules:
    """Return how the write resolves names, for what adopts Graphiti's entities."""
    from consumer.graph.adopting import Rules  # noqa: PLC0415 - heavy

    return Rules(
        max_name_chars=settings.pipeline.max_name_chars,
        by_rules=settings.pipeline.resolves_names,
        sums_up=settings.pipeline.sums_up_entities,
    )


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
            sums_up=settings.pipeline.sums_up_entities,
        )


@asynccontextmanager
async def open_adjudicator(settings: Settings) -> AsyncIterator[ChatAdjudicator]:
    """Open the model that answers doubts, the small one of the tiers, and close it at the end.

    Raises:
        UserError: there is no key.
    """
    from consumer.app.build_models import chat_models  # noqa: PLC0415 - heavy
    from consumer.errors import UserError  # noqa: PLC0415
    from consumer.extract.adjudicator import ChatAdjudicator  # noqa: PLC0415 - heavy
    from consumer.llm.routing import Tier  # noqa: PLC0415 - heavy

    if settings.openai_api_key is None:
        raise UserError("no OPENAI_API_KEY in the environment: only a model can answer, or you with `entities merge`")
    models = chat_models(settings, settings.openai_api_key.get_secret_value())
    async with aclosing(ChatAdjudicator(models[Tier.FAST])) as adjudicator:
        yield adjudicator
