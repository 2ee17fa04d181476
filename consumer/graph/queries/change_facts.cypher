// Purpose: widen, close or reopen facts.
// Parameters: rows: list of {uuid, properties}; a null property is taken away
// Result: none
UNWIND $rows AS row
MATCH ()-[r:RELATES_TO {uuid: row.uuid}]->()
SET r += row.properties
