// Purpose: forget single removals that a group's removal reaches: it keeps those episodes away.
// Parameters: group_id, limit,
//             removals (texts: where the partition is the same the offsets are compared, else the positions)
// Result: `rows`: one number (how many)
MATCH (c:ConsumerEpisode {group_id: $group_id})
WHERE c.position IS NOT NULL AND c.is_removed AND any(r IN $removals WHERE CASE WHEN split(c.position, '-')[1] = split(r, '-')[1]
    THEN split(c.position, '-')[2] <= split(r, '-')[2] ELSE c.position <= r END)
WITH c LIMIT $limit
DELETE c
RETURN [count(*)] AS rows
