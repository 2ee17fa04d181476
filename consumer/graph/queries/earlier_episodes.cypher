// Purpose: some of the episodes that a group's removal takes.
// Parameters: group_id, limit,
//             removals (texts: where the partition is the same the offsets are compared, else the positions)
// Result: `rows`: uuids
MATCH (c:ConsumerEpisode {group_id: $group_id})
WHERE c.position IS NOT NULL AND NOT c.is_removed AND any(r IN $removals WHERE CASE WHEN split(c.position, '-')[1] = split(r, '-')[1]
    THEN split(c.position, '-')[2] <= split(r, '-')[2] ELSE c.position <= r END)
WITH c LIMIT $limit
RETURN collect(c.uuid) AS rows
