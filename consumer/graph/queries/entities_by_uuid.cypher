// Purpose: what is shown of entities.
// Parameters: group_id, uuids
// Result: `rows`, some hundred a record: uuid, name, labels, facts (how many it is in)
UNWIND $uuids AS uuid
MATCH (e:Entity {uuid: uuid})
WHERE e.group_id = $group_id
WITH collect(e) AS found
UNWIND range(0, size(found) - 1, 500) AS start
RETURN [e IN found[start..start + 500] |
  {uuid: e.uuid, name: e.name, labels: labels(e), facts: COUNT { (e)-[:RELATES_TO]-() }}] AS rows
