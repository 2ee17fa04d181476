// Purpose: episodes whose vector is not yet made anew by a model.
// Parameters: group_id, model (that makes them anew), prefix (of their places), limit
// Result: `rows`: uuid, text
MATCH (c:ConsumerEpisode {group_id: $group_id})
WHERE c.position IS NOT NULL AND c.content_embedding IS NOT NULL
  AND NOT EXISTS { MATCH (v:ConsumerVector {place: $prefix + c.uuid}) WHERE v.model = $model }
WITH c LIMIT $limit
OPTIONAL MATCH (e:Episodic {uuid: c.uuid})
RETURN collect({uuid: c.uuid, text: e.content}) AS rows
