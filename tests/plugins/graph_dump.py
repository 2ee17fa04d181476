"""Everything a group holds in the database, our bookkeeping too, written down without the product's own digest."""

import numpy as np

COUNTERS = {
    "locks",
    "version",
    "removals",
    "is_being_removed",
    "communities_stale",
    "communities_version",
    "lost_at",
    "recent",
    "has_older",
}
"""Properties that tell what happened, not what is held; of the kept facts how many depends on what ended before."""


async def full_dump(database, group_id):
    """Every node and relationship of the group with every property, vectors rounded; sorted lines.

    Left out are the remembered ids of removed episodes (`remembered`) and what counts events on the group's node.
    """
    nodes, _, _ = await database.driver.execute_query(
        "MATCH (n {group_id: $g}) RETURN labels(n) AS labels, properties(n) AS properties", g=group_id
    )
    relationships, _, _ = await database.driver.execute_query(
        "MATCH (a {group_id: $g})-[r]->(b) "
        "RETURN type(r) AS type, a.uuid AS a, b.uuid AS b, properties(r) AS properties",
        g=group_id,
    )
    lines = [
        f"({':'.join(sorted(record['labels']))}) {plain(record['properties'])}"
        for record in nodes
        if not record["properties"].get("is_removed")
    ]
    lines += [f"{r['a']} -[{r['type']}]-> {r['b']} {plain(r['properties'])}" for r in relationships]
    return sorted(line for line in lines if line != f"(ConsumerGroup) {plain({'group_id': group_id})}")


def plain(properties):
    """Properties as text in order of their names."""
    return str({name: value_text(value) for name, value in sorted(properties.items()) if name not in COUNTERS})


def value_text(value):
    """A value as text; a vector rounded, so that float32 and float64 read alike."""
    if isinstance(value, list) and value and isinstance(value[0], float):
        return f"vector {np.round(np.asarray(value, dtype=np.float64), 5).tolist()[:16]} of {len(value)}"
    return str(value)


async def remembered(database, group_id):
    """The remembered removals: properties of each."""
    found, _, _ = await database.driver.execute_query(
        "MATCH (c:ConsumerEpisode {group_id: $g}) WHERE c.is_removed RETURN properties(c) AS p ORDER BY c.uuid",
        g=group_id,
    )
    return [record["p"] for record in found]


async def wipe(database, group_id):
    """Take everything of the group away, what is remembered of it too."""
    await database.driver.execute_query("MATCH (n {group_id: $g}) DETACH DELETE n", g=group_id)
