// Purpose: what rerankers look at of facts.
// Parameters: uuids, has_vectors (whether vectors are wanted)
// Result: `rows`: [uuid, text, how many episodes, since when (text or null), vector or null,
//         uuids of its entities]
UNWIND $uuids AS uuid
MATCH (s)-[r:RELATES_TO {uuid: uuid}]->(o)
RETURN collect([r.uuid, r.fact, size(r.episodes), toString(coalesce(r.valid_at, r.created_at)),
  CASE WHEN $has_vectors THEN r.fact_embedding END, [s.uuid, o.uuid]]) AS rows
