// Purpose: set the vectors of shown names.
// Parameters: rows: list of {uuid, vector}
// Result: none
UNWIND $rows AS row
MATCH (e:Entity {uuid: row.uuid})
CALL db.create.setNodeVectorProperty(e, 'name_embedding', row.vector)
