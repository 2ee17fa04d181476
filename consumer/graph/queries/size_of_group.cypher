// Purpose: how much one group holds, whoever wrote it.
// Parameters: group_id
// Result: `rows`, one: group_id, episodes, entities, facts, model (of its vectors, or null)
OPTIONAL MATCH (g:ConsumerGroup {group_id: $group_id})
RETURN [{
  group_id: $group_id, model: g.embedding_model,
  episodes: COUNT { MATCH (:Episodic {group_id: $group_id}) },
  entities: COUNT { MATCH (:Entity {group_id: $group_id}) },
  facts: COUNT { MATCH ()-[:RELATES_TO {group_id: $group_id}]->() }
}] AS rows
