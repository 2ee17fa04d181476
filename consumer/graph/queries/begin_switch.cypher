// Purpose: note on a locked group that its vectors are being changed for those of another model, which are all staged.
// Parameters: group_id, model, dimension
// Result: none
MATCH (g:ConsumerGroup {group_id: $group_id})
SET g.switching_to = $model, g.switching_dimension = $dimension, g.has_old_vectors = true
