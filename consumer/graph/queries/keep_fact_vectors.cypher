// Purpose: keep the vector of a fact that goes on the assertion that founded it, since that one stays.
// Parameters: rows: list of {uuid, triple, episode, ordinal}
// Result: none
UNWIND $rows AS row
MATCH ()-[r:RELATES_TO {uuid: row.uuid}]->()
WHERE r.fact_embedding IS NOT NULL
MATCH (a:ConsumerAssertion {triple: row.triple})
WHERE a.episode = row.episode AND a.ordinal = row.ordinal
CALL db.create.setNodeVectorProperty(a, 'vector', r.fact_embedding)
