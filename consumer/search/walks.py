"""Walking the graph outwards from entities, level by level and within bounds: neighbourhoods and paths.

B1: of a level at most `MOST_READ` facts are looked at; entities that are in most facts are left for last, and told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from consumer.graph.connection import Transaction
from consumer.graph.reading.edges import EntityNode, FactEdge
from consumer.graph.reading.neighbourhood import MOST, Surroundings, Wanted, facts_whole, surroundings
from consumer.search.pathfinding import Route, Search, Web
from consumer.search.question_models import (
    Neighbour,
    Neighbourhood,
    NeighbourQuestion,
    Path,
    PathQuestion,
    Paths,
    Step,
)

MOST_READ = 100_000
"""Facts that are looked at for one level: a second of the database at worst."""

AT_ONCE = 50
"""Entities of a neighbourhood that are gone on from in one read."""

TOLD = 3
"""Entities that a note names."""


@dataclass(slots=True)
class _Walk:
    """What a walk has seen: entities with their distance, and what it had to leave out."""

    nodes: dict[str, EntityNode]
    distances: dict[str, int]
    hidden: dict[str, int] = field(default_factory=dict)
    unseen: set[str] = field(default_factory=set)
    skipped: list[EntityNode] = field(default_factory=list)

    @classmethod
    def of(cls, start: EntityNode) -> _Walk:
        return cls({start.uuid: start}, {start.uuid: 0})

    def take(self, found: Surroundings) -> None:
        """Take the entities that were found, and what was left out."""
        self.nodes |= {uuid: node for uuid, node in found.others.items() if uuid not in self.nodes}
        self.hidden |= found.hidden
        self.unseen |= found.unseen

    def reach(self, uuids: Iterable[str], distance: int) -> list[EntityNode]:
        """Return those entities that were not reached before, in order of name; they are now."""
        new = sorted({uuid for uuid in uuids if uuid not in self.distances})
        self.distances |= dict.fromkeys(new, distance)
        return sorted((self.nodes[uuid] for uuid in new), key=lambda node: (node.name, node.uuid))

    def affordable(self, frontier: Sequence[EntityNode]) -> list[EntityNode]:
        """B1: return the entities that can be gone on from, in their order."""
        left, kept = MOST_READ, set[str]()
        for node in sorted(frontier, key=lambda node: (node.facts, node.name, node.uuid)):
            left -= cost(node)
            if left < 0 and kept:
                break
            kept.add(node.uuid)
        self.skipped += [node for node in frontier if node.uuid not in kept]
        return [node for node in frontier if node.uuid in kept]

    def notes(self) -> list[str]:
        """Return what was left out, in a sentence each."""
        found = [
            f"{self.nodes[uuid].name!r} has {count:,} more facts than are shown"
            for uuid, count in sorted(self.hidden.items(), key=lambda pair: (-pair[1], pair[0]))[:TOLD]
        ]
        if len(self.hidden) > TOLD:
            found.append(f"{len(self.hidden) - TOLD:,} more entities have more facts than are shown")
        found += [
            f"{self.nodes[uuid].name!r} has so many facts that only {MOST:,} on a side were looked at"
            for uuid in sorted(self.unseen)[:TOLD]
        ]
        if self.skipped:
            named = ", ".join(repr(node.name) for node in sorted(self.skipped, key=lambda node: -node.facts)[:TOLD])
            found.append(
                f"{len(self.skipped):,} entities with many facts were not gone on from ({named}): "
                "name relations, or take a lesser depth"
            )
        return found


def cost(node: EntityNode) -> int:
    """Return how many facts are looked at to go on from an entity."""
    return min(node.facts, 2 * MOST) + 1


async def walk_around(
    tx: Transaction, question: NeighbourQuestion, center: EntityNode, as_of: datetime | None
) -> Neighbourhood:
    """Return what is around `center`; `as_of` None is any time.

    Raises:
        WorldFault: the database is down.
    """
    wanted = Wanted(
        question.group_id,
        question.direction,
        as_of,
        question.known_at,
        question.relations,
        question.entity_types,
        (center.uuid,),
    )
    walk, facts = _Walk.of(center), dict[str, FactEdge]()
    frontier, is_full = [center], False
    for distance in range(1, question.depth + 1):
        reached: list[str] = []
        affordable = walk.affordable(frontier)
        for start in range(0, len(affordable), AT_ONCE):
            found = await surroundings(tx, wanted, affordable[start : start + AT_ONCE], width=question.width)
            walk.take(found)
            new = {
                fact.uuid: (node.uuid, fact)
                for node in affordable[start : start + AT_ONCE]
                for fact in found.facts.get(node.uuid, ())
                if fact.uuid not in facts
            }
            left = question.limit - len(facts)
            for uuid, fact in list(new.values())[:left]:
                facts[fact.uuid] = fact
                reached.append(fact.other(uuid))
            is_full = len(new) > left
            if is_full:
                break
        frontier = walk.reach(reached, distance)
        if is_full or not frontier:
            break
    notes = walk.notes()
    if is_full:
        notes.append(f"only {question.limit:,} facts were asked for: there are more")
    entities = sorted(
        (Neighbour(walk.nodes[uuid], distance) for uuid, distance in walk.distances.items()),
        key=lambda each: (each.distance, each.entity.name, each.entity.uuid),
    )
    return Neighbourhood(center, as_of, question.known_at, tuple(entities), tuple(facts.values()), tuple(notes))


async def walk_between(
    tx: Transaction, question: PathQuestion, source: EntityNode, target: EntityNode, as_of: datetime | None
) -> Paths:
    """Return the shortest paths; the side that costs less is gone on from, so that a hub is entered last.

    After n levels on both sides together all paths of n steps are among what was read: each step begins nearer to the
    source than its levels reach, or ends nearer to the target than its do.

    Raises:
        WorldFault: the database is down.
    """
    wanted = Wanted(
        question.group_id,
        question.direction,
        as_of,
        question.known_at,
        question.relations,
        question.entity_types,
        (source.uuid, target.uuid),
    )
    web = Web(question.direction)
    sides = [
        _Side(_Walk.of(source), wanted, [source]),
        _Side(_Walk.of(target), replace(wanted, direction=wanted.direction.turned), [target]),
    ]
    nodes = {source.uuid: source, target.uuid: target}
    search = Search(web, source.uuid, target.uuid, nodes, as_of)
    routes: list[Route] = []
    for length in range(1, question.max_depth + 1):
        facts, others = await min(sides, key=_Side.cost).advance(tx)
        nodes |= {uuid: node for uuid, node in others.items() if uuid not in nodes}
        await asyncio.to_thread(web.add, facts)
        routes += await asyncio.to_thread(search.routes, length, question.count - len(routes))
        if len(routes) >= question.count:
            break
    whole = await facts_whole(tx, question.group_id, _used(routes)) if question.known_at is None else {}
    notes = list(dict.fromkeys(note for side in sides for note in side.walk.notes()))
    if search.is_cut:
        notes.append("there are so many ways that not all were tried: name relations, or take a lesser depth")
    return Paths(
        source,
        target,
        as_of,
        question.known_at,
        tuple(
            Path(
                tuple(nodes[uuid] for uuid in route.entities),
                tuple(Step(tuple(whole.get(fact.uuid, fact) for fact in step)) for step in route.steps),
                route.holds,
            )
            for route in routes
        ),
        tuple(notes),
    )


@dataclass(slots=True)
class _Side:
    """One end of a path and how far it was gone on from."""

    walk: _Walk
    wanted: Wanted
    frontier: list[EntityNode]
    levels: int = 0

    def cost(self) -> float:
        """Return how many facts the next level is about to look at.

        Nothing, if all that can be reached from here was read: then every path is known. But if something was left
        out, nothing more comes from here.
        """
        if not self.frontier and (self.walk.skipped or self.walk.unseen):
            return float("inf")
        return sum(cost(node) for node in self.frontier)

    async def advance(self, tx: Transaction) -> tuple[list[FactEdge], dict[str, EntityNode]]:
        """Go one level on; return its facts and the entities at their ends."""
        self.levels += 1
        affordable = self.walk.affordable(self.frontier)
        found = await surroundings(tx, self.wanted, affordable, width=2 * MOST, is_lean=True)
        self.walk.take(found)
        facts = [fact for uuid in found.facts for fact in found.facts[uuid]]
        ends = (end for fact in facts for end in (fact.subject_uuid, fact.object_uuid))
        self.frontier = self.walk.reach(ends, self.levels)
        return facts, found.others


def _used(routes: Iterable[Route]) -> list[str]:
    return sorted({fact.uuid for route in routes for step in route.steps for fact in step})
