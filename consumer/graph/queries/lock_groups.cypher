// Purpose: take the lock of each group, in order, and read what it says; a group's writes are serial from here on.
// Parameters: rows: list of {group_id}, sorted
// Result: `rows`, one a group: group_id, model, dimension, removals (texts or null), is_being_removed, decisions (how many),
//         is_shared (Graphiti writes to it too), and where its vectors are being changed switching_to,
//         switching_dimension, has_old_vectors
// A blind SET: one that reads the property it sets makes the server take a second lock on the node, in another order
// than the transaction that holds it does when it sets its counters: every second writer then ended in a deadlock.
UNWIND $rows AS row
MERGE (g:ConsumerGroup {group_id: row.group_id})
ON CREATE SET g.version = 0
SET g.locks = 1
RETURN collect({group_id: g.group_id, model: g.embedding_model, dimension: g.dimension, removals: g.removals,
                is_being_removed: coalesce(g.is_being_removed, false), decisions: coalesce(g.decisions, 0),
                is_shared: coalesce(g.is_shared, false), switching_to: g.switching_to, switching_dimension: g.switching_dimension,
                has_old_vectors: coalesce(g.has_old_vectors, false)}) AS rows
