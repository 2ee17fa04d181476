// Purpose: entities whose name is near a vector, best first, by the vector index without a filter.
// Parameters: vector, index_limit (how many the index gives), limit;
//             conditions: group_ids, known_by (text or null: in the log by then), types, relations, episodes, sources
//             (null: any)
// Result: `rows`, best first: [uuid, score]; `seen`: how many the index gave
CALL db.index.vector.queryNodes('entity_name_vector', $index_limit, $vector)
YIELD node, score
WITH collect([node, score]) AS found
RETURN size(found) AS seen, COLLECT {
  UNWIND found AS each
  WITH each[0] AS e, each[1] AS score
  WHERE
    // include: conditions_of_entities
  ORDER BY score DESC, e.uuid
  LIMIT $limit
  RETURN [e.uuid, score]
} AS rows
