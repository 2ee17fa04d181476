"""Reads what a graph holds one by one: groups, episodes, entities and facts, by their ids and in pages.

Looking things up, not searching (`consumer.search`) and not asking along the graph (questions).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from consumer.graph.connection import Database
from consumer.model.instants import iso
from consumer.model.knowledge import DEFAULT_TYPE

EXCERPT_CHARS = 280
_OWN = frozenset({"uuid", "name", "group_id", "summary", "labels", "created_at", "name_embedding"})
"""Properties of an entity that are no attributes."""


@dataclass(frozen=True, slots=True)
class GroupSize:
    """A group that holds something; `model` made its vectors, if it has any."""

    group_id: str
    episodes: int
    entities: int
    facts: int
    model: str | None = None


@dataclass(frozen=True, slots=True)
class WholeGroup(GroupSize):
    """A group with when its first and its last fact begin; None when it has no dated fact."""

    first_at: datetime | None = None
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class EpisodeLine:
    """An episode in a list; `excerpt` is the beginning of its content, which has `chars` characters."""

    uuid: str
    group_id: str
    event_id: str
    name: str
    source: str
    source_description: str
    excerpt: str
    chars: int
    facts: int
    reference_time: datetime
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Named:
    """An entity by its name."""

    uuid: str
    name: str


@dataclass(frozen=True, slots=True)
class WholeEpisode:
    """An episode whole, with the entities it mentions and the uuids of the facts that come from it."""

    uuid: str
    group_id: str
    event_id: str
    name: str
    source: str
    source_description: str
    content: str
    reference_time: datetime
    created_at: datetime
    entities: tuple[Named, ...]
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EntityLine:
    """An entity in a list; `types` are its labels beside `Entity`, `facts` how many it has part in."""

    uuid: str
    group_id: str
    name: str
    types: tuple[str, ...]
    summary: str
    facts: int


@dataclass(frozen=True, slots=True)
class WholeEntity:
    """An entity with what is known of it; `facts` and `episodes` count those about it."""

    uuid: str
    group_id: str
    name: str
    types: tuple[str, ...]
    summary: str
    attributes: Mapping[str, Any]
    facts: int
    episodes: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class WholeFact:
    """A fact with its dates; `episodes` are the uuids of those that tell it."""

    uuid: str
    group_id: str
    fact: str
    relation: str
    subject: str
    subject_uuid: str
    object: str
    object_uuid: str
    episodes: tuple[str, ...]
    valid_at: datetime | None
    invalid_at: datetime | None
    created_at: datetime
    expired_at: datetime | None


class Library:
    """Answers what is there; every method raises WorldFault when the database is down."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def is_open(self) -> bool:
        """Return True when the database answers."""
        return bool(await self._database.fetch("ping"))

    async def groups(self, *, after: str = "", limit: int = 100) -> list[GroupSize]:
        """Return groups by id, those after `after`. Groups that only Graphiti wrote have no record and are not told."""
        return [GroupSize(**row) for row in await self._database.fetch("list_groups", after=after, limit=limit)]

    async def group(self, group_id: str) -> WholeGroup | None:
        """Return what a group holds, or None when it holds nothing. Reads all its facts: 0.2 s for 200,000."""
        for row in await self._database.fetch("size_of_group", group_id=group_id):
            return WholeGroup(**_dated(row, "first_at", "last_at")) if row["episodes"] + row["entities"] else None
        return None

    async def episodes(
        self,
        group_ids: Sequence[str],
        *,
        before: tuple[datetime, str] | None = None,
        limit: int = 20,
        excerpt_chars: int = EXCERPT_CHARS,
    ) -> list[EpisodeLine]:
        """Return episodes newest first; `before` is reference time and uuid of the last one seen."""
        at, uuid = before or (None, "")
        found = await self._database.fetch(
            "list_episodes",
            group_ids=list(dict.fromkeys(group_ids)),
            before_at=None if at is None else iso(at),
            before_uuid=uuid,
            limit=limit,
            excerpt_chars=excerpt_chars,
        )
        return [EpisodeLine(**_dated(row, "reference_time", "created_at")) for row in found]

    async def episode(self, uuid: str) -> WholeEpisode | None:
        """Return an episode whole, or None where there is none of that uuid."""
        for row in await self._database.fetch("read_episode", uuid=uuid):
            entities = tuple(Named(each["uuid"], each["name"]) for each in row["entities"])
            plain = _dated(row, "reference_time", "created_at") | {"facts": tuple(row["facts"]), "entities": entities}
            return WholeEpisode(**plain)
        return None

    async def entities(self, group_id: str, *, after: tuple[str, str] = ("", ""), limit: int = 50) -> list[EntityLine]:
        """Return entities by name; `after` is name and uuid of the last one seen."""
        found = await self._database.fetch(
            "list_entities", group_id=group_id, after_name=after[0], after_uuid=after[1], limit=limit
        )
        return [EntityLine(**_typed(row)) for row in found]

    async def entity(self, uuid: str) -> WholeEntity | None:
        """Return an entity, or None where there is none of that uuid."""
        return (await self.entities_of([uuid])).get(uuid)

    async def entities_of(self, uuids: Sequence[str]) -> dict[str, WholeEntity]:
        """Return those entities that are there, by uuid."""
        found = {}
        for row in await self._database.fetch("read_entities", uuids=list(uuids)):
            plain = _typed(_dated(row, "created_at"))
            properties = sorted(plain.pop("properties").items())
            attributes = {name: _json(value) for name, value in properties if name not in _OWN}
            found[row["uuid"]] = WholeEntity(**plain, attributes=attributes)
        return found

    async def fact(self, uuid: str) -> WholeFact | None:
        """Return a fact, or None where there is none of that uuid."""
        return (await self.facts_of([uuid])).get(uuid)

    async def facts_of(self, uuids: Sequence[str]) -> dict[str, WholeFact]:
        """Return those facts that are there, by uuid."""
        found = {}
        for row in await self._database.fetch("read_facts", uuids=list(uuids)):
            plain = _dated(row, "valid_at", "invalid_at", "created_at", "expired_at")
            found[row["uuid"]] = WholeFact(**plain | {"episodes": tuple(row["episodes"])})
        return found


def _json(value: Any) -> Any:
    """Return a property as JSON has it: a date or place of the database, which others may have written, as text."""
    if isinstance(value, list):
        return [_json(each) for each in value]
    return value if isinstance(value, str | int | float) or value is None else str(value)


def _dated(row: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Return the row with the instants `names`, which travel as texts, made instants."""
    return dict(row) | {name: None if row[name] is None else datetime.fromisoformat(row[name]) for name in names}


def _typed(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row with types in place of labels."""
    plain = dict(row)
    return plain | {"types": tuple(sorted(label for label in plain.pop("labels") if label != DEFAULT_TYPE))}
