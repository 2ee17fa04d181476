// Purpose: note on the group what its communities were built of; they are stale no longer. If anything of them changed,
//          the group's version counts it.
// Parameters: group_id, step (0 or 1), built_version, rules, prints (texts)
// Result: none
MATCH (g:ConsumerGroup {group_id: $group_id})
SET g.version = g.version + $step, g.communities_stale = null, g.communities_version = $built_version,
    g.communities_rules = $rules, g.communities_prints = $prints
