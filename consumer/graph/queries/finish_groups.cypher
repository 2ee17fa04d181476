// Purpose: count that a group changed, and record the model of its vectors at the first.
// Parameters: rows: list of {group_id, model or null, dimension or null}
// Result: none
UNWIND $rows AS row
MATCH (g:ConsumerGroup {group_id: row.group_id})
SET g.version = g.version + 1,
    g.embedding_model = coalesce(g.embedding_model, row.model),
    g.dimension = coalesce(g.dimension, row.dimension)
