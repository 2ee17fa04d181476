// Purpose: take away communities that are no longer, and the staged vectors of their names.
// Parameters: rows: list of {uuid}
// Result: none
UNWIND $rows AS row
MATCH (c:Community {uuid: row.uuid})
OPTIONAL MATCH (v:ConsumerVector {uuid: c.uuid})
DETACH DELETE c, v
