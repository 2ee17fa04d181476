// Purpose: a group's HAS_EPISODE relationships in canonical order.
// Parameters: group_id
// Result: one row a relationship: source, target (uuids), properties (of an embedding only whether there is one)
MATCH (a)-[r:HAS_EPISODE {group_id: $group_id}]->(b)
RETURN a.uuid AS source, b.uuid AS target, r {.*, fact_embedding: r.fact_embedding IS NOT NULL} AS properties
ORDER BY r.uuid
