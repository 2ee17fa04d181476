// Purpose: the version of groups, to tell whether what was cached of them still holds.
// Parameters: group_ids
// Result: `rows`, one for each known group: group_id, version
UNWIND $group_ids AS group_id
MATCH (g:ConsumerGroup {group_id: group_id})
RETURN collect(g {.group_id, .version}) AS rows
