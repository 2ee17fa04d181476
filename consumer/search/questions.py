"""Questions to the graph itself: who is near, how are two connected, what held when, what was true, what changed.

One method a question. Each asks the database in one transaction of few, bounded reads, and decides in the pure modules
beside: `pathfinding`, `timelines`, `changes`, `intervals`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime

from consumer.clock import Clock, SystemClock
from consumer.errors import UserError
from consumer.graph import Database
from consumer.graph.connection import Transaction
from consumer.graph.reading.edges import EntityNode
from consumer.graph.reading.entity_names import entities_named
from consumer.graph.reading.neighbourhood import MOST, Wanted, surroundings
from consumer.model.instants import to_utc
from consumer.search.question_models import (
    MAX_DEPTH,
    MAX_FACTS,
    MAX_PATHS,
    MAX_WIDTH,
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
from consumer.search.states import diff_page, snapshot_page, utc_of
from consumer.search.timelines import at, lanes_of, paged, within
from consumer.search.walks import walk_around, walk_between
from consumer.telemetry.questions import asked


class GraphQuestions:
    """Answers questions about the graph of a group; holds no state between them.

    Names are resolved through aliases. Every method raises UserError, in one line, for a name that the group has not
    (with the names that are near it) and for a bound that is exceeded; WorldFault when the database is down.
    """

    def __init__(self, database: Database, clock: Clock | None = None, *, max_name_chars: int = 512) -> None:
        self._database = database
        self._clock = clock or SystemClock()
        self._max_name_chars = max_name_chars

    @asked("entity")
    async def entity(self, group_id: str, name: str) -> EntityNode:
        """Return the entity that `name`, an alias of it, or its uuid means."""

        async def work(tx: Transaction) -> EntityNode:
            (found,) = await self._named(tx, group_id, name)
            return found

        return await self._database.read("entity_of_name", work)

    @asked("neighbours")
    async def neighbours(self, question: NeighbourQuestion) -> Neighbourhood:
        """Return what is around an entity."""
        check("depth", question.depth, MAX_DEPTH)
        check("width", question.width, MAX_WIDTH)
        check("limit", question.limit, MAX_FACTS)
        as_of = self._instant(question.as_of, any_time=question.any_time)
        asked = replace(question, known_at=utc_of(question.known_at))

        async def work(tx: Transaction) -> Neighbourhood:
            (center,) = await self._named(tx, question.group_id, question.name)
            return await walk_around(tx, asked, center, as_of)

        return await self._database.read("neighbours", work)

    @asked("paths")
    async def paths(self, question: PathQuestion) -> Paths:
        """Return the shortest ways between two entities over facts that are true at once."""
        check("max_depth", question.max_depth, MAX_DEPTH)
        check("count", question.count, MAX_PATHS)
        as_of = self._instant(question.as_of, any_time=question.any_time)
        asked = replace(question, known_at=utc_of(question.known_at))

        async def work(tx: Transaction) -> Paths:
            source, target = await self._named(tx, question.group_id, question.source, question.target)
            if source.uuid == target.uuid:
                raise UserError(f"{question.source!r} and {question.target!r} are one entity, {source.name!r}")
            return await walk_between(tx, asked, source, target, as_of)

        return await self._database.read("paths", work)

    @asked("timeline")
    async def timeline(self, question: TimelineQuestion) -> Timeline:
        """Return what was true of an entity when, with the gaps and overlaps."""
        check("limit", question.limit, MAX_FACTS)
        if question.offset < 0:
            raise UserError(f"offset {question.offset}: count from 0", exit_code=2)
        wanted = Wanted(
            question.group_id, question.direction, known_at=utc_of(question.known_at), relations=question.relations
        )

        async def work(tx: Transaction) -> Timeline:
            (entity,) = await self._named(tx, question.group_id, question.name)
            found = await surroundings(tx, wanted, [entity], width=2 * MOST)
            lanes = lanes_of(entity.uuid, found.facts.get(entity.uuid, ()))
            as_of = utc_of(question.as_of)
            if question.since is not None or question.until is not None:
                lanes = within(lanes, utc_of(question.since), utc_of(question.until))
            if as_of is not None:
                lanes = at(lanes, as_of)
            shown, next_offset = paged(lanes, question.offset, question.limit)
            notes = (
                [f"{entity.name!r} has so many facts that only {MOST:,} on a side were looked at: name relations"]
                if found.unseen
                else []
            )
            total = sum(lane.total for lane in lanes)
            if next_offset is not None:
                notes.append(f"facts {question.offset + 1:,} to {next_offset:,} of {total:,}: go on at {next_offset}")
            return Timeline(entity, as_of, wanted.known_at, tuple(shown), next_offset, tuple(notes))

        return await self._database.read("timeline", work)

    @asked("snapshot")
    async def snapshot(self, question: SnapshotQuestion) -> SnapshotPage:
        """Return a page of all that was true in a group at an instant."""
        check("limit", question.limit, MAX_FACTS)
        return await snapshot_page(self._database, question, self._clock.now())

    async def snapshot_pages(self, question: SnapshotQuestion) -> AsyncIterator[SnapshotPage]:
        """Yield this page and all that follow."""
        found = await self.snapshot(question)
        yield found
        while found.next_cursor:
            found = await self.snapshot(replace(question, cursor=found.next_cursor))
            yield found

    @asked("diff")
    async def diff(self, question: DiffQuestion) -> DiffPage:
        """Return a page of what is different between two instants."""
        check("limit", question.limit, MAX_FACTS)
        return await diff_page(self._database, question)

    async def _named(self, tx: Transaction, group_id: str, *names: str) -> list[EntityNode]:
        return await entities_named(tx, group_id, names, max_name_chars=self._max_name_chars)

    def _instant(self, as_of: datetime | None, *, any_time: bool) -> datetime | None:
        """Return the instant of a question, None for any time.

        Raises:
            UserError: both were asked for.
        """
        if any_time and as_of is not None:
            raise UserError("an instant or any time: ask for one of the two", exit_code=2)
        return None if any_time else to_utc(as_of or self._clock.now())


def check(name: str, value: int, most: int) -> None:
    """Accept a bound.

    Raises:
        UserError: it is not between 1 and `most`.
    """
    if not 1 <= value <= most:
        raise UserError(f"{name} {value}: from 1 to {most:,}", exit_code=2)
