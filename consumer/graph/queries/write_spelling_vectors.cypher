// Purpose: keep the vectors of spellings that are not shown.
// Parameters: rows: list of {uuid, key, vector}
// Result: none
UNWIND $rows AS row
MATCH (n:ConsumerName {uuid: row.uuid})
CALL db.create.setNodeVectorProperty(n, row.key, row.vector)
