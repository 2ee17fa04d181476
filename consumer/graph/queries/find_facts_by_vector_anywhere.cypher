// Purpose: facts near a vector, best first, by the vector index without a filter: for servers that have none in it, and
//          for so many groups that they are a good part of the graph.
// Parameters: vector, index_limit (how many the index gives), limit;
//             conditions: group_ids, alive_at (text or null: not over then), begun_by (text or null: begun by then),
//             known_by (text or null: in the log by then), relations, types, episodes, sources (null: any)
// Result: `rows`, best first: [uuid, score, subject's uuid, object's uuid]; `seen`: how many the index gave
CALL db.index.vector.queryRelationships('fact_vector', $index_limit, $vector)
YIELD relationship AS r, score
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
