// Purpose: entities that only Graphiti knows, by the names that a batch tells for the first time, as they are spelt.
// Parameters: rows: list of {group_id, name}
// Result: `rows`, one an entity: uuid, group_id, name, labels, summary, created_at (microseconds since the year 1),
//         properties (all but vector and time)
UNWIND $rows AS row
MATCH (e:Entity {name: row.name})
USING INDEX e:Entity(name)
WHERE e.group_id = row.group_id AND NOT EXISTS { (:ConsumerName {uuid: e.uuid}) }
WITH DISTINCT e
RETURN collect({uuid: e.uuid, group_id: e.group_id, name: e.name, labels: labels(e), summary: e.summary,
                created_at: coalesce(e.created_at.epochSeconds, 0) * 1000000 + 62135596800000000 + coalesce(e.created_at.microsecond, 0),
                properties: e {.*, name_embedding: null, created_at: null}}) AS rows
