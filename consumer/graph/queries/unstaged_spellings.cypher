// Purpose: kept vectors of spellings that are not shown, not yet made anew by a model; the text is not here.
// Parameters: group_id, model (that makes them anew), prefix (of their places), limit
// Result: `rows`: uuid (of the entity), key (the property)
MATCH (e:Entity {group_id: $group_id})
MATCH (n:ConsumerName {uuid: e.uuid})
UNWIND [key IN keys(n) WHERE key STARTS WITH 'vector_'] AS key
WITH n, key
WHERE NOT EXISTS { MATCH (v:ConsumerVector {place: $prefix + n.uuid + '-' + key}) WHERE v.model = $model }
WITH n, key LIMIT $limit
RETURN collect({uuid: n.uuid, key: key}) AS rows
