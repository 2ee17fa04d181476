// Purpose: what is known of a group's entities, to find those that may be one.
// Parameters: group_id, limit
// Result: `rows`, some hundred a record: uuid, name, labels, summary, vector or null
MATCH (e:Entity {group_id: $group_id})
WITH e ORDER BY e.uuid LIMIT $limit
WITH collect(e) AS found
UNWIND range(0, size(found) - 1, 500) AS start
RETURN [e IN found[start..start + 500] |
  {uuid: e.uuid, name: e.name, labels: labels(e), summary: e.summary, vector: e.name_embedding}] AS rows
