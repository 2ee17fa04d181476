// Purpose: keep the vector of a spelling that is shown no longer.
// Parameters: rows: list of {uuid, key}
// Result: none
UNWIND $rows AS row
MATCH (e:Entity {uuid: row.uuid})
WHERE e.name_embedding IS NOT NULL
MATCH (n:ConsumerName {uuid: row.uuid})
CALL db.create.setNodeVectorProperty(n, row.key, e.name_embedding)
