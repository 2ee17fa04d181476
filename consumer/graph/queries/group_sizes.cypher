// Purpose: how many facts, entities and episodes groups hold, counted up to a bound; and how many the whole graph holds.
// Parameters: group_ids, most (no group is counted further)
// Result: `rows`, one a group: [group_id, facts, entities, episodes]; all_facts, all_entities, all_episodes
UNWIND $group_ids AS group_id
CALL (group_id) {
  MATCH ()-[r:RELATES_TO {group_id: group_id}]->()
  WITH r LIMIT $most
  RETURN count(r) AS facts
}
CALL (group_id) {
  MATCH (e:Entity {group_id: group_id})
  WITH e LIMIT $most
  RETURN count(e) AS entities
}
CALL (group_id) {
  MATCH (p:Episodic {group_id: group_id})
  WITH p LIMIT $most
  RETURN count(p) AS episodes
}
WITH collect([group_id, facts, entities, episodes]) AS rows
RETURN rows, COUNT { ()-[:RELATES_TO]->() } AS all_facts, COUNT { (:Entity) } AS all_entities,
       COUNT { (:Episodic) } AS all_episodes
