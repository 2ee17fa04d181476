"""A group's facts page by page in canonical order, and what an earlier state of the log had told of them."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from consumer.errors import UserError
from consumer.graph.as_of import facts_of
from consumer.graph.assertions import AssertionRow
from consumer.graph.connection import Transaction, rows
from consumer.graph.fact_reader import facts_on
from consumer.graph.facts import Histories
from consumer.graph.invalidate import Fact
from consumer.graph.places import position_of, to_micros
from consumer.graph.reading.edges import EntityNode, FactEdge, edge_of, edge_of_fact
from consumer.graph.reading.entity_names import entities_of
from consumer.graph.reads import assertions_of
from consumer.model.instants import iso

Position = list[str]
"""Where a fact or triple stands in canonical order: names of the ends and of the relation, with ids."""

MOST_EPISODES = 5_000
"""Episodes of the log whose effect is told at once."""

CROWD = 50_000
"""Episodes of one log time that are told at once, if there is nothing before them."""

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Span:
    """Which facts of a group: those true at `as_of`, or those that began or ended after `since` and by `until`."""

    group_id: str
    relations: tuple[str, ...] = ()
    as_of: datetime | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Facts in canonical order, the entities they are between, and where the next page begins after."""

    facts: tuple[FactEdge, ...]
    entities: dict[str, EntityNode]
    last: Position | None


async def page(tx: Transaction, span: Span, *, after: Position | None, limit: int, known_at: datetime | None) -> Page:
    """Return the `limit` facts after `after`; with `known_at` those of `limit` triples, which may be none.

    Raises:
        WorldFault: the database is down.
    """
    if known_at is not None:
        return await _page_known(tx, span, after, limit, known_at)
    found = await rows(
        tx,
        "group_facts",
        group_id=span.group_id,
        relations=list(span.relations) or None,
        as_of=_text(span.as_of),
        since=_text(span.since),
        until=_text(span.until),
        after=after,
        limit=limit,
    )
    entities = await entities_of(tx, span.group_id, (row[end] for row in found for end in ("source", "target")))
    last = found[-1]["place"] if len(found) == limit else None
    return Page(tuple(edge_of(row, entities) for row in found), entities, last)


async def _page_known(tx: Transaction, span: Span, after: Position | None, limit: int, known_at: datetime) -> Page:
    found = await rows(
        tx,
        "group_triples",
        group_id=span.group_id,
        relations=list(span.relations) or None,
        after=after,
        limit=limit,
    )
    shown = {(row["source"], row["name"], row["target"]): row for row in found}
    facts = await facts_on(tx, span.group_id, shown, as_of=span.as_of, known_at=known_at)
    kept = [fact for fact in facts if span.since is None or _turns(fact, span)]
    kept = [fact for fact in kept if not _is_elsewhere(fact, shown)]
    ends = {end for fact in kept for end in fact.triple.ends}
    entities = await entities_of(tx, span.group_id, ends)
    edges = sorted((edge_of_fact(fact, entities) for fact in kept), key=canonical)
    return Page(
        tuple(edges), {uuid: entities[uuid] for uuid in ends}, found[-1]["place"] if len(found) == limit else None
    )


def canonical(fact: FactEdge) -> Position:
    """Return where a fact stands in canonical order."""
    return [fact.subject, fact.subject_uuid, fact.relation, fact.object, fact.object_uuid, fact.uuid]


def _turns(fact: Fact, span: Span) -> bool:
    """Return whether a fact begins or ends within the span."""
    assert span.since is not None  # noqa: S101 - asked for by the caller
    assert span.until is not None  # noqa: S101 - asked for by the caller
    return any(turn is not None and span.since < turn <= span.until for turn in (fact.valid_at, fact.invalid_at))


def _is_elsewhere(fact: Fact, shown: dict[tuple[str, str, str], Any]) -> bool:
    """Return whether a symmetric fact is told with the triple that is shown the other way round.

    Both ways may be shown, of different facts; it belongs to the one from the lesser id, if that is shown.
    """
    if not fact.triple.is_symmetric or fact.triple.subject == fact.triple.object:
        return False
    _, low, relation, high, _ = fact.triple  # in order
    turned = shown.get((high, relation, low))
    return (low, relation, high) not in shown and turned is not None and bool(turned["is_both_ways"])


async def group_version(tx: Transaction, group_id: str) -> int:
    """Return how often the group was written; 0 for one that is not known.

    Raises:
        WorldFault: the database is down.
    """
    found = await rows(tx, "group_version", group_ids=[group_id])
    return found[0]["version"] or 0 if found else 0


@dataclass(frozen=True, slots=True)
class LogDifference:
    """The facts that some episodes of the log changed, as computed without them and with them.

    `until`: the log time of the last of them; earlier than asked for if there are too many.
    """

    before: tuple[FactEdge, ...]
    after: tuple[FactEdge, ...]
    until: datetime
    episodes: int


async def log_difference(
    tx: Transaction, group_id: str, start: datetime, end: datetime, *, most: int = MOST_EPISODES
) -> LogDifference:
    """Return what the log told of a group after `start` and by `end`, as far as `most` episodes reach.

    Episodes of one log time stay together, also if they are more than `most`.

    Raises:
        UserError: far too many are of one time.
        WorldFault: the database is down.
    """
    found = await _episodes(tx, group_id, start, end, most + 1)
    until = end
    if len(found) > most:
        crowded = position_of(found[most]["position"]).logged_at
        found = [row for row in found if position_of(row["position"]).logged_at < crowded]
        until = crowded - _MICROSECOND
        if not found:
            until = crowded
            found = await _episodes(tx, group_id, start, until, CROWD + 1)
            if len(found) > CROWD:
                raise UserError(f"more than {CROWD:,} episodes of group {group_id!r} have one log time, {iso(crowded)}")
    told: dict[tuple[str, int], AssertionRow] = {}
    histories = Histories(
        (), {row["uuid"] for row in found}, {key for row in found for key in row["triple_keys"] or ()}
    )
    while keys := histories.wanted():
        read = [row for row in await assertions_of(tx, keys) if row.position.logged_at <= until]
        told |= {row.key: row for row in read}
        histories.add_stored(keys, read)
    before, after = await asyncio.to_thread(_both, histories, told.values(), start, until)
    names = await entities_of(tx, group_id, (end for fact in (*before, *after) for end in fact.triple.ends))
    return LogDifference(
        tuple(edge_of_fact(fact, names) for fact in before),
        tuple(edge_of_fact(fact, names) for fact in after),
        until,
        len(found),
    )


def _both(
    histories: Histories, told: Collection[AssertionRow], start: datetime, until: datetime
) -> tuple[list[Fact], list[Fact]]:
    """Return the facts of the triples that differ, at the one time and at the other."""
    changes = histories.changes()
    triples = {fact.triple for fact in (*changes.created, *changes.changed, *changes.deleted)}
    return facts_of(triples, told, known_at=start), facts_of(triples, told, known_at=until)


async def _episodes(tx: Transaction, group_id: str, start: datetime, end: datetime, limit: int) -> list[Any]:
    return await rows(
        tx,
        "episodes_between",
        group_id=group_id,
        first=_from(start + _MICROSECOND),
        end=_from(end + _MICROSECOND),
        limit=limit,
    )


def _from(instant: datetime) -> str:
    """Return a text before all positions of `instant` and after all earlier ones."""
    return f"{to_micros(instant):018d}"


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else iso(instant)
