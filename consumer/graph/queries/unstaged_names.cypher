// Purpose: names whose vector is not yet made anew by a model: of entities and communities.
// Parameters: group_id, model (that makes them anew), prefix (of their places), limit
// Result: `rows`: uuid, text
CALL () {
  MATCH (n:Entity {group_id: $group_id}) WHERE n.name_embedding IS NOT NULL RETURN n
  UNION ALL
  MATCH (n:Community {group_id: $group_id}) WHERE n.name_embedding IS NOT NULL RETURN n
}
WITH n
WHERE NOT EXISTS { MATCH (v:ConsumerVector {place: $prefix + n.uuid}) WHERE v.model = $model AND v.text = n.name }
WITH n LIMIT $limit
RETURN collect({uuid: n.uuid, text: n.name}) AS rows
