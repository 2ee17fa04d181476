// Purpose: a group's entities, as far as its communities need them.
// Parameters: group_id
// Result: `rows`, some hundred a record: uuid, name, labels, when it was created (milliseconds)
MATCH (e:Entity {group_id: $group_id})
WITH collect([e.uuid, coalesce(e.name, ''), labels(e), coalesce(e.created_at.epochMillis, 0)]) AS found
UNWIND range(0, size(found) - 1, 500) AS start
RETURN found[start..start + 500] AS rows
