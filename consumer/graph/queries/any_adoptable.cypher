// Purpose: whether some entity is known to Graphiti only. Looks at every entity where there is none.
// Parameters: none
// Result: `rows`: one uuid, or none
MATCH (e:Entity)
WHERE e.group_id IS NOT NULL AND e.name IS NOT NULL AND NOT EXISTS { (:ConsumerName {uuid: e.uuid}) }
WITH e LIMIT 1
RETURN collect(e.uuid) AS rows
