// Purpose: forget staged vectors of another model, and those whose element is gone, has another text or lost its vector.
// Parameters: group_id, model, places (only these are looked at; null: all of the group)
// Result: `rows`: one number (how many)
MATCH (v:ConsumerVector {group_id: $group_id})
WHERE v.kind IS NOT NULL AND ($places IS NULL OR v.place IN $places) AND (v.model <> $model OR NOT (
  EXISTS { MATCH (e:Entity {uuid: v.uuid}) WHERE e.name_embedding IS NOT NULL AND e.name = v.text }
  OR EXISTS { MATCH (c:Community {uuid: v.uuid}) WHERE c.name_embedding IS NOT NULL AND c.name = v.text }
  OR EXISTS { MATCH ()-[r:RELATES_TO {uuid: v.uuid}]->() WHERE r.fact_embedding IS NOT NULL AND r.fact = v.text }
  OR EXISTS { MATCH (p:ConsumerEpisode {uuid: v.uuid}) WHERE p.content_embedding IS NOT NULL }
  OR EXISTS { MATCH (n:ConsumerName {uuid: v.uuid}) WHERE v.key IS NOT NULL AND n[v.key] IS NOT NULL }
  OR EXISTS {
    MATCH (a:ConsumerAssertion {triple: v.triple})
    WHERE a.episode = v.episode AND a.ordinal = v.ordinal AND a.vector IS NOT NULL
  }
))
DELETE v
RETURN [count(*)] AS rows
