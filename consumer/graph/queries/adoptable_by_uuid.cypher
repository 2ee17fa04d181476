// Purpose: those of these entities that still only Graphiti knows.
// Parameters: uuids
// Result: `rows`, one an entity: uuid, group_id, name, labels, summary, created_at (microseconds since the year 1),
//         properties (all but vector and time)
UNWIND $uuids AS uuid
MATCH (e:Entity {uuid: uuid})
WHERE e.name IS NOT NULL AND NOT EXISTS { (:ConsumerName {uuid: e.uuid}) }
RETURN collect({uuid: e.uuid, group_id: e.group_id, name: e.name, labels: labels(e), summary: e.summary,
                created_at: coalesce(e.created_at.epochSeconds, 0) * 1000000 + 62135596800000000 + coalesce(e.created_at.microsecond, 0),
                properties: e {.*, name_embedding: null, created_at: null}}) AS rows
