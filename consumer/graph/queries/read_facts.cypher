// Purpose: facts whole.
// Parameters: uuids
// Result: `rows`, one for each that is there: uuid, group_id, fact, relation, subject, subject_uuid, object, object_uuid, episodes
//         (uuids), valid_at, invalid_at, created_at, expired_at (texts or null)
UNWIND $uuids AS uuid
MATCH (s:Entity)-[r:RELATES_TO {uuid: uuid}]->(o:Entity)
RETURN collect({
  uuid: r.uuid, group_id: r.group_id, fact: r.fact, relation: r.name,
  subject: s.name, subject_uuid: s.uuid, object: o.name, object_uuid: o.uuid, episodes: r.episodes,
  valid_at: toString(r.valid_at), invalid_at: toString(r.invalid_at),
  created_at: toString(r.created_at), expired_at: toString(r.expired_at)
}) AS rows
