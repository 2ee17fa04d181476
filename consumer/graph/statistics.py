"""How much a group holds, and whether an entity is held twice (it must not be)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from consumer.graph.connection import Database
from consumer.model.ids import name_key
from consumer.model.knowledge import DEFAULT_TYPE


@dataclass(frozen=True, slots=True)
class Statistics:
    """Counts of one group, or of all. `duplicates` counts entities over one for each name key of a group."""

    episodes: int = 0
    entities: int = 0
    entities_by_type: Mapping[str, int] = field(default_factory=dict)
    facts: int = 0
    invalidated_facts: int = 0
    sagas: int = 0
    duplicates: int = 0


async def statistics(database: Database, group_id: str | None = None) -> Statistics:
    """Return the counts of a group, or the sums over all groups.

    Raises:
        WorldFault: the database is down.
    """
    if group_id is not None:
        return await _of_group(database, group_id)
    total = Statistics()
    for found in await database.fetch("group_ids"):
        total = _sum(total, await _of_group(database, found))
    return total


async def _of_group(database: Database, group_id: str) -> Statistics:
    counts = (await database.fetch("count_elements", group_id=group_id))[0]
    types: Counter[str] = Counter()
    keys: Counter[str] = Counter()
    for record in await database.fetch("entity_names", group_id=group_id):
        keys[name_key(record["name"])] += 1
        types.update([label for label in record["labels"] if label != DEFAULT_TYPE] or [DEFAULT_TYPE])
    return Statistics(
        episodes=counts["episodes"],
        entities=keys.total(),
        entities_by_type=dict(sorted(types.items())),
        facts=counts["facts"],
        invalidated_facts=counts["invalidated_facts"],
        sagas=counts["sagas"],
        duplicates=sum(times - 1 for times in keys.values()),
    )


def _sum(one: Statistics, other: Statistics) -> Statistics:
    return Statistics(
        one.episodes + other.episodes,
        one.entities + other.entities,
        dict(sorted((Counter(one.entities_by_type) + Counter(other.entities_by_type)).items())),
        one.facts + other.facts,
        one.invalidated_facts + other.invalidated_facts,
        one.sagas + other.sagas,
        one.duplicates + other.duplicates,
    )
