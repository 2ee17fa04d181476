// Purpose: uuids that several nodes of a label hold.
// Parameters: target (label), limit
// Result: `rows`: uuids
MATCH (n:$($target))
WITH n.uuid AS uuid, count(*) AS times
WHERE uuid IS NOT NULL AND times > 1
WITH uuid LIMIT $limit
RETURN collect(uuid) AS rows
