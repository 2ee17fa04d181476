// Purpose: link consecutive episodes of sagas, older to newer.
// Parameters: rows: list of {older, newer, uuid, group_id, created_at}
// Result: none
UNWIND $rows AS row
MATCH (a:Episodic {uuid: row.older})
MATCH (b:Episodic {uuid: row.newer})
CREATE (a)-[:NEXT_EPISODE {uuid: row.uuid, group_id: row.group_id, created_at: datetime(row.created_at)}]->(b)
