// Purpose: note that a group's removal is done; an empty group has no embedding model and no communities.
// Parameters: group_id, is_empty
// Result: none
MATCH (g:ConsumerGroup {group_id: $group_id})
WITH g, g.version + 1 AS version
SET g.is_being_removed = false, g.version = version, g.lost_at = version,
    g.communities_stale = CASE WHEN $is_empty THEN null ELSE g.communities_stale END,
    g.communities_version = CASE WHEN $is_empty THEN null ELSE g.communities_version END,
    g.communities_rules = CASE WHEN $is_empty THEN null ELSE g.communities_rules END,
    g.communities_prints = CASE WHEN $is_empty THEN null ELSE g.communities_prints END,
    g.embedding_model = CASE WHEN $is_empty THEN null ELSE g.embedding_model END,
    g.decisions = CASE WHEN $is_empty THEN null ELSE g.decisions END,
    g.dimension = CASE WHEN $is_empty THEN null ELSE g.dimension END
