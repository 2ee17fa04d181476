// Purpose: the entities one step from others by facts, in both directions; of each entity a bounded number.
// Parameters: starts (uuids), width (facts of one entity at most), group_ids
// Result: `rows`: uuids, each once
UNWIND $starts AS start
MATCH (e:Entity {uuid: start})
WHERE e.group_id IN $group_ids
CALL (e) {
  MATCH (e)-[r:RELATES_TO]-(other:Entity)
  WHERE r.group_id IN $group_ids
  RETURN other LIMIT $width
}
RETURN collect(DISTINCT other.uuid) AS rows
