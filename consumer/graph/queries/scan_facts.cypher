// Purpose: facts near a vector, best first, by comparing every fact of the groups: exact, for servers and dimensions
//          without a usable vector index.
// Parameters: vector, dimension, group_ids, limit, alive_at (text or null), begun_by (text or null)
// Result: `rows`, best first: uuid, score
UNWIND $group_ids AS group_id
MATCH ()-[r:RELATES_TO {group_id: group_id}]->()
WHERE size(r.fact_embedding) = $dimension
  AND ($alive_at IS NULL OR r.invalid_at IS NULL OR r.invalid_at > datetime($alive_at))
  AND ($begun_by IS NULL OR r.valid_at IS NULL OR r.valid_at <= datetime($begun_by))
WITH r.uuid AS uuid, vector.similarity.cosine(r.fact_embedding, $vector) AS score
ORDER BY score DESC, uuid
LIMIT $limit
RETURN collect({uuid: uuid, score: score}) AS rows
