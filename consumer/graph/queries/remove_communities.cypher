// Purpose: take away the communities, of whatever level, that have one of the entities as a member, since their names and
//          summaries may quote what was removed (and the staged vectors of those names); and note on the group that its communities are stale. That something was
//          lost is noted even where there are none: who read before it must not write communities after it.
// Parameters: rows: list of {uuid (an entity), group_id}
// Result: none
UNWIND $rows AS row
MATCH (g:ConsumerGroup {group_id: row.group_id})
SET g.lost_at = g.version + 1
WITH row, g
MATCH (:Entity {uuid: row.uuid})<-[:HAS_MEMBER]-+(c:Community)
WITH DISTINCT g, c
SET g.communities_stale = g.version + 1, g.communities_version = null, g.communities_rules = null,
    g.communities_prints = null
WITH c
OPTIONAL MATCH (v:ConsumerVector {uuid: c.uuid})
DETACH DELETE c, v
