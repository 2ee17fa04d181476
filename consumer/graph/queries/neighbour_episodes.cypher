// Purpose: the two episodes right before and the two right after others: in their saga, else in the group's log.
// Parameters: uuids;
//             conditions on the neighbours: group_ids, begun_by (text or null: told of that time or before), known_by
//             (text or null: in the log by then), episodes, sources, types, relations (null: any)
// Result: `rows`: [uuid, neighbour's uuid, steps between them]
// Ordered by the group first, so that the order is that of the index and two entries are read instead of all.
UNWIND $uuids AS uuid
MATCH (o:Episodic {uuid: uuid})
CALL (o) {
  MATCH (o)-[path:NEXT_EPISODE*1..2]-(n:Episodic)
  RETURN n.uuid AS neighbour, size(path) AS steps
  UNION
  WITH o WHERE NOT EXISTS { (o)<-[:HAS_EPISODE]-() }
  MATCH (c:ConsumerEpisode {uuid: o.uuid})
  CALL (c) {
    MATCH (b:ConsumerEpisode {group_id: c.group_id})
    WHERE b.position < c.position AND NOT b.is_removed
    WITH b ORDER BY b.group_id DESC, b.position DESC LIMIT 2
    RETURN collect(b.uuid) AS side
    UNION ALL
    MATCH (a:ConsumerEpisode {group_id: c.group_id})
    WHERE a.position > c.position AND NOT a.is_removed
    WITH a ORDER BY a.group_id, a.position LIMIT 2
    RETURN collect(a.uuid) AS side
  }
  UNWIND range(0, size(side) - 1) AS at
  RETURN side[at] AS neighbour, at + 1 AS steps
}
MATCH (p:Episodic {uuid: neighbour})
WHERE
    // include: conditions_of_episodes
RETURN collect([uuid, neighbour, steps]) AS rows
