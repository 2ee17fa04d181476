// Purpose: entities whose name or summary matches a text, best first; all conditions are exact.
// Parameters: text (Lucene query), index_limit (how many the index gives), limit;
//             conditions: group_ids, known_by (text or null: in the log by then), types, relations, episodes, sources
//             (null: any)
// Result: `rows`, best first: [uuid, score]; `seen`: how many the index gave
CALL db.index.fulltext.queryNodes('node_name_and_summary', $text, {limit: $index_limit})
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
