// Purpose: the episodes of a group in a stretch of the log, in its order, with the triples that they assert.
// Parameters: group_id, first, end: texts of positions, the end is outside; limit
// Result: `rows`, some hundred a record: uuid, position, triple_keys
MATCH (c:ConsumerEpisode {group_id: $group_id})
WHERE c.position >= $first AND c.position < $end AND NOT c.is_removed
WITH c ORDER BY c.position LIMIT $limit
WITH collect(c {.uuid, .position, .triple_keys}) AS found
UNWIND range(0, size(found) - 1, 500) AS start
RETURN found[start..start + 500] AS rows
