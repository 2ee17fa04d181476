// Purpose: names of a group that may be meant by one that it has not: the same as written (of entities that are not
//          ours), alike in words, and some of all, with the aliases of the latter.
// Parameters: group_id, as_written (the name), text (Lucene query or null), index_limit, limit (of those looked at whatever their name)
// Result: `rows`, some hundred a record: uuid, name, labels, facts, aliases (JSON, the states of the names)
CALL () {
  MATCH (e:Entity {name: $as_written}) WHERE e.group_id = $group_id
  RETURN e
  UNION
  UNWIND CASE WHEN $text IS NULL THEN [] ELSE [$text] END AS text
  CALL db.index.fulltext.queryNodes('node_name_and_summary', text, {limit: $index_limit}) YIELD node AS e
  WHERE e.group_id = $group_id
  RETURN e
  UNION
  MATCH (e:Entity {group_id: $group_id})
  WITH e LIMIT $limit
  RETURN e
}
WITH collect(e) AS found
UNWIND range(0, size(found) - 1, 500) AS start
RETURN [e IN found[start..start + 500] |
  {uuid: e.uuid, name: e.name, labels: labels(e), facts: COUNT { (e)-[:RELATES_TO]-() },
   aliases: COLLECT { MATCH (n:ConsumerName {alias_of: e.uuid}) RETURN n.state }}] AS rows
