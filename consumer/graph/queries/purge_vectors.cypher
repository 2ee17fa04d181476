// Purpose: take away some of a group's staged vectors.
// Parameters: group_id, limit
// Result: `rows`: one number (how many)
MATCH (v:ConsumerVector {group_id: $group_id})
WHERE v.kind IS NOT NULL
WITH v LIMIT $limit
DELETE v
RETURN [count(*)] AS rows
