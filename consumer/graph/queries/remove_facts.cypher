// Purpose: take facts away.
// Parameters: rows: list of {uuid}
// Result: none
UNWIND $rows AS row
MATCH ()-[r:RELATES_TO {uuid: row.uuid}]->()
DELETE r
