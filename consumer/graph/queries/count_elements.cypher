// Purpose: how much a group holds.
// Parameters: group_id
// Result: `rows`, one: episodes, facts, invalidated_facts, sagas
RETURN [{
  episodes: COUNT { MATCH (:Episodic {group_id: $group_id}) },
  facts: COUNT { MATCH ()-[:RELATES_TO {group_id: $group_id}]->() },
  invalidated_facts: COUNT { MATCH ()-[r:RELATES_TO {group_id: $group_id}]->() WHERE r.invalid_at IS NOT NULL },
  sagas: COUNT { MATCH (:Saga {group_id: $group_id}) }
}] AS rows
