// Purpose: entities with what is known of it.
// Parameters: uuids
// Result: `rows`, one for each that is there: uuid, group_id, name, labels, summary, created_at (text), properties (all but vectors),
//         facts, episodes (how many)
UNWIND $uuids AS uuid
MATCH (e:Entity {uuid: uuid})
RETURN collect({
  uuid: e.uuid, group_id: e.group_id, name: e.name, labels: labels(e), summary: e.summary,
  created_at: toString(e.created_at),
  properties: e {.*, name_embedding: null, created_at: null},
  facts: COUNT { (e)-[:RELATES_TO]-() },
  episodes: COUNT { (e)<-[:MENTIONS]-(:Episodic) }
}) AS rows
