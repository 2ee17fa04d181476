// Purpose: facts near a vector, best first, by the vector index with its filters (Neo4j 2026.01 and later).
// Parameters: vector, group_ids, index_limit (how many the index gives a group), limit, begun_by (text or null)
// Result: `rows`, best first: uuid, score; `seen`: how many the index gave
CYPHER 25
UNWIND $group_ids AS group_id
CALL (group_id) {
  MATCH ()-[r:RELATES_TO]->()
    SEARCH r IN (VECTOR INDEX fact_vector FOR $vector WHERE r.group_id = group_id LIMIT $index_limit) SCORE AS score
  RETURN r, score
}
WITH collect({fact: r, score: score}) AS found
RETURN size(found) AS seen, COLLECT {
  UNWIND found AS each
  WITH each.fact AS r, each.score AS score
  WHERE $begun_by IS NULL OR r.valid_at IS NULL OR r.valid_at <= datetime($begun_by)
  ORDER BY score DESC, r.uuid
  LIMIT $limit
  RETURN {uuid: r.uuid, score: score}
} AS rows
