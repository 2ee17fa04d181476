// Purpose: some of the episodes that a group's removal takes.
// Parameters: group_id, position (text), limit
// Result: `rows`: uuids
MATCH (c:ConsumerEpisode {group_id: $group_id})
WHERE c.position <= $position AND NOT c.is_removed
WITH c ORDER BY c.position LIMIT $limit
RETURN collect(c.uuid) AS rows
