// Purpose: up to where in the log groups were removed.
// Parameters: group_ids
// Result: `rows`, one for each removed group: group_id, removed_up_to (text of the position)
UNWIND $group_ids AS group_id
MATCH (g:ConsumerGroup {group_id: group_id})
WHERE g.removed_up_to IS NOT NULL
RETURN collect(g {.group_id, .removed_up_to}) AS rows
