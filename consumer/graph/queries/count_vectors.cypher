// Purpose: how many vectors a group holds, and how long their texts are (of spellings not known: as long as names).
// Parameters: group_id
// Result: `rows`, one: texts, chars, spellings
CALL () {
  MATCH (n:Entity {group_id: $group_id}) WHERE n.name_embedding IS NOT NULL RETURN n.name AS text
  UNION ALL
  MATCH (n:Community {group_id: $group_id}) WHERE n.name_embedding IS NOT NULL RETURN n.name AS text
  UNION ALL
  MATCH ()-[r:RELATES_TO {group_id: $group_id}]->() WHERE r.fact_embedding IS NOT NULL RETURN r.fact AS text
  UNION ALL
  MATCH (c:ConsumerEpisode {group_id: $group_id}) WHERE c.position IS NOT NULL AND c.content_embedding IS NOT NULL
  MATCH (e:Episodic {uuid: c.uuid}) RETURN e.content AS text
  UNION ALL
  MATCH (c:ConsumerEpisode {group_id: $group_id}) WHERE c.position IS NOT NULL AND NOT c.is_removed
  UNWIND c.triple_keys AS triple
  WITH DISTINCT triple
  MATCH (a:ConsumerAssertion {triple: triple}) WHERE a.vector IS NOT NULL RETURN a.sentence AS text
}
WITH count(text) AS texts, sum(size(text)) AS chars
CALL () {
  MATCH (e:Entity {group_id: $group_id})
  CALL (e) {
    MATCH (n:ConsumerName {uuid: e.uuid}) RETURN n
    UNION ALL
    MATCH (n:ConsumerName {alias_of: e.uuid}) RETURN n
  }
  RETURN sum(size([key IN keys(n) WHERE key STARTS WITH 'vector_'])) AS spellings
}
RETURN [{texts: texts, chars: chars, spellings: spellings}] AS rows
