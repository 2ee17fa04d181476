// Purpose: keep vectors of another model beside the graph until a group's are changed all together.
// Parameters: rows: list of {place, properties, vector or null (there is none)}
// Result: none
UNWIND $rows AS row
MERGE (v:ConsumerVector {place: row.place})
SET v = row.properties
WITH v, row
WHERE row.vector IS NOT NULL
CALL db.create.setNodeVectorProperty(v, 'vector', row.vector)
