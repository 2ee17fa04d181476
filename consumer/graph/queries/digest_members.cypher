// Purpose: a group's HAS_MEMBER relationships in canonical order.
// Parameters: group_id
// Result: `rows`, some hundred a record: source, target (uuids), properties (of an embedding only whether it is there)
MATCH (:Community {group_id: $group_id})-[r:HAS_MEMBER {group_id: $group_id}]->()
WITH r ORDER BY r.uuid
WITH collect(r) AS found
UNWIND range(0, size(found) - 1, 500) AS start
RETURN [r IN found[start..start + 500] | {source: startNode(r).uuid, target: endNode(r).uuid, properties: r {.*,
  created_at: toString(r.created_at)}}] AS rows
