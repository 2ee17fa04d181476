"""Entities that Graphiti made, as our bookkeeping sees them: a name told before all of the log. Pure.

Such a name is the first of its entity for ever, so the entity keeps Graphiti's uuid, and a name of ours with the same
key (or one that the rules call the same) becomes its alias, by the very machinery that resolves our own names
(`graph.naming`). What our episodes say of it is joined to what it says; when they go, what it says is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from consumer.graph.bookkeeping import Row, name_properties
from consumer.graph.entities import KnownName
from consumer.graph.places import adopted_place, from_micros
from consumer.graph.resolve import RESERVED_ATTRIBUTES, Entity, Told
from consumer.model.ids import name_key
from consumer.model.instants import EPOCH
from consumer.model.knowledge import is_type_label


@dataclass(frozen=True, slots=True)
class Twins:
    """Entities of one group that have the name of another and are left alone: the one that is adopted, and they."""

    group_id: str
    name: str
    adopted: str
    others: tuple[str, ...]


def adopted_name(record: Mapping[str, Any]) -> KnownName:
    """Return the name of an entity that Graphiti made, from a row of `adoptable_by_name` or `adoptable_by_uuid`."""
    place = adopted_place(record["uuid"], from_micros(record["created_at"]) or EPOCH)
    label = next((label for label in sorted(record["labels"]) if is_type_label(label)), None)
    state = Entity(
        uuid=record["uuid"],
        group_id=record["group_id"],
        name=Told(record["name"], place),
        type=Told(label, place) if label else None,
        summary=Told(record["summary"], place) if record["summary"] else None,
        attributes={
            name: Told(value, place)
            for name, value in sorted(record["properties"].items())
            if name not in RESERVED_ATTRIBUTES and _is_kept(value)
        },
    )
    # Its vector is Graphiti's, and never ours to set or to take away.
    return KnownName(state, is_embedded=True)


def name_rows(names: Iterable[KnownName]) -> list[Row]:
    """Return rows of `write_names`."""
    return [
        {"uuid": name.uuid, "properties": name_properties(name.state, None, name.state, is_embedded=True)}
        for name in sorted(names, key=lambda each: each.uuid)
    ]


def chosen(records: Iterable[Mapping[str, Any]], taken: Mapping[str, str]) -> tuple[list[str], list[Twins]]:
    """Return the uuids to adopt in one group, sorted, and the twins that are not.

    Of several entities with one key the one that Graphiti made first, then the one with the lower uuid; none where one
    is `taken` already (key to uuid). A name without any character is nobody's.
    """
    by_key: dict[str, list[Mapping[str, Any]]] = {}
    for record in sorted(records, key=lambda each: (each["created_at"], each["uuid"])):
        if key := name_key(record["name"]):
            by_key.setdefault(key, []).append(record)
    uuids: list[str] = []
    twins: list[Twins] = []
    for key, found in sorted(by_key.items()):
        first = taken.get(key)
        others = found if first else found[1:]
        if first is None:
            first = found[0]["uuid"]
            uuids.append(first)
        if others:
            told = tuple(each["uuid"] for each in others)
            twins.append(Twins(found[0]["group_id"], found[0]["name"], first, told))
    return sorted(uuids), twins


def taken_keys(known: Iterable[KnownName]) -> dict[str, str]:
    """Return the keys of the adopted ones of these names, with their entities."""
    return {name_key(name.state.name.value): name.uuid for name in known if name.state.is_adopted and name.is_there}


def _is_kept(value: Any) -> bool:
    """Whether a property can be written again as it was: text, number, boolean, or a list of them."""
    values: Sequence[Any] = value if isinstance(value, list) else [value]
    return all(isinstance(each, str | int | float | bool) for each in values)
