// Purpose: whether a group has episodes that its removals do not reach.
// Parameters: group_id, removals (texts: where the partition is the same the offsets are compared, else the positions)
// Result: `rows`: one boolean
RETURN [EXISTS {
  MATCH (c:ConsumerEpisode {group_id: $group_id})
  WHERE c.position IS NOT NULL AND NOT c.is_removed AND NOT any(r IN $removals WHERE CASE WHEN split(c.position, '-')[1] = split(r, '-')[1]
    THEN split(c.position, '-')[2] <= split(r, '-')[2] ELSE c.position <= r END)
}] AS rows
