// Purpose: keep what new episodes claim; the vector of a sentence only where no fact shows it.
// Parameters: rows: list of {properties, vector or null}
// Result: none
UNWIND $rows AS row
CREATE (a:ConsumerAssertion)
SET a = row.properties
WITH a, row
WHERE row.vector IS NOT NULL
CALL db.create.setNodeVectorProperty(a, 'vector', row.vector)
