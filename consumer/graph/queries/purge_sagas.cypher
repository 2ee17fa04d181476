// Purpose: take away some of a group's Saga nodes.
// Parameters: group_id, limit
// Result: `rows`: one number (how many)
MATCH (n:Saga {group_id: $group_id})
WITH n LIMIT $limit
DETACH DELETE n
RETURN [count(*)] AS rows
