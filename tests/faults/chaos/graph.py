"""What the graph holds after a seed, asked of the database directly."""

from __future__ import annotations

import contextlib
import json
import math
import re

import neo4j
from faults.chaos.ledger import Identity
from faults.chaos.topic import DIMENSION
from plugins.end_to_end import Log

from consumer.graph import connect
from consumer.graph.digest import digest_lines
from consumer.model.ids import episode_uuid
from consumer.settings import Settings

_EMBEDDING = re.compile(r'"(?:name|fact)_embedding":(?:true|false|null),?')
_EPISODES = "MATCH (e:Episodic) WHERE e.group_id IN $groups RETURN e.uuid AS uuid, e.created_at AS at"
_VECTORS = """
MATCH (n:Entity) WHERE n.group_id IN $groups AND n.name_embedding IS NOT NULL RETURN n.name_embedding AS vector
UNION ALL
MATCH ()-[r:RELATES_TO]->() WHERE r.group_id IN $groups AND r.fact_embedding IS NOT NULL
RETURN r.fact_embedding AS vector
"""


async def episodes(log: Log, identities: set[Identity]) -> dict[Identity, int]:
    """Return the log time, in milliseconds, of each episode that is in the graph; strangers under their uuid."""
    known = {episode_uuid(*identity): identity for identity in identities}
    async with neo4j.AsyncGraphDatabase.driver(log.settings.neo4j.uri) as driver:
        found = await driver.execute_query(_EPISODES, groups=sorted(log.groups))
    return {
        known.get(record["uuid"], ("?", record["uuid"])): round(record["at"].to_native().timestamp() * 1_000)
        for record in found.records
    }


async def bad_vectors(log: Log) -> int:
    """Return how many vectors have a wrong length, no direction, or a number that is none."""
    async with neo4j.AsyncGraphDatabase.driver(log.settings.neo4j.uri) as driver:
        found = await driver.execute_query(_VECTORS, groups=sorted(log.groups))
    return sum(not _is_usable(record["vector"]) for record in found.records)


def _is_usable(vector: list[float]) -> bool:
    return len(vector) == DIMENSION and 0.9 < math.sqrt(sum(value * value for value in vector)) < 1.1


async def lines(settings: Settings, groups: set[str]) -> dict[str, list[str]]:
    """Return the lines of each group's digest."""
    found = {}
    async with contextlib.aclosing(connect(settings.neo4j)) as database:
        for group in sorted(groups):
            found[group] = [line for part in await digest_lines(database, group) for line in part.splitlines()]
    return found


def without_vectors(found: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return the lines without whether something has a vector."""
    return {group: [_EMBEDDING.sub("", line) for line in said] for group, said in found.items()}


def difference(chaos: dict[str, list[str]], calm: dict[str, list[str]]) -> list[str]:
    """Return what only one of the two has, a few lines a group."""
    told = []
    for group in sorted(chaos):
        only_chaos = [line for line in chaos[group] if line not in set(calm.get(group, []))]
        only_calm = [line for line in calm.get(group, []) if line not in set(chaos[group])]
        if only_chaos or only_calm:
            told.append(f"the graph of {group} differs from the calm run's:")
            told += [f"  chaos: {_short(line)}" for line in only_chaos[:3]]
            told += [f"  calm:  {_short(line)}" for line in only_calm[:3]]
    return told


def _short(line: str) -> str:
    with contextlib.suppress(ValueError):
        section, row = json.loads(line)
        return f"{section} {json.dumps(row, ensure_ascii=False)}"[:600]
    return line[:600]
