// Purpose: uuids that several nodes of a label hold.
// Parameters: target (label), limit
// Result: one row a uuid: uuid
MATCH (n:$($target))
WITH n.uuid AS uuid, count(*) AS times
WHERE uuid IS NOT NULL AND times > 1
RETURN uuid LIMIT $limit
