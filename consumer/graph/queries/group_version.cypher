// Purpose: the version of groups, to tell whether what was cached of them still holds.
// Parameters: group_ids
// Result: one row for each known group: group_id, version
UNWIND $group_ids AS group_id
MATCH (g:ConsumerGroup {group_id: group_id})
RETURN g.group_id AS group_id, g.version AS version
