// Purpose: create facts. CREATE, not MERGE: the group's lock and its episodes say that they are new, and a MERGE
//          would walk the relationships of a hub; the unique constraint guards.
// Parameters: rows: list of {source, target, properties, vector or null}
// Result: none
UNWIND $rows AS row
MATCH (s:Entity {uuid: row.source})
MATCH (t:Entity {uuid: row.target})
CREATE (s)-[r:RELATES_TO]->(t)
SET r = row.properties
WITH r, row
WHERE row.vector IS NOT NULL
CALL db.create.setRelationshipVectorProperty(r, 'fact_embedding', row.vector)
