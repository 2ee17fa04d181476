// Purpose: which triples a group has facts of; every triple that an episode asserted has one.
// Parameters: group_id, entities (uuids that a fact is about, null: all), relation (its name, null: all)
// Result: `rows`, some hundred a record: source, name, target, names (pairs of uuid and name)
CALL () {
  WITH $entities AS entities WHERE entities IS NULL
  MATCH (s:Entity)-[r:RELATES_TO {group_id: $group_id}]->(t:Entity)
  RETURN s, r, t
  UNION
  UNWIND $entities AS uuid
  MATCH (s:Entity {uuid: uuid})-[r:RELATES_TO]->(t:Entity)
  RETURN s, r, t
  UNION
  UNWIND $entities AS uuid
  MATCH (t:Entity {uuid: uuid})<-[r:RELATES_TO]-(s:Entity)
  RETURN s, r, t
}
WITH s, r, t WHERE r.group_id = $group_id AND ($relation IS NULL OR r.name = $relation)
WITH DISTINCT s, r.name AS name, t
WITH collect({source: s.uuid, name: name, target: t.uuid, names: [[s.uuid, s.name], [t.uuid, t.name]]}) AS found
UNWIND range(0, size(found) - 1, 500) AS start
RETURN found[start..start + 500] AS rows
