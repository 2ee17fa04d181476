// Purpose: facts near a vector, best first, by the vector index with the group as its filter (Neo4j 2026.01 and later).
//          One search and the dates after it: a second search costs more than hundreds of rows of the first.
// Parameters: vector, index_limit (how many the index gives a group), limit;
//             conditions: group_ids, alive_at (text or null: not over then), begun_by (text or null: begun by then),
//             known_by (text or null: in the log by then), relations, types, episodes, sources (null: any)
// Result: `rows`, best first: [uuid, score, subject's uuid, object's uuid]; `seen`: how many the index gave
CYPHER 25
UNWIND $group_ids AS group_id
CALL (group_id) {
  MATCH ()-[r:RELATES_TO]->()
    SEARCH r IN (VECTOR INDEX fact_vector FOR $vector WHERE r.group_id = group_id LIMIT $index_limit) SCORE AS score
  RETURN r, score
}
WITH collect([r, score]) AS found
RETURN size(found) AS seen, COLLECT {
  UNWIND found AS each
  WITH each[0] AS r, each[1] AS score
  WHERE
    // include: conditions_of_facts
  ORDER BY score DESC, r.uuid
  LIMIT $limit
  RETURN [r.uuid, score, startNode(r).uuid, endNode(r).uuid]
} AS rows
