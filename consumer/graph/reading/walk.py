"""The graph leg's steps: facts and entities around others, in both directions, never more than a bound of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from consumer.graph.connection import Database
from consumer.graph.reading.filters import FactFilter
from consumer.graph.reading.found import Step

WIDTH = 20
"""Facts of one entity that a walk looks at, of those that pass the conditions."""

LOOKED_AT = 2_000
"""Facts of one entity that are checked at all: a hub has no end."""

SECOND = 10
"""Entities that the second step starts from."""

STARTS = 20
"""Entities that a walk starts from."""

DISTANCES = 20_000
"""Entities that are looked at to measure distances."""

_STEPS_A_QUERY = 2


async def walk(database: Database, starts: Sequence[str], wanted: FactFilter, depth: int) -> list[Step]:
    """Return the facts within `depth` steps of the starts, nearest first; once for each end that they were met from.

    Raises:
        WorldFault: the database is down.
    """
    found: dict[tuple[str, str], Step] = {}
    seen: set[str] = set()
    frontier = list(dict.fromkeys(starts))[:STARTS]
    for before in range(0, depth, _STEPS_A_QUERY):
        if not frontier:
            break
        values = wanted.of_facts | {
            "starts": frontier,
            "width": WIDTH,
            "looked_at": LOOKED_AT,
            "most": SECOND if depth - before > 1 else 0,
        }
        record = await database.ask("walk_facts", values) or {"rows": []}
        steps = [Step(fact, source, target, before + number) for fact, source, target, number in record["rows"]]
        for step in steps:
            found.setdefault((step.fact, step.source), step)
        seen.update(frontier)
        seen.update(step.source for step in steps)
        frontier = list(dict.fromkeys(step.target for step in steps if step.target not in seen))[:STARTS]
    return list(found.values())


async def distances(
    database: Database, center: str, targets: Iterable[str], group_ids: Sequence[str], depth: int
) -> dict[str, int]:
    """Return the shortest number of facts between `center` and each target that is at most `depth` away.

    A hub is left by a bounded number of its facts, so a distance through one may be found longer than it is.

    Raises:
        WorldFault: the database is down.
    """
    missing = set(targets)
    seen = {center}
    frontier = [center]
    found: dict[str, int] = {}
    for distance in range(depth + 1):
        found |= dict.fromkeys(missing.intersection(frontier), distance)
        missing.difference_update(frontier)
        if not missing or distance == depth or len(seen) > DISTANCES or not frontier:
            break
        values = {"starts": frontier, "width": LOOKED_AT, "group_ids": list(group_ids)}
        record = await database.ask("walk_entities", values) or {"rows": []}
        frontier = [uuid for uuid in record["rows"] if uuid not in seen]
        seen.update(frontier)
    return found
