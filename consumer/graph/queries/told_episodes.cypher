// Purpose: the episodes that mention entities, with what our bookkeeping holds of them.
// Parameters: uuids: entity uuids
// Result: `rows`, one an episode: uuid, group_id, position, mentions (JSON), triple_keys
UNWIND $uuids AS uuid
MATCH (:Entity {uuid: uuid})<-[:MENTIONS]-(e:Episodic)
WITH DISTINCT e.uuid AS episode
MATCH (c:ConsumerEpisode {uuid: episode})
WHERE NOT c.is_removed
WITH collect(c {.uuid, .group_id, .position, .mentions, .triple_keys}) AS found
UNWIND range(0, size(found) - 1, 500) AS start
RETURN found[start..start + 500] AS rows
