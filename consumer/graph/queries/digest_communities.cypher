// Purpose: a group's Community nodes in canonical order.
// Parameters: group_id
// Result: `rows`, some hundred a record: labels, properties (of an embedding only whether there is one)
MATCH (n:Community {group_id: $group_id})
WITH n ORDER BY n.uuid
WITH collect(n) AS found
UNWIND range(0, size(found) - 1, 500) AS start
RETURN [n IN found[start..start + 500] | {labels: labels(n), properties: n {.*,
  created_at: toString(n.created_at),
  name_embedding: n.name_embedding IS NOT NULL}}] AS rows
