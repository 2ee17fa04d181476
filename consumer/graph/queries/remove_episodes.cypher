// Purpose: take episodes away with their mentions and saga links.
// Parameters: rows: list of {uuid}
// Result: none
UNWIND $rows AS row
MATCH (p:Episodic {uuid: row.uuid})
DETACH DELETE p
