// Purpose: set the vectors of communities' names.
// Parameters: rows: list of {uuid, vector}
// Result: none
UNWIND $rows AS row
MATCH (c:Community {uuid: row.uuid})
CALL db.create.setNodeVectorProperty(c, 'name_embedding', row.vector)
