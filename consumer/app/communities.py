"""Opens what builds, tells and shows communities."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from consumer.errors import UserError
from consumer.model.community import Community
from consumer.settings import Settings

if TYPE_CHECKING:
    from consumer.app.community_build import CommunityBuilder, Progress
    from consumer.communities.chat import ChatTeller
    from consumer.graph.communities import MemberView

TRANSACTION_S = 300.0
"""A large group's communities are one transaction; a pod's limit is made for single batches."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A community with the number of its members."""

    community: Community
    size: int
    has_vector: bool


@asynccontextmanager
async def open_builder(
    settings: Settings, teller: ChatTeller | None = None, on_progress: Progress = lambda _group, _step, _done, _of: None
) -> AsyncIterator[CommunityBuilder]:
    """Connect to Neo4j and open what embeds, and close at the end; the teller stays open.

    Raises:
        UserError: the address or credentials are wrong.
        WorldFault: the database cannot be reached.
    """
    from consumer.app.build import build_embedder  # noqa: PLC0415 - heavy
    from consumer.app.community_build import CommunityBuilder  # noqa: PLC0415
    from consumer.app.embedders import EmbeddersByModel  # noqa: PLC0415
    from consumer.graph import connect  # noqa: PLC0415

    async with AsyncExitStack() as closing:
        neo4j = settings.neo4j.model_copy(update={"transaction_timeout_s": TRANSACTION_S})
        database = await closing.enter_async_context(aclosing(connect(neo4j)))
        embedder = build_embedder(settings)
        closing.push_async_callback(embedder.aclose)
        others = await closing.enter_async_context(EmbeddersByModel(settings, embedder, build_embedder))
        yield CommunityBuilder(database, settings.communities, others.of, teller, on_progress=on_progress)


@asynccontextmanager
async def open_teller(settings: Settings) -> AsyncIterator[ChatTeller]:
    """Open the chat model that tells communities, the balanced one of the tiers, and close it at the end.

    Raises:
        UserError: there is no key.
    """
    from consumer.app.build_models import chat_models  # noqa: PLC0415 - heavy
    from consumer.communities.chat import ChatTeller  # noqa: PLC0415
    from consumer.llm.routing import Tier  # noqa: PLC0415

    if not settings.openai_api_key:
        raise UserError("no OPENAI_API_KEY in the environment: without a model, communities are told by rule")
    models = chat_models(settings, settings.openai_api_key.get_secret_value())
    async with aclosing(ChatTeller(models[Tier.BALANCED])) as teller:
        yield teller


async def group_ids(settings: Settings) -> list[str]:
    """Return every group that holds anything, sorted.

    Raises:
        WorldFault: the database is down.
    """
    from consumer.graph import connect  # noqa: PLC0415 - heavy

    async with aclosing(connect(settings.neo4j)) as database:
        return list(await database.fetch("group_ids"))


async def listed(settings: Settings, group_id: str) -> tuple[list[Listing], bool]:
    """Return a group's communities, the largest first, and whether they are those of its facts now.

    Raises:
        WorldFault: the database is down.
    """
    from consumer.graph import connect  # noqa: PLC0415 - heavy
    from consumer.graph.communities import GroupCommunities  # noqa: PLC0415

    async with aclosing(connect(settings.neo4j)) as database:
        state = await GroupCommunities(database, group_id).state()
    found = [
        Listing(each, len(each.members), each.uuid in state.stored.with_vector)
        for each in state.stored.communities.values()
    ]
    is_current = state.build is not None and state.build.version == state.version
    return sorted(found, key=lambda each: (each.community.level, -each.size, each.community.uuid)), is_current


async def shown(settings: Settings, group_id: str, wanted: str) -> list[tuple[Listing, list[MemberView]]]:
    """Return the communities whose uuid begins with `wanted` or whose name holds it, with their members.

    Raises:
        UserError: there is none.
        WorldFault: the database is down.
    """
    from consumer.graph import connect  # noqa: PLC0415 - heavy
    from consumer.graph.communities import GroupCommunities  # noqa: PLC0415

    found, _ = await listed(settings, group_id)
    chosen = [
        each
        for each in found
        if each.community.uuid.startswith(wanted.casefold()) or wanted.casefold() in each.community.name.casefold()
    ]
    if not chosen:
        raise UserError(f"group {group_id!r} has no community {wanted!r}: see `episodes communities list {group_id}`")
    async with aclosing(connect(settings.neo4j)) as database:
        graph = GroupCommunities(database, group_id)
        return [(each, await graph.members(each.community.uuid)) for each in chosen]
