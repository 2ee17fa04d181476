"""A group's state at an instant and the difference between two, a page at a time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from consumer.errors import UserError
from consumer.graph import Database
from consumer.graph.connection import Transaction
from consumer.graph.reading.edges import EntityNode
from consumer.graph.reading.snapshot import LogDifference, Page, Span, group_version, log_difference, page
from consumer.model.instants import iso, to_utc
from consumer.search.changes import change_between, changes_known
from consumer.search.cursors import cursor_text, cursor_values
from consumer.search.pathfinding import interval_of
from consumer.search.question_models import (
    Axis,
    Change,
    DiffPage,
    DiffQuestion,
    SnapshotPage,
    SnapshotQuestion,
)


async def snapshot_page(database: Database, question: SnapshotQuestion, now: datetime) -> SnapshotPage:
    """Return a page of what was true, `now` if no instant is asked for.

    Raises:
        UserError: the cursor is none.
        WorldFault: the database is down.
    """
    as_of, known_at = to_utc(question.as_of or now), utc_of(question.known_at)
    after, told = None, 0
    if question.cursor is not None:
        asked, known, after, told = cursor_values(question.cursor, "as_of", "known_at", "after", "told")
        as_of, known_at = _read(asked), None if known is None else _read(known)
    span = Span(question.group_id, question.relations, as_of=as_of)

    async def work(tx: Transaction) -> tuple[int, Page]:
        version = await group_version(tx, question.group_id)
        return version, await page(tx, span, after=after, limit=question.limit, known_at=known_at)

    version, found = await database.read("snapshot", work)
    told += len(found.facts)
    following = None
    if found.last is not None:
        following = cursor_text(as_of=iso(as_of), known_at=_written(known_at), after=found.last, told=told)
    return SnapshotPage(
        question.group_id,
        as_of,
        known_at,
        found.facts,
        _by_name(found.entities.values()),
        version,
        following,
        (f"{told:,} facts so far, and there may be more: go on with the cursor",) if following else (),
    )


async def diff_page(database: Database, question: DiffQuestion) -> DiffPage:
    """Return a page of what is different between two instants.

    Raises:
        UserError: the second is before the first, or the cursor is none.
        WorldFault: the database is down.
    """
    start, end = to_utc(question.start), to_utc(question.end)
    if start > end:
        raise UserError(f"the first instant, {iso(start)}, is after the second, {iso(end)}", exit_code=2)
    if question.axis is Axis.LOG:
        return await _log_page(database, question, start, end)
    return await _valid_page(database, question, start, end)


async def _valid_page(database: Database, question: DiffQuestion, start: datetime, end: datetime) -> DiffPage:
    after = cursor_values(question.cursor, "after")[0] if question.cursor else None
    span = Span(question.group_id, question.relations, since=start, until=end)
    known_at = utc_of(question.known_at)

    async def work(tx: Transaction) -> Page:
        return await page(tx, span, after=after, limit=question.limit, known_at=known_at)

    found = await database.read("diff_valid", work)
    changes = tuple(change for fact in found.facts if (change := change_between(fact, start, end)) is not None)
    following = cursor_text(after=found.last) if found.last is not None else None
    notes = ("there may be more changes: go on with the cursor",) if following else ()
    return DiffPage(question.group_id, start, end, Axis.VALID, changes, following, notes)


async def _log_page(database: Database, question: DiffQuestion, start: datetime, end: datetime) -> DiffPage:
    (offset,) = cursor_values(question.cursor, "offset") if question.cursor else (0,)
    as_of = utc_of(question.as_of)

    async def work(tx: Transaction) -> LogDifference:
        return await log_difference(tx, question.group_id, start, end)

    found = await database.read("diff_log", work)
    every = [
        change
        for change in changes_known(found.before, found.after)
        if (not question.relations or change.fact.relation in question.relations) and _is_about(change, as_of)
    ]
    last = offset + question.limit
    notes = []
    if found.until < end:
        notes.append(
            f"the log holds too many episodes of the group for one answer: this goes to {iso(found.until)} "
            f"({found.episodes:,} episodes), ask from there on"
        )
    following = cursor_text(offset=last) if last < len(every) else None
    if following:
        notes.append(f"changes {offset + 1:,} to {last:,} of {len(every):,}: go on with the cursor")
    return DiffPage(question.group_id, start, found.until, Axis.LOG, tuple(every[offset:last]), following, tuple(notes))


def _is_about(change: Change, as_of: datetime | None) -> bool:
    """Return whether the fact is held true at `as_of`, before or after."""
    held = [fact for fact in (change.fact, change.before) if fact is not None]
    return as_of is None or any(interval_of(fact).holds_at(as_of) for fact in held)


def _by_name(nodes: Iterable[EntityNode]) -> tuple[EntityNode, ...]:
    return tuple(sorted(nodes, key=lambda node: (node.name, node.uuid)))


def utc_of(instant: datetime | None) -> datetime | None:
    """Return an instant in UTC, None as it is."""
    return None if instant is None else to_utc(instant)


def _written(instant: datetime | None) -> str | None:
    return None if instant is None else iso(instant)


def _read(text: Any) -> datetime:
    """Return the instant in a cursor.

    Raises:
        UserError: it is none.
    """
    try:
        return to_utc(datetime.fromisoformat(text))
    except (TypeError, ValueError) as error:
        raise UserError(f"{text!r} is no instant: take next_cursor as it is", exit_code=2) from error
