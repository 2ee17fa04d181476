// Purpose: episodes whose content is near a vector, best first, by the vector index without a filter.
// Parameters: vector, index_limit (how many the index gives), limit;
//             conditions: group_ids, begun_by (text or null: told of that time or before), known_by (text or null: in
//             the log by then), episodes, sources, types, relations (null: any)
// Result: `rows`, best first: [uuid, score]; `seen`: how many the index gave
CALL db.index.vector.queryNodes('consumer_episode_vector', $index_limit, $vector)
YIELD node, score
WITH collect([node.uuid, score]) AS found
RETURN size(found) AS seen, COLLECT {
  UNWIND found AS each
  WITH each[0] AS uuid, each[1] AS score
  MATCH (p:Episodic {uuid: uuid})
  WHERE
    // include: conditions_of_episodes
  WITH p, score ORDER BY score DESC, p.uuid
  LIMIT $limit
  RETURN [p.uuid, score]
} AS rows
