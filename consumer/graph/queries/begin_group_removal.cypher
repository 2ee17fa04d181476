// Purpose: note how far a locked group's removals reach now, and that this one is under way.
// Parameters: group_id, removals (texts of `places.GroupRemovals`, sorted)
// Result: none
MATCH (g:ConsumerGroup {group_id: $group_id})
SET g.removals = $removals, g.is_being_removed = true
