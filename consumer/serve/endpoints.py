"""Every endpoint under /v1, and who answers it. Thin: the memory answers, this table names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Generic, TypeVar

from consumer.app.event_log import Published
from consumer.app.memory import Communities, Memory, NotThere, Status, WholeCommunity
from consumer.graph.library import EntityLine, EpisodeLine, GroupSize, WholeEntity, WholeEpisode, WholeFact, WholeGroup
from consumer.model.instants import iso, to_utc
from consumer.search.context import Context
from consumer.search.question_models import (
    DiffPage,
    DiffQuestion,
    Neighbourhood,
    NeighbourQuestion,
    PathQuestion,
    Paths,
    SnapshotPage,
    SnapshotQuestion,
    Timeline,
    TimelineQuestion,
)
from consumer.search.result import SearchResult
from consumer.serve import wire
from consumer.serve.endpoint import Call, Endpoint, Nothing, cursor_of, parts_of
from consumer.serve.problems import Problem

T = TypeVar("T")

GROUP = "/v1/groups/{group_id}"


@dataclass(frozen=True, slots=True)
class Items(Generic[T]):
    """A part of a list; `next_cursor` is None at its end."""

    items: tuple[T, ...]
    next_cursor: str | None = None


async def search(memory: Memory, call: Call[Nothing, wire.SearchBody]) -> SearchResult:
    """Answer a question with facts, entities, episodes or communities, best first."""
    return await memory.search(call.body.request(memory.ranking))


async def context(memory: Memory, call: Call[Nothing, wire.ContextBody]) -> Context:
    """Answer a question with text for a prompt."""
    return await memory.context(call.body.request(memory.ranking), call.body.max_tokens)


async def groups(memory: Memory, call: Call[wire.Page, Nothing]) -> Items[GroupSize]:
    """List groups with what they hold."""
    after = parts_of(call.query.cursor, str)[0] if call.query.cursor else ""
    found = await memory.library.groups(after=after, limit=call.query.limit + 1)
    return _page(found, call.query.limit, lambda last: cursor_of(last.group_id))


async def group(memory: Memory, call: Call[Nothing, Nothing]) -> WholeGroup:
    """Tell what a group holds, and from when to when."""
    found = await memory.library.group(call.group_id)
    if found is None:
        raise NotThere(f"group {call.group_id} holds nothing")
    return found


async def remove_group(memory: Memory, call: Call[wire.ConfirmQuery, Nothing]) -> Published:
    """Publish the removal of a group."""
    if call.query.confirm != call.group_id:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "query: confirm: must be the group's name")
    return await memory.remove_group(call.group_id)


async def episodes(memory: Memory, call: Call[wire.Page, Nothing]) -> Items[EpisodeLine]:
    """List the episodes of a group, newest first."""
    before = None
    if call.query.cursor:
        at, uuid = parts_of(call.query.cursor, str, str)
        before = (_instant(at), uuid)
    found = await memory.library.episodes([call.group_id], before=before, limit=call.query.limit + 1)
    return _page(found, call.query.limit, lambda last: cursor_of(iso(last.reference_time), last.uuid))


async def publish(memory: Memory, call: Call[Nothing, wire.EpisodeBody]) -> Published:
    """Publish an episode to the log."""
    return await memory.publish(call.body.event(call.group_id))


async def episode(memory: Memory, call: Call[Nothing, Nothing]) -> WholeEpisode:
    """Tell one episode whole."""
    return await memory.episode(call.uuid, call.group_id)


async def remove_episode(memory: Memory, call: Call[Nothing, Nothing]) -> Published:
    """Publish the removal of an episode."""
    return await memory.remove_episode(call.uuid, call.group_id)


async def entities(memory: Memory, call: Call[wire.Page, Nothing]) -> Items[EntityLine]:
    """List the entities of a group by name."""
    after = parts_of(call.query.cursor, str, str) if call.query.cursor else ["", ""]
    found = await memory.library.entities(call.group_id, after=(after[0], after[1]), limit=call.query.limit + 1)
    return _page(found, call.query.limit, lambda last: cursor_of(last.name, last.uuid))


async def entity(memory: Memory, call: Call[Any, Nothing]) -> WholeEntity:
    """Tell one entity."""
    found = await memory.library.entity(call.uuid)
    if found is None or found.group_id != call.group_id:
        raise NotThere(f"there is no entity {call.uuid} in group {call.group_id}")
    return found


async def fact(memory: Memory, call: Call[Nothing, Nothing]) -> WholeFact:
    """Tell one fact."""
    found = await memory.library.fact(call.uuid)
    if found is None or found.group_id != call.group_id:
        raise NotThere(f"there is no fact {call.uuid} in group {call.group_id}")
    return found


async def neighbours(memory: Memory, call: Call[wire.NeighbourQuery, Nothing]) -> Neighbourhood:
    """Tell what is around an entity."""
    found, asked = await entity(memory, call), call.query
    return await memory.questions.neighbours(
        NeighbourQuestion(
            call.group_id,
            found.uuid,
            depth=asked.depth,
            as_of=asked.as_of,
            known_at=asked.known_at,
            any_time=asked.any_time,
            relations=asked.relation,
            entity_types=asked.entity_type,
            direction=asked.direction,
            width=asked.width,
            limit=asked.limit,
        )
    )


async def timeline(memory: Memory, call: Call[wire.TimelineQuery, Nothing]) -> Timeline:
    """Tell what was true of an entity when."""
    found, asked = await entity(memory, call), call.query
    return await memory.questions.timeline(
        TimelineQuestion(
            call.group_id,
            found.uuid,
            relations=asked.relation,
            direction=asked.direction,
            as_of=asked.as_of,
            known_at=asked.known_at,
            since=asked.since,
            until=asked.until,
            limit=asked.limit,
            offset=asked.offset,
        )
    )


async def paths(memory: Memory, call: Call[wire.PathQuery, Nothing]) -> Paths:
    """Tell how two entities are connected."""
    asked = call.query
    return await memory.questions.paths(
        PathQuestion(
            call.group_id,
            asked.source,
            asked.target,
            max_depth=asked.max_depth,
            count=asked.count,
            as_of=asked.as_of,
            known_at=asked.known_at,
            any_time=asked.any_time,
            relations=asked.relation,
            entity_types=asked.entity_type,
            direction=asked.direction,
        )
    )


async def snapshot(memory: Memory, call: Call[wire.SnapshotQuery, Nothing]) -> SnapshotPage:
    """Tell what was true in a group at an instant."""
    asked = call.query
    return await memory.questions.snapshot(
        SnapshotQuestion(
            call.group_id,
            as_of=asked.as_of,
            known_at=asked.known_at,
            relations=asked.relation,
            limit=asked.limit,
            cursor=asked.cursor,
        )
    )


async def diff(memory: Memory, call: Call[wire.DiffQuery, Nothing]) -> DiffPage:
    """Tell what is different between two instants."""
    asked = call.query
    return await memory.questions.diff(
        DiffQuestion(
            call.group_id,
            asked.start,
            asked.end,
            axis=asked.axis,
            as_of=asked.as_of,
            known_at=asked.known_at,
            relations=asked.relation,
            limit=asked.limit,
            cursor=asked.cursor,
        )
    )


async def communities(memory: Memory, call: Call[Nothing, Nothing]) -> Communities:
    """List the communities of a group, the largest first."""
    return await memory.communities(call.group_id)


async def community(memory: Memory, call: Call[Nothing, Nothing]) -> WholeCommunity:
    """Tell a community with its members."""
    return await memory.community(call.group_id, call.uuid)


async def status(memory: Memory, _call: Call[Nothing, Nothing]) -> Status:
    """Tell where the memory and its pods stand."""
    return await memory.status()


def _page(found: list[T], limit: int, cursor: Any) -> Items[T]:
    """Return a page of `limit` items of one more that were asked for."""
    items = tuple(found[:limit])
    return Items(items, cursor(items[-1]) if len(found) > limit else None)


def _instant(text: str) -> datetime:
    """Return the instant in a cursor.

    Raises:
        Problem: it is none.
    """
    try:
        return to_utc(datetime.fromisoformat(text))
    except ValueError as error:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "query: cursor: is not one of this list") from error


ACCEPTED = HTTPStatus.ACCEPTED
_LATER = "Answered when the event is durable in the log; the graph follows when a consumer has come to it."

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "POST", "/v1/search", "search", "Search by words, meaning and the graph", SearchResult, search, "search",
        body=wire.SearchBody,
    ),
    Endpoint(
        "POST", "/v1/context", "context", "What answers a question, as text for a prompt", Context, context, "search",
        body=wire.ContextBody,
        description="Facts with dates, entities and quotes of episodes, within a budget of LLM tokens. What comes from "
        "episodes can't leave its place: facts are single lines, quotes begin with `> `.",
    ),
    Endpoint(
        "GET", "/v1/groups", "listGroups", "Groups with what they hold", Items[GroupSize], groups, "groups",
        query=wire.Page,
    ),
    Endpoint("GET", GROUP, "readGroup", "A group with what it holds and since when", WholeGroup, group, "groups"),
    Endpoint(
        "DELETE", GROUP, "removeGroup", "Remove a group with all it holds", Published, remove_group, "groups",
        query=wire.ConfirmQuery, status=ACCEPTED, publishes=True, description=_LATER,
    ),
    Endpoint(
        "GET", f"{GROUP}/episodes", "listEpisodes", "Episodes, newest first", Items[EpisodeLine], episodes, "episodes",
        query=wire.Page,
    ),
    Endpoint(
        "POST", f"{GROUP}/episodes", "publishEpisode", "Publish an episode", Published, publish, "episodes",
        body=wire.EpisodeBody, status=ACCEPTED, publishes=True, description=_LATER,
    ),
    Endpoint(
        "GET", f"{GROUP}/episodes/{{uuid}}", "readEpisode", "An episode whole", WholeEpisode, episode, "episodes"
    ),
    Endpoint(
        "DELETE", f"{GROUP}/episodes/{{uuid}}", "removeEpisode", "Remove an episode and what only it said", Published,
        remove_episode, "episodes", status=ACCEPTED, publishes=True, description=_LATER,
    ),
    Endpoint(
        "GET", f"{GROUP}/entities", "listEntities", "Entities by name", Items[EntityLine], entities, "graph",
        query=wire.Page,
    ),
    Endpoint("GET", f"{GROUP}/entities/{{uuid}}", "readEntity", "An entity", WholeEntity, entity, "graph"),
    Endpoint(
        "GET", f"{GROUP}/entities/{{uuid}}/neighbourhood", "neighbourhood", "What is around an entity", Neighbourhood,
        neighbours, "graph", query=wire.NeighbourQuery,
    ),
    Endpoint(
        "GET", f"{GROUP}/entities/{{uuid}}/timeline", "timeline", "What was true of an entity when", Timeline,
        timeline, "graph", query=wire.TimelineQuery,
    ),
    Endpoint("GET", f"{GROUP}/facts/{{uuid}}", "readFact", "A fact", WholeFact, fact, "graph"),
    Endpoint(
        "GET", f"{GROUP}/paths", "paths", "How two entities are connected", Paths, paths, "graph", query=wire.PathQuery
    ),
    Endpoint(
        "GET", f"{GROUP}/snapshot", "snapshot", "All that was true at an instant", SnapshotPage, snapshot, "graph",
        query=wire.SnapshotQuery,
    ),
    Endpoint(
        "GET", f"{GROUP}/diff", "diff", "What changed between two instants", DiffPage, diff, "graph",
        query=wire.DiffQuery,
    ),
    Endpoint(
        "GET", f"{GROUP}/communities", "listCommunities", "Communities, the largest first", Communities, communities,
        "graph", description="Built by `episodes communities build`.",
    ),
    Endpoint(
        "GET", f"{GROUP}/communities/{{uuid}}", "readCommunity", "A community with its members", WholeCommunity,
        community, "graph",
    ),
    Endpoint("GET", "/v1/status", "status", "Where the graph and the consumers stand", Status, status, "status"),
)  # fmt: skip
"""All endpoints, in the order of the document."""
