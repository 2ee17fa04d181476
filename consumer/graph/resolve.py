"""Which name a mention is, and what is known of a name and of an entity once episodes have mentioned them. Pure.

A name is its key within its group (`model.ids.name_key`); which names are one entity is `graph.naming`'s to say. What
is known of a name are registers, each won by a place in the log, so that the same mentions give the same in any order
of arrival; the registers of an entity are those of its names, joined by the same rules:
    R1: name: the first mention's, as written. R2: type: the first mention's that has one.
    R3: summary: the last mention's that has one. R4: each attribute: the last mention's that has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Generic, TypeVar

from consumer.graph.places import Place
from consumer.model.ids import entity_uuid, name_key
from consumer.model.knowledge import DEFAULT_TYPE, Mention, Scalar, is_type_label

T = TypeVar("T")

SUMMARY_CHARS = 1_000
"""Graphiti's own cap of `Entity.summary`."""

RESERVED_ATTRIBUTES = frozenset(
    {"uuid", "name", "group_id", "summary", "created_at", "name_embedding", "labels", "attributes"}
)
"""Attribute names that would overwrite what Graphiti reads; they are stored with `attribute_` before them."""

_INT64 = 2**63


@dataclass(frozen=True, slots=True)
class Told(Generic[T]):
    """A value and where it was said."""

    value: T
    place: Place


@dataclass(frozen=True, slots=True)
class Entity:
    """What the graph holds of an entity, or of one name of it, each value with the place that won it."""

    uuid: str
    group_id: str
    name: Told[str]
    type: Told[str] | None = None
    summary: Told[str] | None = None
    attributes: Mapping[str, Told[Scalar]] = field(default_factory=dict)

    @property
    def created_at(self) -> datetime:
        """Log time of its first mention; of what Graphiti made the time at which it did."""
        return self.name.place.logged_at

    @property
    def is_adopted(self) -> bool:
        """Whether Graphiti made it (`graph.adopting`): its uuid, name and times are Graphiti's and stay."""
        return self.name.place.is_adopted

    @property
    def label(self) -> str:
        """Its type label; `Entity` when no mention has one."""
        return self.type.value if self.type else DEFAULT_TYPE


@dataclass(frozen=True, slots=True)
class PlacedMention:
    """A mention and where it was made, and whether its name came with a vector (one that matters little has none)."""

    mention: Mention
    place: Place
    has_vector: bool = True


def shown_name(name: str, max_chars: int) -> str:
    """Return `name` as it is shown: as written, without white space around it, cut to the limit."""
    return name.strip()[:max_chars].rstrip()


@lru_cache(maxsize=16_384)
def entity_of(group_id: str, name: str, max_chars: int) -> str | None:
    """Return the uuid of `name` in the group: its entity's if it is the first; None for one without any character."""
    key = name_key(shown_name(name, max_chars))
    return entity_uuid(group_id, key) if key else None


class NameBook:
    """Knows the uuid of each name of one batch."""

    def __init__(self, max_name_chars: int) -> None:
        self.max_name_chars = max_name_chars
        self._uuids: dict[tuple[str, str], str | None] = {}

    def entity(self, group_id: str, name: str) -> str | None:
        """Return the uuid of `name`: that of the entity it would be alone; None for a blank name."""
        key = (group_id, name)
        if key not in self._uuids:
            self._uuids[key] = entity_of(group_id, name, self.max_name_chars)
        return self._uuids[key]


def resolve(
    known: Mapping[str, Entity], group_id: str, mentions: Iterable[PlacedMention], names: NameBook
) -> dict[str, Entity]:
    """Return the names that `mentions` have, by uuid, as they are after them; `known` by uuid, as before."""
    entities: dict[str, Entity] = {}
    for placed in mentions:
        uuid = names.entity(group_id, placed.mention.name)
        if uuid is None:
            continue
        name = shown_name(placed.mention.name, names.max_name_chars)
        before = entities.get(uuid) or known.get(uuid)
        entities[uuid] = _observe(before or Entity(uuid, group_id, Told(name, placed.place)), name, placed)
    return entities


def joined(uuid: str, states: Iterable[Entity]) -> Entity:
    """Return the entity `uuid` of these names: R1 to R4 over all that was said of them."""
    first, *others = states
    entity = first if first.uuid == uuid else replace(first, uuid=uuid)
    for state in others:
        attributes = dict(entity.attributes)
        for attribute, told in state.attributes.items():
            attributes[attribute] = _last(attributes.get(attribute), told)
        entity = replace(
            entity,
            name=_first(entity.name, state.name),
            type=_first(entity.type, state.type) if state.type else entity.type,
            summary=_last(entity.summary, state.summary) if state.summary else entity.summary,
            attributes=attributes,
        )
    return entity


def _observe(entity: Entity, name: str, placed: PlacedMention) -> Entity:
    """R1 to R4 for one more mention."""
    mention, place = placed.mention, placed.place
    attributes = dict(entity.attributes)
    for attribute, value in clean_attributes(mention.attributes).items():
        attributes[attribute] = _last(attributes.get(attribute), Told(value, place))
    label = mention.type if is_type_label(mention.type) else None
    summary = mention.summary.strip()[:SUMMARY_CHARS]
    return replace(
        entity,
        name=_first(entity.name, Told(name, place)),
        type=_first(entity.type, Told(label, place)) if label else entity.type,
        summary=_last(entity.summary, Told(summary, place)) if summary else entity.summary,
        attributes=attributes,
    )


def clean_attributes(attributes: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """Return attributes that can be properties: reserved names prefixed, empty names dropped, huge integers as text."""
    clean: dict[str, Scalar] = {}
    for name, value in attributes.items():
        if name.strip():
            safe = f"attribute_{name}" if name in RESERVED_ATTRIBUTES else name
            is_huge = isinstance(value, int) and not -_INT64 <= value < _INT64
            clean[safe] = str(value) if is_huge else value
    return clean


def _first(old: Told[T] | None, new: Told[T]) -> Told[T]:
    return new if old is None or new.place < old.place else old


def _last(old: Told[T] | None, new: Told[T]) -> Told[T]:
    return new if old is None or new.place > old.place else old
