// Purpose: record on a locked group the model of its new vectors; a group that holds none has none.
// Parameters: group_id, model, dimension
// Result: none
MATCH (g:ConsumerGroup {group_id: $group_id})
WITH g, EXISTS { (:Entity {group_id: $group_id}) } OR EXISTS {
  MATCH (c:ConsumerEpisode {group_id: $group_id}) WHERE c.position IS NOT NULL AND c.content_embedding IS NOT NULL
} AS has_any
SET g.embedding_model = CASE WHEN has_any THEN $model ELSE null END,
    g.dimension = CASE WHEN has_any THEN $dimension ELSE null END,
    g.version = g.version + 1
REMOVE g.switching_to, g.switching_dimension, g.has_old_vectors
