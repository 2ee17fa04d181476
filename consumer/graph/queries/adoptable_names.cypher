// Purpose: the names of a group's entities that only Graphiti knows, in pages.
// Parameters: group_id, after (a uuid; empty at first), limit
// Result: `rows`, one an entity, in order of uuid: uuid, group_id, name, created_at (microseconds since the year 1)
MATCH (e:Entity {group_id: $group_id})
WHERE e.uuid > $after AND e.name IS NOT NULL AND NOT EXISTS { (:ConsumerName {uuid: e.uuid}) }
WITH e ORDER BY e.uuid LIMIT $limit
RETURN collect({uuid: e.uuid, group_id: e.group_id, name: e.name,
                created_at: coalesce(e.created_at.epochSeconds, 0) * 1000000 + 62135596800000000 + coalesce(e.created_at.microsecond, 0)}) AS rows
