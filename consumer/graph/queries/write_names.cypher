// Purpose: create or change the nodes of names that are aliases.
// Parameters: rows: list of {uuid, properties}; a null property is taken away
// Result: none
UNWIND $rows AS row
MERGE (n:ConsumerName {uuid: row.uuid})
SET n += row.properties
