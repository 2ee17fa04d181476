// Purpose: take away that an episode mentions an entity, because the name it has belongs to another one.
// Parameters: rows: list of {uuid (of the relationship)}
// Result: none
UNWIND $rows AS row
MATCH ()-[r:MENTIONS {uuid: row.uuid}]->()
DELETE r
