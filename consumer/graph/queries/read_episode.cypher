// Purpose: one episode whole, with the entities it mentions and the facts that come from it.
// Parameters: uuid
// Result: `rows`, one or none: uuid, group_id, event_id, name, source, source_description, content, reference_time,
//         created_at (texts), entities: list of {uuid, name}, facts: list of uuids
MATCH (e:Episodic {uuid: $uuid})
OPTIONAL MATCH (c:ConsumerEpisode {uuid: e.uuid})
RETURN collect({
  uuid: e.uuid, group_id: e.group_id, event_id: coalesce(c.event_id, ''), name: e.name, source: e.source,
  source_description: e.source_description, content: e.content, reference_time: toString(e.valid_at),
  created_at: toString(e.created_at), facts: coalesce(e.entity_edges, []),
  entities: COLLECT {
    MATCH (e)-[:MENTIONS]->(n:Entity)
    WITH DISTINCT n ORDER BY n.name, n.uuid
    RETURN {uuid: n.uuid, name: n.name}
  }
}) AS rows
