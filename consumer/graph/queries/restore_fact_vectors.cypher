// Purpose: move to a new fact the vector that was kept on the older assertion that founds it now.
// Parameters: rows: list of {uuid, triple, episode, ordinal}
// Result: none
UNWIND $rows AS row
MATCH (a:ConsumerAssertion {triple: row.triple})
WHERE a.episode = row.episode AND a.ordinal = row.ordinal AND a.vector IS NOT NULL
MATCH ()-[r:RELATES_TO {uuid: row.uuid}]->()
CALL db.create.setRelationshipVectorProperty(r, 'fact_embedding', a.vector)
REMOVE a.vector
