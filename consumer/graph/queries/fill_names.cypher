// Purpose: give names the vectors that are staged for them, and forget those.
// Parameters: group_id, kind, limit
// Result: `rows`: one number (how many were staged)
MATCH (v:ConsumerVector {group_id: $group_id, kind: $kind})
WITH v LIMIT $limit
CALL (v) {
  MATCH (e:Entity {uuid: v.uuid})
  WHERE v.vector IS NOT NULL AND e.name = v.text
  CALL db.create.setNodeVectorProperty(e, 'name_embedding', v.vector)
}
CALL (v) {
  MATCH (c:Community {uuid: v.uuid})
  WHERE v.vector IS NOT NULL AND c.name = v.text
  CALL db.create.setNodeVectorProperty(c, 'name_embedding', v.vector)
}
CALL (v) {
  MATCH (n:ConsumerName {uuid: v.uuid})
  SET n.is_embedded = v.vector IS NOT NULL
}
DELETE v
RETURN [count(*)] AS rows
