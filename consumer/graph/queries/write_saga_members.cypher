// Purpose: link sagas to their new episodes.
// Parameters: rows: list of {saga, episode, uuid, group_id, created_at}
// Result: none
UNWIND $rows AS row
MATCH (s:Saga {uuid: row.saga})
MATCH (p:Episodic {uuid: row.episode})
CREATE (s)-[:HAS_EPISODE {uuid: row.uuid, group_id: row.group_id, created_at: datetime(row.created_at)}]->(p)
