// Purpose: take away the vectors of some of a group's episodes.
// Parameters: group_id, limit
// Result: `rows`: one number (how many)
MATCH (c:ConsumerEpisode {group_id: $group_id})
WHERE c.position IS NOT NULL AND c.content_embedding IS NOT NULL
WITH c LIMIT $limit
REMOVE c.content_embedding
RETURN [count(*)] AS rows
