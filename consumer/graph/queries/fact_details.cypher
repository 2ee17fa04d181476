// Purpose: what is shown of facts that were found, with the episodes they come from.
// Parameters: uuids, group_ids, excerpt_chars
// Result: `rows`, one a fact: uuid, group_id, fact, relation, subject, subject_uuid, object, object_uuid, valid_at,
//         invalid_at (texts or null), episodes: list of {uuid, name, excerpt, reference_time (text)}
UNWIND $uuids AS uuid
MATCH (s:Entity)-[r:RELATES_TO {uuid: uuid}]->(o:Entity)
WHERE r.group_id IN $group_ids
RETURN collect({
  uuid: r.uuid, group_id: r.group_id, fact: r.fact, relation: r.name,
  subject: s.name, subject_uuid: s.uuid, object: o.name, object_uuid: o.uuid,
  valid_at: toString(r.valid_at), invalid_at: toString(r.invalid_at),
  episodes: COLLECT {
    UNWIND r.episodes AS episode
    MATCH (e:Episodic {uuid: episode})
    RETURN {uuid: e.uuid, name: e.name, excerpt: left(e.content, $excerpt_chars), reference_time: toString(e.valid_at)}
  }
}) AS rows
