// Purpose: take away the communities, of whatever level, that have one of the entities as a member, since their names and
//          summaries may quote what was removed; and note on the group that its communities are stale.
// Parameters: rows: list of {uuid (an entity), group_id}
// Result: none
UNWIND $rows AS row
MATCH (:Entity {uuid: row.uuid})<-[:HAS_MEMBER]-+(c:Community)
WITH DISTINCT row.group_id AS group_id, c
MATCH (g:ConsumerGroup {group_id: group_id})
SET g.communities_stale = g.version + 1
DETACH DELETE c
