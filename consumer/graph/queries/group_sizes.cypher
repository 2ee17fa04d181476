// Purpose: how many facts, entities and episodes with vectors groups hold, counted up to a bound; and how many elements
//          the whole graph has.
// Parameters: group_ids, most (no group is counted further)
// Result: `rows`, one a group: [group_id, facts, entities, episodes]; all_facts, all_entities, all_episodes
UNWIND $group_ids AS group_id
CALL (group_id) {
  MATCH ()-[r:RELATES_TO {group_id: group_id}]->()
  WHERE r.fact_embedding IS NOT NULL
  WITH r LIMIT $most
  RETURN count(r) AS facts
}
CALL (group_id) {
  MATCH (e:Entity {group_id: group_id})
  WHERE e.name_embedding IS NOT NULL
  WITH e LIMIT $most
  RETURN count(e) AS entities
}
CALL (group_id) {
  MATCH (c:ConsumerEpisode {group_id: group_id})
  WHERE c.position IS NOT NULL AND c.content_embedding IS NOT NULL
  WITH c LIMIT $most
  RETURN count(c) AS episodes
}
WITH collect([group_id, facts, entities, episodes]) AS rows
RETURN rows, COUNT { ()-[:RELATES_TO]->() } AS all_facts, COUNT { (:Entity) } AS all_entities,
       COUNT { (:ConsumerEpisode) } AS all_episodes
