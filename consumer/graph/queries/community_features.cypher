// Purpose: what rerankers look at of communities.
// Parameters: uuids, has_vectors (whether vectors are wanted)
// Result: `rows`: [uuid, text, how many members, since when (text), vector or null, uuids of members]
UNWIND $uuids AS uuid
MATCH (m:Community {uuid: uuid})
RETURN collect([m.uuid, m.name + ': ' + coalesce(m.summary, ''), COUNT { (m)-[:HAS_MEMBER]->() }, toString(m.created_at),
  CASE WHEN $has_vectors THEN m.name_embedding END,
  COLLECT { MATCH (m)-[:HAS_MEMBER]->(e:Entity) RETURN e.uuid ORDER BY e.uuid LIMIT 50 }]) AS rows
