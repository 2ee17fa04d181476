// Purpose: take away what was summarized of sagas that lost an episode: it may quote the one that was removed.
// Parameters: rows: list of {uuid, properties (nulls, and the empty summary)}
// Result: none
UNWIND $rows AS row
MATCH (s:Saga {uuid: row.uuid})
SET s += row.properties
