"""Questions to the graph itself: who is near, how are two connected, what held when, what was true, what changed.

One method a question; each asks the database in as few bounded reads as it can and decides in the pure modules beside.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from consumer.clock import Clock, SystemClock
from consumer.graph import Database
from consumer.graph.reading.edges import EntityNode
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


class GraphQuestions:
    """Answers questions about the graph of a group; holds no state between them.

    Names are resolved through aliases. Every method raises UserError, in one line, for a name that the group has not
    (with the names that are near it) and for a bound that is exceeded; WorldFault when the database is down.
    """

    def __init__(self, database: Database, clock: Clock | None = None, *, max_name_chars: int = 512) -> None:
        self._database = database
        self._clock = clock or SystemClock()
        self._max_name_chars = max_name_chars

    async def entity(self, group_id: str, name: str) -> EntityNode:
        """Return the entity that `name`, an alias of it, or its uuid means."""
        raise NotImplementedError

    async def neighbours(self, question: NeighbourQuestion) -> Neighbourhood:
        """Return what is around an entity."""
        raise NotImplementedError

    async def paths(self, question: PathQuestion) -> Paths:
        """Return the shortest ways between two entities over facts that are true at once."""
        raise NotImplementedError

    async def timeline(self, question: TimelineQuestion) -> Timeline:
        """Return what was true of an entity when, with the gaps and overlaps."""
        raise NotImplementedError

    async def snapshot(self, question: SnapshotQuestion) -> SnapshotPage:
        """Return a page of all that was true in a group at an instant."""
        raise NotImplementedError

    def snapshot_pages(self, question: SnapshotQuestion) -> AsyncIterator[SnapshotPage]:
        """Yield this page and all that follow."""
        raise NotImplementedError

    async def diff(self, question: DiffQuestion) -> DiffPage:
        """Return a page of what is different between two instants."""
        raise NotImplementedError
