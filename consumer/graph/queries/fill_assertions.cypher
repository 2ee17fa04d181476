// Purpose: put the staged vectors of sentences in the place of those that were kept, and forget them.
// Parameters: group_id, kind, limit
// Result: `rows`: one number (how many were staged)
MATCH (v:ConsumerVector {group_id: $group_id, kind: $kind})
WITH v LIMIT $limit
CALL (v) {
  MATCH (a:ConsumerAssertion {triple: v.triple})
  WHERE a.episode = v.episode AND a.ordinal = v.ordinal
  REMOVE a.vector
  WITH v, a
  WHERE v.vector IS NOT NULL
  CALL db.create.setNodeVectorProperty(a, 'vector', v.vector)
}
DELETE v
RETURN [count(*)] AS rows
