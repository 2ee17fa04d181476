// Purpose: a group's communities as they are.
// Parameters: group_id
// Result: `rows`, some hundred a record: uuid, name, summary, created_ms, has_vector
MATCH (c:Community {group_id: $group_id})
WITH collect({uuid: c.uuid, name: coalesce(c.name, ''), summary: coalesce(c.summary, ''),
              created_ms: coalesce(c.created_at.epochMillis, 0), has_vector: c.name_embedding IS NOT NULL}) AS found
UNWIND range(0, size(found) - 1, 500) AS start
RETURN found[start..start + 500] AS rows
