// Purpose: create facts. CREATE, not MERGE: the group's lock and its episodes say that they are new, and a MERGE
//          would walk the relationships of a hub; the unique constraint guards. All properties at once, so that the
//          server neither plans eagerly nor updates an index twice; a null is no property.
// Parameters: rows: list of {source, target, uuid, group_id, name, fact, episodes, created_at, reference_time, valid_at,
//             invalid_at, expired_at (texts or null), vector or null}
// Result: none
UNWIND $rows AS row
MATCH (s:Entity {uuid: row.source})
MATCH (t:Entity {uuid: row.target})
CREATE (s)-[r:RELATES_TO {
  uuid: row.uuid, group_id: row.group_id, name: row.name, fact: row.fact, episodes: row.episodes,
  source_node_uuid: row.source, target_node_uuid: row.target,
  created_at: datetime(row.created_at), reference_time: datetime(row.reference_time),
  valid_at: datetime(row.valid_at), invalid_at: datetime(row.invalid_at), expired_at: datetime(row.expired_at)
}]->(t)
WITH r, row
WHERE row.vector IS NOT NULL
CALL db.create.setRelationshipVectorProperty(r, 'fact_embedding', row.vector)
