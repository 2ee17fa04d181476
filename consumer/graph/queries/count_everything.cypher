// Purpose: how much the database holds: counts that the server keeps, and what some of its episodes and groups say.
// Parameters: none
// Result: `rows`, one: entities, facts, episodes, mentions, text_bytes (characters of an episode, on average), dimension
CALL () {
  MATCH (e:Episodic)
  WITH e LIMIT 1000
  RETURN avg(size(e.content)) AS text_bytes
}
CALL () {
  OPTIONAL MATCH (g:ConsumerGroup)
  WHERE g.dimension IS NOT NULL
  WITH g.dimension AS dimension, count(*) AS groups
  ORDER BY groups DESC, dimension DESC LIMIT 1
  RETURN dimension
}
RETURN [{
  entities: COUNT { (:Entity) },
  facts: COUNT { ()-[:RELATES_TO]->() },
  episodes: COUNT { (:Episodic) },
  mentions: COUNT { ()-[:MENTIONS]->() },
  text_bytes: text_bytes,
  dimension: dimension
}] AS rows
