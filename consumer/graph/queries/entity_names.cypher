// Purpose: names and types of a group's entities, to count them by type and by key.
// Parameters: group_id
// Result: one row an entity: name, labels
MATCH (n:Entity {group_id: $group_id})
RETURN n.name AS name, labels(n) AS labels
