// Purpose: what rerankers look at of entities.
// Parameters: uuids, has_vectors (whether vectors are wanted)
// Result: `rows`: [uuid, text, how many episodes, since when (text), vector or null, [uuid]]
UNWIND $uuids AS uuid
MATCH (e:Entity {uuid: uuid})
OPTIONAL MATCH (e)<-[:MENTIONS]-(p:Episodic)
WITH e, count(p) AS mentions, max(p.valid_at) AS told
RETURN collect([e.uuid, CASE WHEN e.summary IS NULL OR e.summary = '' THEN e.name ELSE e.name + ': ' + e.summary END,
  mentions, toString(coalesce(told, e.created_at)), CASE WHEN $has_vectors THEN e.name_embedding END, [e.uuid]]) AS rows
