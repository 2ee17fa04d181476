// Purpose: a group's Entity nodes in canonical order.
// Parameters: group_id
// Result: one row a node: labels, properties (of an embedding only whether there is one)
MATCH (n:Entity {group_id: $group_id})
RETURN labels(n) AS labels, n {.*, name_embedding: n.name_embedding IS NOT NULL} AS properties
ORDER BY n.uuid
