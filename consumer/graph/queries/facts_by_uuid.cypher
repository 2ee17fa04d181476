// Purpose: what is shown of facts.
// Parameters: group_id, uuids
// Result: `rows`: uuid, source, target, name, fact, episodes, valid_at, invalid_at, created_at, expired_at (texts)
UNWIND $uuids AS uuid
MATCH (s:Entity)-[r:RELATES_TO {uuid: uuid}]->(t:Entity)
WHERE r.group_id = $group_id
RETURN collect({
  uuid: r.uuid, source: s.uuid, target: t.uuid, name: r.name, fact: r.fact, episodes: r.episodes,
  valid_at: toString(r.valid_at), invalid_at: toString(r.invalid_at),
  created_at: toString(r.created_at), expired_at: toString(r.expired_at)
}) AS rows
