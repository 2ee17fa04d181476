// Purpose: count that a group changed, and record the model of its vectors at the first; a group that lost episodes and
//          has neither an entity nor an episode with one left has no vector, and so no model.
// Parameters: rows: list of {group_id, model or null, dimension or null, has_lost}
// Result: none
UNWIND $rows AS row
MATCH (g:ConsumerGroup {group_id: row.group_id})
// CASE and not AND: else the episodes are looked through at every write, lost or not.
WITH g, row, CASE WHEN row.has_lost THEN NOT EXISTS { (:Entity {group_id: row.group_id}) } AND NOT EXISTS {
  MATCH (c:ConsumerEpisode {group_id: row.group_id}) WHERE c.position IS NOT NULL AND c.content_embedding IS NOT NULL
} ELSE false END AS is_blank
SET g.version = g.version + 1,
    g.embedding_model = CASE WHEN is_blank THEN row.model ELSE coalesce(g.embedding_model, row.model) END,
    g.dimension = CASE WHEN is_blank THEN row.dimension ELSE coalesce(g.dimension, row.dimension) END
