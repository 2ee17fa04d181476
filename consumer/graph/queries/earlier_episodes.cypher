// Purpose: some of the episodes that a group's removal takes.
// Parameters: group_id, position (text), limit
// Result: one row an episode: uuid
MATCH (c:ConsumerEpisode {group_id: $group_id})
WHERE c.position <= $position AND NOT c.is_removed
RETURN c.uuid AS uuid
ORDER BY c.position
LIMIT $limit
