"""The facts that entities are in, one step outwards: what every walk through the graph is made of.

Bounded whatever is asked: of an entity so many facts are looked at on a side, and so many are given.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from consumer.graph.connection import Transaction, rows
from consumer.graph.fact_reader import facts_on
from consumer.graph.reading.edges import Direction, EntityNode, FactEdge, edge_of, edge_of_fact, node_of
from consumer.graph.reading.entity_names import entities_of
from consumer.model.instants import EPOCH, iso

MOST = 20_000
"""Facts of one entity that are looked at on a side: a hub of more is told to be cut."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which facts count, from the side of the entity that is asked about.

    `as_of`: true then, None: at any time; `known_at`: as the log had told it by then. `relations` are names, and
    `types` labels of the entity at the other end; none is all. `exempt` are entities whose type does not matter.
    """

    group_id: str
    direction: Direction = Direction.BOTH
    as_of: datetime | None = None
    known_at: datetime | None = None
    relations: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    exempt: tuple[str, ...] = ()


@dataclass(slots=True)
class Surroundings:
    """Facts by the entity that was asked about, those that began last first, and the entities at their other ends.

    `hidden`: of which entities more facts match than are given, and how many. `unseen`: entities that are in more
    facts than were looked at.
    """

    facts: dict[str, list[FactEdge]] = field(default_factory=dict)
    others: dict[str, EntityNode] = field(default_factory=dict)
    hidden: dict[str, int] = field(default_factory=dict)
    unseen: set[str] = field(default_factory=set)


async def surroundings(
    tx: Transaction, wanted: Wanted, entities: Sequence[EntityNode], *, width: int, is_lean: bool = False
) -> Surroundings:
    """Return the facts that `entities` are in, of each at most `width`. Lean ones lack sentence and episodes.

    Raises:
        WorldFault: the database is down.
    """
    if not entities:
        return Surroundings()
    if wanted.known_at is not None:
        return await _as_known(tx, wanted, entities, width)
    found = await rows(
        tx,
        "entity_facts",
        uuids=[entity.uuid for entity in entities],
        as_of=iso(wanted.as_of) if wanted.as_of else None,
        width=width,
        is_lean=is_lean,
        group_id=wanted.group_id,
        has_out=wanted.direction.has_out,
        has_in=wanted.direction.has_in,
        relations=list(wanted.relations) or None,
        types=list(wanted.types) or None,
        exempt=list(wanted.exempt),
        most=MOST,
    )
    return await asyncio.to_thread(_as_shown, wanted, entities, found)


def _as_shown(wanted: Wanted, entities: Sequence[EntityNode], found: Iterable[Mapping[str, Any]]) -> Surroundings:
    result = Surroundings()
    names = {entity.uuid: entity for entity in entities}
    for row in found:
        uuid = row["uuid"]
        others = {other["uuid"]: node_of(other) for other in row["others"]}
        result.others |= others
        known = {uuid: names[uuid], **others}
        result.facts[uuid] = [edge_of(fact, known) for fact in row["facts"]]
        if row["matching"] > len(row["facts"]):
            result.hidden[uuid] = row["matching"] - len(row["facts"])
        _note_unseen(result, wanted, names[uuid], row["looked_at"])
    return result


async def _as_known(tx: Transaction, wanted: Wanted, entities: Sequence[EntityNode], width: int) -> Surroundings:
    """Return the same, computed from what the log had told by `wanted.known_at`."""
    asked = {entity.uuid: entity for entity in entities}
    found = await rows(
        tx,
        "entity_triples",
        uuids=list(asked),
        group_id=wanted.group_id,
        has_out=wanted.direction.has_out,
        has_in=wanted.direction.has_in,
        relations=list(wanted.relations) or None,
        types=list(wanted.types) or None,
        exempt=list(wanted.exempt),
        most=MOST,
    )
    result = Surroundings(facts={uuid: [] for uuid in asked})
    for row in found:
        result.others |= {other["uuid"]: node_of(other) for other in row["others"]}
        _note_unseen(result, wanted, asked[row["uuid"]], row["looked_at"])
    names = {**asked, **result.others}
    shown = {(each["source"], each["name"], each["target"]) for row in found for each in row["triples"]}
    for fact in await facts_on(tx, wanted.group_id, shown, as_of=wanted.as_of, known_at=wanted.known_at):
        edge = edge_of_fact(fact, names)
        if wanted.direction.has_out and edge.subject_uuid in result.facts:
            result.facts[edge.subject_uuid].append(edge)
        if wanted.direction.has_in and edge.object_uuid in result.facts and edge.object_uuid != edge.subject_uuid:
            result.facts[edge.object_uuid].append(edge)
    for uuid, facts in result.facts.items():
        facts.sort(key=lambda fact: fact.uuid)
        facts.sort(key=_begun, reverse=True)
        if len(facts) > width:
            result.hidden[uuid] = len(facts) - width
            del facts[width:]
    return result


def _begun(fact: FactEdge) -> datetime:
    return fact.valid_at or fact.created_at or EPOCH


def _note_unseen(result: Surroundings, wanted: Wanted, entity: EntityNode, looked_at: int) -> None:
    """Note that facts may be left; of all sides and relations it is known how many there are."""
    is_all = wanted.direction is Direction.BOTH and not wanted.relations
    if looked_at >= MOST and (not is_all or looked_at < entity.facts):
        result.unseen.add(entity.uuid)


async def facts_whole(tx: Transaction, group_id: str, uuids: Sequence[str]) -> dict[str, FactEdge]:
    """Return facts with all that is shown of them, by uuid.

    Raises:
        WorldFault: the database is down.
    """
    found = await rows(tx, "facts_by_uuid", group_id=group_id, uuids=list(uuids)) if uuids else []
    ends = await entities_of(tx, group_id, (row[end] for row in found for end in ("source", "target")))
    return {row["uuid"]: edge_of(row, ends) for row in found}
