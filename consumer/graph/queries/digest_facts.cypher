// Purpose: a group's RELATES_TO relationships in canonical order.
// Parameters: group_id
// Result: `rows`, some hundred a record: source, target (uuids), properties (of an embedding only whether it is there)
MATCH ()-[r:RELATES_TO {group_id: $group_id}]->()
WITH r ORDER BY r.uuid
WITH collect(r) AS found
UNWIND range(0, size(found) - 1, 500) AS start
RETURN [r IN found[start..start + 500] | {source: startNode(r).uuid, target: endNode(r).uuid, properties: r {.*,
  created_at: toString(r.created_at),
  expired_at: toString(r.expired_at),
  valid_at: toString(r.valid_at),
  invalid_at: toString(r.invalid_at),
  reference_time: toString(r.reference_time),
  fact_embedding: r.fact_embedding IS NOT NULL}}] AS rows
