// Purpose: give an entity the kept vector of the spelling that it shows now.
// Parameters: rows: list of {uuid, key}
// Result: none
UNWIND $rows AS row
MATCH (n:ConsumerName {uuid: row.uuid})
WHERE n[row.key] IS NOT NULL
MATCH (e:Entity {uuid: row.uuid})
CALL db.create.setNodeVectorProperty(e, 'name_embedding', n[row.key])
