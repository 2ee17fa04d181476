// Purpose: entities whose name is near a vector, best first, by the vector index with the group as its filter.
// Parameters: vector, index_limit (how many the index gives a group), limit;
//             conditions: group_ids, known_by (text or null: in the log by then), types, relations, episodes, sources
//             (null: any)
// Result: `rows`, best first: [uuid, score]; `seen`: how many the index gave
CYPHER 25
UNWIND $group_ids AS group_id
CALL (group_id) {
  MATCH (e:Entity)
    SEARCH e IN (VECTOR INDEX entity_name_vector FOR $vector WHERE e.group_id = group_id LIMIT $index_limit) SCORE AS score
  RETURN e, score
}
WITH collect([e, score]) AS found
RETURN size(found) AS seen, COLLECT {
  UNWIND found AS each
  WITH each[0] AS e, each[1] AS score
  WHERE
    // include: conditions_of_entities
  ORDER BY score DESC, e.uuid
  LIMIT $limit
  RETURN [e.uuid, score]
} AS rows
