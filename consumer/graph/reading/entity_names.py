"""Which entity a person means by a name: through aliases, and what is near a name that the group has not."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rapidfuzz import fuzz

from consumer.errors import UserError
from consumer.graph.connection import Transaction, rows
from consumer.graph.lucene import escaped, words
from consumer.graph.reading.edges import EntityNode, node_of
from consumer.graph.resolve import entity_of
from consumer.model.ids import name_key

SUGGESTED = 3

NEAR = 60.0
"""Likeness from which on a name is suggested, of 100 (rapidfuzz's WRatio of the keys of two names)."""

LOOKED_AT = 5_000
"""Entities of a group that are compared with an unknown name whatever theirs is; beside them the index gives more."""

FROM_INDEX = 200


async def entities_named(
    tx: Transaction, group_id: str, names: Sequence[str], *, max_name_chars: int = 512
) -> list[EntityNode]:
    """Return the entity of each of `names`, in their order: any name of it, or its uuid.

    Raises:
        UserError: the group has no such name; told with those that are near. Or several entities have it.
        WorldFault: the database is down.
    """
    asked = [{"name": name.strip(), "uuid": entity_of(group_id, name, max_name_chars) or ""} for name in names]
    found = {row["asked"]: node_of(row) for row in await rows(tx, "entities_by_name", group_id=group_id, asked=asked)}
    for each in asked:
        if each["name"] not in found:
            found[each["name"]] = await _foreign(tx, group_id, each["name"])
    return [found[each["name"]] for each in asked]


async def entities_of(tx: Transaction, group_id: str, uuids: Iterable[str]) -> dict[str, EntityNode]:
    """Return the entities of `uuids` that the group has, by uuid."""
    wanted = sorted(set(uuids))
    found = await rows(tx, "entities_by_uuid", group_id=group_id, uuids=wanted) if wanted else []
    return {row["uuid"]: node_of(row) for row in found}


async def _foreign(tx: Transaction, group_id: str, name: str) -> EntityNode:
    """Return the entity of a name that our bookkeeping has not: one that only Graphiti wrote.

    Raises:
        UserError: there is none, or more than one.
    """
    if not name:
        raise UserError("an entity has a name: this one is blank", exit_code=2)
    terms = words(name)
    text = f'(group_id:"{escaped(group_id)}")^0 AND name:({" ".join(f"{term} {term}~" for term in terms)})'
    near = await rows(
        tx,
        "near_names",
        group_id=group_id,
        as_written=name,
        text=text if terms else None,
        index_limit=FROM_INDEX,
        limit=LOOKED_AT,
    )
    same = [row for row in near if name_key(row["name"] or "") == name_key(name)]
    if len(same) == 1:
        return node_of(same[0])
    if same:
        uuids = ", ".join(sorted(row["uuid"] for row in same)[:SUGGESTED])
        raise UserError(f"group {group_id!r} has {len(same)} entities of the name {name!r}: give a uuid, e.g. {uuids}")
    suggested = near_names(name, (each for row in near for each in _names_of(row)))
    hint = f": did you mean {' or '.join(map(repr, suggested))}?" if suggested else ""
    raise UserError(f"group {group_id!r} has no name {name!r}{hint}")


def near_names(name: str, known: Iterable[str]) -> list[str]:
    """Return the names that are most like `name`, the likest first. Pure."""
    key = name_key(name)
    scored = [(fuzz.WRatio(key, name_key(each)), each) for each in set(known) if each]
    best = sorted((pair for pair in scored if pair[0] >= NEAR), key=lambda pair: (-pair[0], pair[1]))
    return [each for _, each in best[:SUGGESTED]]


def _names_of(row: Mapping[str, Any]) -> list[str]:
    return [row["name"] or "", *(json.loads(state)["name"][0] for state in row["aliases"])]
