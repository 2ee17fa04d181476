// Purpose: which triples entities are in, whatever their dates, with the entities at the other end.
// Parameters: group_id, uuids, has_out, has_in (which side they are on), relations (names, null: all),
//             types (labels of the other end, null: all), exempt (uuids whose type does not matter),
//             most (facts of these relations looked at for an entity and side)
// Result: `rows`, one an entity: uuid, looked_at, triples: a list of {source, name, target} and
//         others: for each of them {uuid, name, labels, facts}; each triple as often as it has facts
UNWIND $uuids AS uuid
MATCH (e:Entity {uuid: uuid})
CALL (e) {
  CALL (e) {
    WITH e WHERE $has_out
    MATCH (e)-[r:RELATES_TO]->(other:Entity)
    WHERE r.group_id = $group_id AND ($relations IS NULL OR r.name IN $relations)
    WITH r, other LIMIT $most
    RETURN r, other
    UNION
    WITH e WHERE $has_in
    MATCH (e)<-[r:RELATES_TO]-(other:Entity)
    WHERE r.group_id = $group_id AND ($relations IS NULL OR r.name IN $relations)
    WITH r, other LIMIT $most
    RETURN r, other
  }
  WITH r, other,
    ($types IS NULL OR other.uuid IN $exempt OR any(label IN labels(other) WHERE label IN $types)) AS is_meant
  RETURN count(*) AS looked_at, collect(CASE WHEN is_meant THEN [r, other] END) AS found
}
RETURN collect({
  uuid: e.uuid, looked_at: looked_at,
  triples: [each IN found | {source: startNode(each[0]).uuid, name: each[0].name, target: endNode(each[0]).uuid}],
  others: [other IN [each IN found | each[1]] |
    {uuid: other.uuid, name: other.name, labels: labels(other), facts: COUNT { (other)-[:RELATES_TO]-() }}]
}) AS rows
