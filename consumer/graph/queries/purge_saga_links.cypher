// Purpose: take away some of a group's NEXT_EPISODE relationships (before nodes, so that no hub is detached at once).
// Parameters: group_id, limit
// Result: `rows`: one number (how many)
MATCH ()-[r:NEXT_EPISODE {group_id: $group_id}]->()
WITH r LIMIT $limit
DELETE r
RETURN [count(*)] AS rows
