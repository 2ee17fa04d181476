// Purpose: create sagas, or move their first and last episode.
// Parameters: rows: list of {uuid, created, properties, created_at (text)}
// Result: none
UNWIND $rows AS row
MERGE (s:Saga {uuid: row.uuid})
ON CREATE SET s += row.created
SET s += row.properties, s.created_at = datetime(row.created_at)
