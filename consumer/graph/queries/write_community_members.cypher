// Purpose: take communities into those of the level above.
// Parameters: rows: list of {uuid (of the relationship), group_id, community, member (uuids), created_ms}
// Result: none
UNWIND $rows AS row
MATCH (c:Community {uuid: row.community})
MATCH (m:Community {uuid: row.member})
MERGE (c)-[r:HAS_MEMBER {uuid: row.uuid}]->(m)
SET r.group_id = row.group_id, r.created_at = datetime({epochMillis: row.created_ms})
