// Purpose: what a search must know of groups: whether what was cached still holds, and whose vectors are theirs.
// Parameters: group_ids
// Result: `rows`, one for each known group: [group_id, version, model or null, dimension or null, is_switching
//         (its vectors are being changed, or all of it is being removed)]
UNWIND $group_ids AS group_id
MATCH (g:ConsumerGroup {group_id: group_id})
RETURN collect([g.group_id, coalesce(g.version, 0), g.embedding_model, g.dimension,
  g.switching_to IS NOT NULL OR coalesce(g.is_being_removed, false)]) AS rows
