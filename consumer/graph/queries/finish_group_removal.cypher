// Purpose: note that a group's removal is done; an empty group has no embedding model and no communities.
// Parameters: group_id, is_empty
// Result: none
MATCH (g:ConsumerGroup {group_id: $group_id})
SET g.is_being_removed = false, g.version = g.version + 1,
    g.communities_stale = CASE WHEN $is_empty THEN null ELSE g.communities_stale END,
    g.embedding_model = CASE WHEN $is_empty THEN null ELSE g.embedding_model END,
    g.decisions = CASE WHEN $is_empty THEN null ELSE g.decisions END,
    g.dimension = CASE WHEN $is_empty THEN null ELSE g.dimension END
