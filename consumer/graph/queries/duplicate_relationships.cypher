// Purpose: uuids that several relationships of a type hold.
// Parameters: target (type), limit
// Result: one row a uuid: uuid
MATCH ()-[r:$($target)]->()
WITH r.uuid AS uuid, count(*) AS times
WHERE uuid IS NOT NULL AND times > 1
RETURN uuid LIMIT $limit
