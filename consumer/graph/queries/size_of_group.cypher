// Purpose: how much one group holds, whoever wrote it, and from when to when.
// Parameters: group_id
// Result: `rows`, one: group_id, episodes, entities, facts, model (of its vectors, or null), first_at, last_at (when its
//         first and its last fact begin; texts or null)
OPTIONAL MATCH (g:ConsumerGroup {group_id: $group_id})
CALL () {
  OPTIONAL MATCH ()-[r:RELATES_TO {group_id: $group_id}]->()
  RETURN count(r) AS facts, min(r.valid_at) AS first_at, max(r.valid_at) AS last_at
}
RETURN [{
  group_id: $group_id, model: g.embedding_model, facts: facts,
  first_at: toString(first_at), last_at: toString(last_at),
  episodes: COUNT { MATCH (:Episodic {group_id: $group_id}) },
  entities: COUNT { MATCH (:Entity {group_id: $group_id}) }
}] AS rows
