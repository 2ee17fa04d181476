// Purpose: the groups that have entities which only Graphiti knows. Looks at every entity: for `episodes schema apply`.
// Parameters: none
// Result: `rows`, one a group: group_id, entities (how many)
MATCH (e:Entity)
WHERE e.group_id IS NOT NULL AND e.name IS NOT NULL AND NOT EXISTS { (:ConsumerName {uuid: e.uuid}) }
WITH e.group_id AS group_id, count(e) AS entities ORDER BY group_id
RETURN collect({group_id: group_id, entities: entities}) AS rows
