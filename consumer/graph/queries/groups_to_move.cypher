// Purpose: groups whose vectors are not of a model, or are being changed, with what is recorded of each.
// Parameters: model
// Result: `rows`, sorted: group_id, model, dimension, switching_to (null or the model)
MATCH (g:ConsumerGroup)
WHERE g.embedding_model IS NOT NULL AND (g.embedding_model <> $model OR g.switching_to IS NOT NULL)
WITH g ORDER BY g.group_id
RETURN collect({group_id: g.group_id, model: g.embedding_model, dimension: g.dimension,
                switching_to: g.switching_to}) AS rows
