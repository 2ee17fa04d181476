// Purpose: facts around entities, up to two steps away, in both directions; of each entity the newest, to a bound.
// Parameters: starts (uuids of entities), width (facts of one entity at most), looked_at (of
//             one entity before the conditions), most (entities of the second step, 0: one step only);
//             conditions: group_ids, alive_at (text or null: not over then), begun_by (text or null: begun by then),
//             known_by (text or null: in the log by then), relations, types, episodes, sources (null: any)
// Result: `rows`: [uuid, the entity it was reached from, the entity it leads to, its step (1 or 2)]
CALL () {
  UNWIND $starts AS start
  MATCH (e:Entity {uuid: start})
  WHERE e.group_id IN $group_ids
  RETURN collect(e) AS entities
}
CALL (entities) {
  UNWIND entities AS e
  CALL (e) {
    MATCH (e)-[r:RELATES_TO]-(other:Entity)
    WITH r, other LIMIT $looked_at
    WHERE
    // include: conditions_of_facts
    RETURN r, other ORDER BY r.created_at DESC, r.uuid LIMIT $width
  }
  RETURN collect([r.uuid, e.uuid, other.uuid, 1]) AS first, collect(DISTINCT other)[0..$most] AS others
}
CALL (entities, others) {
  UNWIND others AS e
  WITH e WHERE NOT e IN entities
  CALL (e) {
    MATCH (e)-[r:RELATES_TO]-(other:Entity)
    WITH r, other LIMIT $looked_at
    WHERE
    // include: conditions_of_facts
    RETURN r, other ORDER BY r.created_at DESC, r.uuid LIMIT $width
  }
  RETURN collect([r.uuid, e.uuid, other.uuid, 2]) AS second
}
RETURN first + second AS rows
