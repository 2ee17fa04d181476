// Purpose: all facts from one entity to another, for pairs of entities that Graphiti made.
// Parameters: rows: list of {source, target, group_id}
// Result: `rows`, one a fact: uuid, group_id, source, target, name, fact, episodes, and created_at, reference_time, valid_at,
//         invalid_at, expired_at (microseconds since the year 1, or null)
UNWIND $rows AS row
MATCH (s:Entity {uuid: row.source})
MATCH (t:Entity {uuid: row.target})
MATCH (s)-[r:RELATES_TO]->(t)
WHERE r.group_id = row.group_id
RETURN collect({
  uuid: r.uuid, group_id: r.group_id, source: row.source, target: row.target, name: r.name, fact: r.fact,
  episodes: r.episodes,
  created_at: r.created_at.epochSeconds * 1000000 + 62135596800000000 + r.created_at.microsecond,
  reference_time: r.reference_time.epochSeconds * 1000000 + 62135596800000000 + r.reference_time.microsecond,
  valid_at: r.valid_at.epochSeconds * 1000000 + 62135596800000000 + r.valid_at.microsecond,
  invalid_at: r.invalid_at.epochSeconds * 1000000 + 62135596800000000 + r.invalid_at.microsecond,
  expired_at: r.expired_at.epochSeconds * 1000000 + 62135596800000000 + r.expired_at.microsecond
}) AS rows
