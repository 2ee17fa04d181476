// Purpose: the episodes right before and right after others: in their saga, else in the group's log.
// Parameters: uuids
// Result: `rows`: [uuid, neighbour's uuid]
UNWIND $uuids AS uuid
MATCH (p:Episodic {uuid: uuid})
CALL (p) {
  MATCH (p)-[:NEXT_EPISODE]-(n:Episodic)
  RETURN n.uuid AS neighbour
  UNION
  WITH p WHERE NOT EXISTS { (p)<-[:HAS_EPISODE]-() }
  MATCH (c:ConsumerEpisode {uuid: p.uuid})
  CALL (c) {
    MATCH (b:ConsumerEpisode {group_id: c.group_id})
    WHERE b.position < c.position AND NOT b.is_removed
    RETURN b.uuid AS neighbour ORDER BY b.position DESC LIMIT 1
    UNION ALL
    MATCH (a:ConsumerEpisode {group_id: c.group_id})
    WHERE a.position > c.position AND NOT a.is_removed
    RETURN a.uuid AS neighbour ORDER BY a.position LIMIT 1
  }
  RETURN neighbour
}
RETURN collect([p.uuid, neighbour]) AS rows
