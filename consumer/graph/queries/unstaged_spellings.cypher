// Purpose: kept vectors of spellings that are not shown, not yet made anew by a model; the text is not here.
// Parameters: group_id, model (that makes them anew), prefix (of their places), limit
// Result: `rows`: uuid (of the name), entity (uuid), key (the property)
MATCH (e:Entity {group_id: $group_id})
CALL (e) {
  MATCH (n:ConsumerName {uuid: e.uuid}) RETURN n
  UNION ALL
  MATCH (n:ConsumerName {alias_of: e.uuid}) RETURN n
}
UNWIND [key IN keys(n) WHERE key STARTS WITH 'vector_'] AS key
WITH e, n, key
WHERE NOT EXISTS { MATCH (v:ConsumerVector {place: $prefix + n.uuid + '-' + key}) WHERE v.model = $model }
WITH e, n, key LIMIT $limit
RETURN collect({uuid: n.uuid, entity: e.uuid, key: key}) AS rows
