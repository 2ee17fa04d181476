// Purpose: forget some of a group's episodes and what they claimed.
// Parameters: group_id, limit,
//             removals (texts: where the partition is the same the offsets are compared, else the positions)
// Result: `rows`: one number (how many episodes)
MATCH (c:ConsumerEpisode {group_id: $group_id})
WHERE c.position IS NOT NULL AND any(r IN $removals WHERE CASE WHEN split(c.position, '-')[1] = split(r, '-')[1]
    THEN split(c.position, '-')[2] <= split(r, '-')[2] ELSE c.position <= r END)
WITH c LIMIT $limit
CALL (c) {
  UNWIND c.triple_keys AS key
  MATCH (a:ConsumerAssertion {triple: key})
  WHERE a.episode = c.uuid
  DETACH DELETE a
}
DETACH DELETE c
RETURN [count(*)] AS rows
