// Purpose: how far the removals of groups reach in the log.
// Parameters: group_ids
// Result: `rows`, one for each removed group: group_id, removals (texts of positions)
UNWIND $group_ids AS group_id
MATCH (g:ConsumerGroup {group_id: group_id})
WHERE g.removals IS NOT NULL
RETURN collect(g {.group_id, .removals}) AS rows
