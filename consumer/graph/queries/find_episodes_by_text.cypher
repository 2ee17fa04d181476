// Purpose: episodes whose content matches a text, best first; all conditions are exact.
// Parameters: text (Lucene query), index_limit (how many the index gives), limit;
//             conditions: group_ids, begun_by (text or null: told of that time or before), known_by (text or null: in
//             the log by then), episodes, sources, types, relations (null: any)
// Result: `rows`, best first: [uuid, score]; `seen`: how many the index gave
CALL db.index.fulltext.queryNodes('episode_content', $text, {limit: $index_limit})
YIELD node, score
WITH collect([node, score]) AS found
RETURN size(found) AS seen, COLLECT {
  UNWIND found AS each
  WITH each[0] AS p, each[1] AS score
  WHERE
    // include: conditions_of_episodes
  ORDER BY score DESC, p.uuid
  LIMIT $limit
  RETURN [p.uuid, score]
} AS rows
