// Purpose: the model of the vectors of groups.
// Parameters: group_ids
// Result: `rows`, one for each group that has vectors of ours: group_id, model, dimension, is_switching
UNWIND $group_ids AS group_id
MATCH (g:ConsumerGroup {group_id: group_id})
WHERE g.embedding_model IS NOT NULL
RETURN collect({group_id: g.group_id, model: g.embedding_model, dimension: g.dimension,
                is_switching: g.switching_to IS NOT NULL}) AS rows
