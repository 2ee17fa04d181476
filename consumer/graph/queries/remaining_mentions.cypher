// Purpose: what the episodes that stay say of entities that a removed episode mentioned.
// Parameters: uuids: entity uuids; removed: uuids of the episodes that go
// Result: one row an episode: uuid, group_id, position, mentions (JSON)
UNWIND $uuids AS uuid
MATCH (:Entity {uuid: uuid})<-[:MENTIONS]-(e:Episodic)
WITH DISTINCT e.uuid AS episode
WHERE NOT episode IN $removed
MATCH (c:ConsumerEpisode {uuid: episode})
WHERE NOT c.is_removed
RETURN c.uuid AS uuid, c.group_id AS group_id, c.position AS position, c.mentions AS mentions
