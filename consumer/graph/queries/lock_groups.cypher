// Purpose: take the lock of each group, in order, and read what it says; a group's writes are serial from here on.
// Parameters: rows: list of {group_id}, sorted
// Result: one row a group: group_id, model, dimension, removed_up_to, is_being_removed
UNWIND $rows AS row
MERGE (g:ConsumerGroup {group_id: row.group_id})
ON CREATE SET g.version = 0
SET g.locks = coalesce(g.locks, 0) + 1
RETURN g.group_id AS group_id, g.embedding_model AS model, g.dimension AS dimension,
       g.removed_up_to AS removed_up_to, coalesce(g.is_being_removed, false) AS is_being_removed
