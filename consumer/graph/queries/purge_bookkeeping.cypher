// Purpose: forget some of a group's episodes and what they claimed.
// Parameters: group_id, position (text), limit
// Result: `rows`: one number (how many episodes)
MATCH (c:ConsumerEpisode {group_id: $group_id})
WHERE c.position <= $position
WITH c LIMIT $limit
CALL (c) {
  UNWIND c.triple_keys AS key
  MATCH (a:ConsumerAssertion {triple: key})
  WHERE a.episode = c.uuid
  DETACH DELETE a
}
DETACH DELETE c
RETURN [count(*)] AS rows
