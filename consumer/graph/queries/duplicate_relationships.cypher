// Purpose: uuids that several relationships of a type hold.
// Parameters: target (type), limit
// Result: `rows`: uuids
MATCH ()-[r:$($target)]->()
WITH r.uuid AS uuid, count(*) AS times
WHERE uuid IS NOT NULL AND times > 1
WITH uuid LIMIT $limit
RETURN collect(uuid) AS rows
