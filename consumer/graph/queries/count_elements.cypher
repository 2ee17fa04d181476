// Purpose: how much a group holds.
// Parameters: group_id
// Result: one row: episodes, facts, invalidated_facts, sagas
RETURN
  COUNT { MATCH (:Episodic {group_id: $group_id}) } AS episodes,
  COUNT { MATCH ()-[:RELATES_TO {group_id: $group_id}]->() } AS facts,
  COUNT { MATCH ()-[r:RELATES_TO {group_id: $group_id}]->() WHERE r.invalid_at IS NOT NULL } AS invalidated_facts,
  COUNT { MATCH (:Saga {group_id: $group_id}) } AS sagas
