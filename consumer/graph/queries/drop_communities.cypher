// Purpose: take away communities that are no longer.
// Parameters: rows: list of {uuid}
// Result: none
UNWIND $rows AS row
MATCH (c:Community {uuid: row.uuid})
DETACH DELETE c
