// Purpose: what the episodes that stay say of entities that a removed episode mentioned.
// Parameters: uuids: entity uuids; removed: uuids of the episodes that go
// Result: `rows`, one an episode: uuid, group_id, position, mentions (JSON)
UNWIND $uuids AS uuid
MATCH (:Entity {uuid: uuid})<-[:MENTIONS]-(e:Episodic)
WITH DISTINCT e.uuid AS episode
WHERE NOT episode IN $removed
MATCH (c:ConsumerEpisode {uuid: episode})
WHERE NOT c.is_removed
WITH collect(c {.uuid, .group_id, .position, .mentions}) AS found
UNWIND range(0, size(found) - 1, 500) AS start
RETURN found[start..start + 500] AS rows
