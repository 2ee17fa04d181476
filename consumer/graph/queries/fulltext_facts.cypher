// Purpose: facts that match a text, best first; the groups and the validity are exact whatever the index tokenised.
// Parameters: text (Lucene query), group_ids, index_limit (how many the index gives), limit,
//             alive_at (text or null: not over then), begun_by (text or null: begun by then)
// Result: `rows`, best first: uuid, score; `seen`: how many the index gave
CALL db.index.fulltext.queryRelationships('edge_name_and_fact', $text, {limit: $index_limit})
YIELD relationship AS r, score
WITH collect({fact: r, score: score}) AS found
RETURN size(found) AS seen, COLLECT {
  UNWIND found AS each
  WITH each.fact AS r, each.score AS score
  WHERE r.group_id IN $group_ids
    AND ($alive_at IS NULL OR r.invalid_at IS NULL OR r.invalid_at > datetime($alive_at))
    AND ($begun_by IS NULL OR r.valid_at IS NULL OR r.valid_at <= datetime($begun_by))
  ORDER BY score DESC, r.uuid
  LIMIT $limit
  RETURN {uuid: r.uuid, score: score}
} AS rows
