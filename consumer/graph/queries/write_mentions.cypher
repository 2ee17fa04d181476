// Purpose: link new episodes to the entities they mention.
// Parameters: rows: list of {episode, group_id, created_at, mentions: list of {uuid, entity}}
// Result: none
UNWIND $rows AS row
MATCH (p:Episodic {uuid: row.episode})
WITH p, row, datetime(row.created_at) AS created_at
UNWIND row.mentions AS mention
MATCH (e:Entity {uuid: mention.entity})
CREATE (p)-[:MENTIONS {uuid: mention.uuid, group_id: row.group_id, created_at: created_at}]->(e)
