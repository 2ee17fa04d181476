// Purpose: cut links between episodes that have another one between them now.
// Parameters: rows: list of {uuid}
// Result: none
UNWIND $rows AS row
MATCH ()-[r:NEXT_EPISODE {uuid: row.uuid}]->()
DELETE r
