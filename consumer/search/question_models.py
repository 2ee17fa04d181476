"""What can be asked of the graph itself, and what is answered. Data only.

Two times run through all of it. `as_of` is the world's (valid time): what was true then; None is now. `known_at` is
the log's (transaction time): as the log had told it by then; None is all that it told.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from consumer.graph.reading.edges import Direction, EntityNode, FactEdge
from consumer.search.intervals import Interval

MAX_DEPTH = 5
"""Relations between the entities of a neighbourhood or path, at most: beyond, all is connected with all."""

MAX_WIDTH = 1_000
"""Facts that are followed from one entity, at most."""

MAX_FACTS = 5_000
"""Facts in one answer, at most."""

MAX_PATHS = 50


@dataclass(frozen=True, slots=True)
class NeighbourQuestion:
    """What is around an entity of `group_id`, named by any of its names (or its uuid).

    Facts true at `as_of` (None: now), or of any time with `any_time`. `depth`: relations away, 1 to 5. `width`: facts
    followed from one entity, those that began last first. `limit`: facts in all. `relations` and `entity_types` (of
    the entities reached) are exact names, none is all; `direction` as seen from the entity in the middle.
    """

    group_id: str
    name: str
    depth: int = 1
    as_of: datetime | None = None
    known_at: datetime | None = None
    any_time: bool = False
    relations: tuple[str, ...] = ()
    entity_types: tuple[str, ...] = ()
    direction: Direction = Direction.BOTH
    width: int = 100
    limit: int = 500


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An entity that was reached, and how many relations away it is (0: the one in the middle)."""

    entity: EntityNode
    distance: int


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Entities by distance and name, and the facts between them by the distance at which they were found.

    `as_of` is the instant that was asked for, None for any time. `notes` tell in a sentence each what was left out.
    """

    center: EntityNode
    as_of: datetime | None
    known_at: datetime | None
    entities: tuple[Neighbour, ...]
    facts: tuple[FactEdge, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PathQuestion:
    """How two entities of `group_id` are connected: the `count` shortest paths, over facts that are true at once.

    No entity is twice on one. True at `as_of` (None: now); with `any_time` at some one instant, whichever. `relations`
    of all facts on it, `entity_types` of the entities between. `direction`: OUT follows each fact from subject to
    object.
    """

    group_id: str
    source: str
    target: str
    max_depth: int = 4
    count: int = 3
    as_of: datetime | None = None
    known_at: datetime | None = None
    any_time: bool = False
    relations: tuple[str, ...] = ()
    entity_types: tuple[str, ...] = ()
    direction: Direction = Direction.BOTH


@dataclass(frozen=True, slots=True)
class Step:
    """One relation of a path: all facts between its two entities that are true while the path holds."""

    facts: tuple[FactEdge, ...]


@dataclass(frozen=True, slots=True)
class Path:
    """Entities from source to target, a step between each two, and the longest stretch of time in which all hold."""

    entities: tuple[EntityNode, ...]
    steps: tuple[Step, ...]
    holds: Interval


@dataclass(frozen=True, slots=True)
class Paths:
    """Paths by length, then by the names of their entities; the same question has the same answer."""

    source: EntityNode
    target: EntityNode
    as_of: datetime | None
    known_at: datetime | None
    paths: tuple[Path, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TimelineQuestion:
    """What was true of an entity when: of all relations or of some, as their subject, their object or either.

    The holders of an office: its name, relation HOLDS_OFFICE, direction IN. `since` and `until` leave facts that are
    true at some instant between; `as_of` those true then, and the gap that it falls into. `limit` and `offset` page.
    """

    group_id: str
    name: str
    relations: tuple[str, ...] = ()
    direction: Direction = Direction.BOTH
    as_of: datetime | None = None
    known_at: datetime | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 200
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Overlap:
    """A stretch of time in which more than one fact holds, and how many do at most."""

    interval: Interval
    most: int


@dataclass(frozen=True, slots=True)
class Lane:
    """The facts of one relation and side on this page, in order of start; `total` on all pages.

    Of all pages too: when none holds between the first and the last, and when several do.
    """

    relation: str
    direction: Direction
    facts: tuple[FactEdge, ...]
    gaps: tuple[Interval, ...]
    overlaps: tuple[Overlap, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """Lanes by relation, those of which the entity is the subject first. `next_offset` is None on the last page."""

    entity: EntityNode
    as_of: datetime | None
    known_at: datetime | None
    lanes: tuple[Lane, ...]
    next_offset: int | None = None
    notes: tuple[str, ...] = ()

    @property
    def facts(self) -> tuple[FactEdge, ...]:
        """All facts of this page."""
        return tuple(fact for lane in self.lanes for fact in lane.facts)


@dataclass(frozen=True, slots=True)
class SnapshotQuestion:
    """All that was true in a group at `as_of` (None: now), a page of about `limit` facts at a time.

    `cursor` is the `next_cursor` of the page before, and brings the instants of the first page with it.
    """

    group_id: str
    as_of: datetime | None = None
    known_at: datetime | None = None
    relations: tuple[str, ...] = ()
    limit: int = 1_000
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class SnapshotPage:
    """Facts in canonical order (names of subject, relation and object, then ids) and the entities they are between.

    An entity is told on each page that has a fact of it. `version` is the group's, one more with each write: pages of
    different versions are not of one state. `next_cursor` is None on the last page; a page before may be empty.
    """

    group_id: str
    as_of: datetime
    known_at: datetime | None
    facts: tuple[FactEdge, ...]
    entities: tuple[EntityNode, ...]
    version: int
    next_cursor: str | None = None
    notes: tuple[str, ...] = ()


class Axis(StrEnum):
    """Along which time two instants are compared: what was true (VALID), or what the log had told (LOG)."""

    VALID = "valid"
    LOG = "log"


class ChangeKind(StrEnum):
    """What happened to a fact between two instants.

    VALID: `began` and still holds; `ended`; `passed`: began and ended in between.
    LOG: `learned`: was not known before; `closed`: its end became known; `corrected`: dates known before are others
    now; `withdrawn`: no longer held.
    """

    BEGAN = "began"
    ENDED = "ended"
    PASSED = "passed"
    LEARNED = "learned"
    CLOSED = "closed"
    CORRECTED = "corrected"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class DiffQuestion:
    """What is different in a group at `end` from at `start`, along one time; the other time stands still.

    Along VALID, `known_at` says what was known; along LOG, `as_of` leaves facts that are held true then before or
    after (None: of any time). `cursor` is the `next_cursor` of the page before.
    """

    group_id: str
    start: datetime
    end: datetime
    axis: Axis = Axis.VALID
    as_of: datetime | None = None
    known_at: datetime | None = None
    relations: tuple[str, ...] = ()
    limit: int = 1_000
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A fact that is different: as it is at the end (withdrawn: as it was), and before, where it was known before."""

    kind: ChangeKind
    fact: FactEdge
    before: FactEdge | None = None


@dataclass(frozen=True, slots=True)
class DiffPage:
    """Changes in canonical order of their facts. `next_cursor` is None on the last page."""

    group_id: str
    start: datetime
    end: datetime
    axis: Axis
    changes: tuple[Change, ...]
    next_cursor: str | None = None
    notes: tuple[str, ...] = ()


__all__ = [
    "MAX_DEPTH",
    "MAX_FACTS",
    "MAX_PATHS",
    "MAX_WIDTH",
    "Axis",
    "Change",
    "ChangeKind",
    "DiffPage",
    "DiffQuestion",
    "Direction",
    "EntityNode",
    "FactEdge",
    "Interval",
    "Lane",
    "Neighbour",
    "NeighbourQuestion",
    "Neighbourhood",
    "Overlap",
    "Path",
    "PathQuestion",
    "Paths",
    "SnapshotPage",
    "SnapshotQuestion",
    "Step",
    "Timeline",
    "TimelineQuestion",
]
