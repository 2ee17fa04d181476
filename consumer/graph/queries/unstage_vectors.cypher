// Purpose: forget staged vectors of what a removed episode told: they can say what its text was.
// Parameters: rows: list of {uuid} (of a fact, of an entity, of an episode's assertions on a triple)
// Result: none
UNWIND $rows AS row
MATCH (v:ConsumerVector {uuid: row.uuid})
DELETE v
