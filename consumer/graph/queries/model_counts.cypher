// Purpose: which models the vectors of all groups come from.
// Parameters: none
// Result: `rows`, one a model, sorted: model, groups (how many), example (the first group id)
MATCH (g:ConsumerGroup)
WHERE g.embedding_model IS NOT NULL
WITH g.embedding_model AS model, count(*) AS groups, min(g.group_id) AS example ORDER BY model
RETURN collect({model: model, groups: groups, example: example}) AS rows
