// Purpose: facts near a vector that are not over, by the vector index; its filters join by AND only, so open facts and
//          those that end later are two searches.
// Parameters: vector, group_ids, index_limit (how many the index gives a group and search), limit,
//             alive_at (text), begun_by (text or null)
// Result: `rows`, best first: uuid, score; `seen`: how many the index gave
CYPHER 25
WITH datetime($alive_at) AS alive_at
UNWIND $group_ids AS group_id
CALL (group_id, alive_at) {
  MATCH ()-[r:RELATES_TO]->()
    SEARCH r IN (
      VECTOR INDEX fact_vector FOR $vector WHERE r.group_id = group_id AND r.invalid_at IS NULL LIMIT $index_limit
    ) SCORE AS score
  RETURN r, score
  UNION ALL
  MATCH ()-[r:RELATES_TO]->()
    SEARCH r IN (
      VECTOR INDEX fact_vector FOR $vector WHERE r.group_id = group_id AND r.invalid_at > alive_at LIMIT $index_limit
    ) SCORE AS score
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
