// Purpose: create facts. CREATE, not MERGE: the group's lock and its episodes say that they are new, and a MERGE
//          would walk the relationships of a hub; the unique constraint guards.
// Parameters: rows: list of {source, target, properties, times (texts or null), episodes, vector or null}
// Result: none
UNWIND $rows AS row
MATCH (s:Entity {uuid: row.source})
MATCH (t:Entity {uuid: row.target})
CREATE (s)-[r:RELATES_TO]->(t)
SET r = row.properties, r.created_at = datetime(row.created_at), r.reference_time = datetime(row.reference_time),
    r.valid_at = datetime(row.valid_at), r.invalid_at = datetime(row.invalid_at),
    r.expired_at = datetime(row.expired_at), r.episodes = row.episodes
WITH r, row
WHERE row.vector IS NOT NULL
CALL db.create.setRelationshipVectorProperty(r, 'fact_embedding', row.vector)
