// Purpose: what rerankers look at of episodes.
// Parameters: uuids, text_chars (of the content at most)
// Result: `rows`: [uuid, text, 1, since when (text), null, uuids of mentioned entities]
UNWIND $uuids AS uuid
MATCH (p:Episodic {uuid: uuid})
RETURN collect([p.uuid, left(p.content, $text_chars), 1, toString(p.valid_at), null,
  COLLECT { MATCH (p)-[:MENTIONS]->(e:Entity) RETURN e.uuid ORDER BY e.uuid LIMIT 50 }]) AS rows
