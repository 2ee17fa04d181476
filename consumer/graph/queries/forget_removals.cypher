// Purpose: forget single removals from before a group's removal, whose position keeps those episodes away.
// Parameters: group_id, position (text), limit
// Result: `rows`: one number (how many)
MATCH (c:ConsumerEpisode {group_id: $group_id})
WHERE c.position <= $position AND c.is_removed
WITH c LIMIT $limit
DELETE c
RETURN [count(*)] AS rows
