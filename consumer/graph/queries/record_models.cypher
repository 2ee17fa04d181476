// Purpose: record the model of groups that have none yet.
// Parameters: rows: list of {group_id, model, dimension}, sorted
// Result: none
UNWIND $rows AS row
MERGE (g:ConsumerGroup {group_id: row.group_id})
ON CREATE SET g.version = 0
WITH g, row
WHERE g.embedding_model IS NULL
SET g.embedding_model = row.model, g.dimension = row.dimension
