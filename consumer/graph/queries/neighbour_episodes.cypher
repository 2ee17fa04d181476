// Purpose: the episodes right before and right after others: in their saga, else in the group's log.
// Parameters: uuids;
//             conditions on the neighbours: group_ids, begun_by (text or null: told of that time or before), known_by
//             (text or null: in the log by then), episodes, sources, types, relations (null: any)
// Result: `rows`: [uuid, neighbour's uuid]
// Ordered by the group first, so that the order is that of the index and one entry is read instead of all.
UNWIND $uuids AS uuid
MATCH (o:Episodic {uuid: uuid})
CALL (o) {
  MATCH (o)-[:NEXT_EPISODE]-(n:Episodic)
  RETURN n.uuid AS neighbour
  UNION
  WITH o WHERE NOT EXISTS { (o)<-[:HAS_EPISODE]-() }
  MATCH (c:ConsumerEpisode {uuid: o.uuid})
  CALL (c) {
    MATCH (b:ConsumerEpisode {group_id: c.group_id})
    WHERE b.position < c.position AND NOT b.is_removed
    RETURN b.uuid AS neighbour ORDER BY b.group_id DESC, b.position DESC LIMIT 1
    UNION ALL
    MATCH (a:ConsumerEpisode {group_id: c.group_id})
    WHERE a.position > c.position AND NOT a.is_removed
    RETURN a.uuid AS neighbour ORDER BY a.group_id, a.position LIMIT 1
  }
  RETURN neighbour
}
MATCH (p:Episodic {uuid: neighbour})
WHERE
    // include: conditions_of_episodes
RETURN collect([uuid, neighbour]) AS rows
