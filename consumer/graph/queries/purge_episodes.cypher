// Purpose: take away some of a group's Episodic nodes.
// Parameters: group_id, limit
// Result: `rows`: one number (how many)
MATCH (n:Episodic {group_id: $group_id})
WITH n LIMIT $limit
DETACH DELETE n
RETURN [count(*)] AS rows
