// Purpose: take away sagas that have no episode left.
// Parameters: rows: list of {uuid}
// Result: none
UNWIND $rows AS row
MATCH (s:Saga {uuid: row.uuid})
DETACH DELETE s
