// Purpose: give episodes the vectors that are staged for them, and forget those.
// Parameters: group_id, kind, limit
// Result: `rows`: one number (how many were staged)
MATCH (v:ConsumerVector {group_id: $group_id, kind: $kind})
WITH v LIMIT $limit
CALL (v) {
  MATCH (c:ConsumerEpisode {uuid: v.uuid})
  WHERE v.vector IS NOT NULL
  CALL db.create.setNodeVectorProperty(c, 'content_embedding', v.vector)
}
DELETE v
RETURN [count(*)] AS rows
