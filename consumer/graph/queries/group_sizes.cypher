// Purpose: how many facts and entities groups hold, counted up to a bound; and how many the whole graph holds.
// Parameters: group_ids, most (no group is counted further)
// Result: `rows`, one a group: [group_id, facts, entities]; all_facts, all_entities
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
WITH collect([group_id, facts, entities]) AS rows
RETURN rows, COUNT { ()-[:RELATES_TO]->() } AS all_facts, COUNT { (:Entity) } AS all_entities
