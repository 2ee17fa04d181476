// Purpose: note on a locked group that none of its old vectors is left.
// Parameters: group_id
// Result: none
MATCH (g:ConsumerGroup {group_id: $group_id})
REMOVE g.has_old_vectors
