// Purpose: the episodes that facts come from, and the latest of those that mention entities.
// Parameters: facts, entities (uuids), width (episodes of one entity at most);
//             conditions: group_ids, begun_by (text or null: told of that time or before), known_by (text or null: in
//             the log by then), episodes, sources, types, relations (null: any)
// Result: `rows`: [uuid of the fact or entity, how many mention it, uuids of its episodes]
CALL () {
  UNWIND $facts AS uuid
  MATCH ()-[r:RELATES_TO {uuid: uuid}]->()
  RETURN uuid, size(r.episodes) AS mentions, COLLECT {
    UNWIND r.episodes AS episode
    MATCH (p:Episodic {uuid: episode})
    WHERE
    // include: conditions_of_episodes
    RETURN p.uuid
  } AS found
  UNION ALL
  UNWIND $entities AS uuid
  MATCH (e:Entity {uuid: uuid})
  RETURN uuid, COUNT { (e)<-[:MENTIONS]-() } AS mentions, COLLECT {
    MATCH (e)<-[:MENTIONS]-(p:Episodic)
    WHERE
    // include: conditions_of_episodes
    RETURN p.uuid ORDER BY p.valid_at DESC, p.uuid LIMIT $width
  } AS found
}
RETURN collect([uuid, mentions, found]) AS rows
