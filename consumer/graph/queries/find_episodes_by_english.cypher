// Purpose: episodes whose content matches a text, best first, by its words as they are and by the forms of English
//          words; who has a word in the very form counts in both. All conditions are exact.
// Parameters: text, english (Lucene queries), index_limit (how many each index gives), limit;
//             conditions: group_ids, begun_by (text or null: told of that time or before), known_by (text or null: in
//             the log by then), episodes, sources, types, relations (null: any)
// Result: `rows`, best first: [uuid, score]; `seen`: how many the indexes gave
CALL () {
  CALL db.index.fulltext.queryNodes('episode_content', $text, {limit: $index_limit}) YIELD node, score
  RETURN node, score
  UNION ALL
  CALL db.index.fulltext.queryNodes('consumer_episode_english', $english, {limit: $index_limit}) YIELD node, score
  RETURN node, score
}
WITH node, sum(score) AS score, count(*) AS times
WITH collect([node, score]) AS found, sum(times) AS seen
RETURN seen, COLLECT {
  UNWIND found AS each
  WITH each[0] AS p, each[1] AS score
  WHERE
    // include: conditions_of_episodes
  ORDER BY score DESC, p.uuid
  LIMIT $limit
  RETURN [p.uuid, score]
} AS rows
