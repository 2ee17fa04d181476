// Purpose: facts whose vector is not yet made anew by a model.
// Parameters: group_id, model (that makes them anew), prefix (of their places), limit
// Result: `rows`: uuid, text
MATCH ()-[r:RELATES_TO {group_id: $group_id}]->()
WHERE r.fact_embedding IS NOT NULL
  AND NOT EXISTS { MATCH (v:ConsumerVector {place: $prefix + r.uuid}) WHERE v.model = $model AND v.text = r.fact }
WITH r LIMIT $limit
RETURN collect({uuid: r.uuid, text: r.fact}) AS rows
