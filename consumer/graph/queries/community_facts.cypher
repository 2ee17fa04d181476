// Purpose: a group's facts that nothing has ended, without their sentences.
// Parameters: group_id, limit
// Result: `rows`, some hundred a record: uuid, source, target (uuids), name, since (or null) and created (milliseconds)
MATCH (s)-[r:RELATES_TO {group_id: $group_id}]->(t)
WHERE r.invalid_at IS NULL
WITH s, r, t LIMIT $limit
WITH collect([r.uuid, s.uuid, t.uuid, coalesce(r.name, ''), r.valid_at.epochMillis,
              coalesce(r.created_at.epochMillis, 0)]) AS found
UNWIND range(0, size(found) - 1, 500) AS start
RETURN found[start..start + 500] AS rows
