// Purpose: put the staged vectors of spellings in the place of those that were kept, and forget them.
// Parameters: group_id, kind, limit
// Result: `rows`: one number (how many were staged)
MATCH (v:ConsumerVector {group_id: $group_id, kind: $kind})
WITH v LIMIT $limit
CALL (v) {
  MATCH (n:ConsumerName {uuid: v.uuid})
  WHERE v.vector IS NOT NULL
  CALL db.create.setNodeVectorProperty(n, v.key, v.vector)
}
CALL (v) {
  MATCH (n:ConsumerName {uuid: v.uuid})
  WHERE v.vector IS NULL
  REMOVE n[v.key]
}
DELETE v
RETURN [count(*)] AS rows
