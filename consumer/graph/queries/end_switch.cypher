// Purpose: record on a locked group the model of its new vectors; a group without entities has none.
// Parameters: group_id, model, dimension
// Result: none
MATCH (g:ConsumerGroup {group_id: $group_id})
WITH g, EXISTS { (:Entity {group_id: $group_id}) } AS has_any
SET g.embedding_model = CASE WHEN has_any THEN $model ELSE null END,
    g.dimension = CASE WHEN has_any THEN $dimension ELSE null END,
    g.version = g.version + 1
REMOVE g.switching_to, g.switching_dimension, g.has_old_vectors
