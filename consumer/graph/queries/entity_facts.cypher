// Purpose: the facts that entities are in, of each those that began last, with the entities at the other end.
// Parameters: group_id, uuids, has_out, has_in (which side they are on), relations (names, null: all),
//             types (labels of the other end, null: all), exempt (uuids whose type does not matter),
//             as_of (text or null: true then), most (facts of these relations looked at for an entity and side),
//             width (facts given for an entity), is_lean (whether sentence and episodes are left out)
// Result: `rows`, one an entity: uuid, looked_at, matching (how many), facts: list of {uuid, source, target, name, fact,
//         episodes, valid_at, invalid_at, created_at, expired_at (texts)}, others: for each of them {uuid, name, labels,
//         facts}. No UNWIND of what was collected: each of its rows would count as large as the whole list.
WITH datetime($as_of) AS instant
UNWIND $uuids AS uuid
MATCH (e:Entity {uuid: uuid})
CALL (e, instant) {
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
    (instant IS NULL OR ((r.valid_at IS NULL OR r.valid_at <= instant)
                             AND (r.invalid_at IS NULL OR r.invalid_at > instant)))
    AND ($types IS NULL OR other.uuid IN $exempt OR any(label IN labels(other) WHERE label IN $types)) AS is_meant
  ORDER BY coalesce(r.valid_at, r.created_at) DESC, r.uuid
  RETURN count(*) AS looked_at, collect(CASE WHEN is_meant THEN [r, other] END) AS found
}
RETURN collect({
  uuid: e.uuid, looked_at: looked_at, matching: size(found),
  facts: [each IN found[..$width] | {
    uuid: each[0].uuid, source: startNode(each[0]).uuid, target: endNode(each[0]).uuid, name: each[0].name,
    fact: CASE WHEN $is_lean THEN null ELSE each[0].fact END,
    episodes: CASE WHEN $is_lean THEN null ELSE each[0].episodes END,
    valid_at: toString(each[0].valid_at), invalid_at: toString(each[0].invalid_at),
    created_at: toString(each[0].created_at), expired_at: toString(each[0].expired_at)
  }],
  others: [other IN [each IN found[..$width] | each[1]] |
    {uuid: other.uuid, name: other.name, labels: labels(other), facts: COUNT { (other)-[:RELATES_TO]-() }}]
}) AS rows
