// Purpose: entities of a group by name, from a place on.
// Parameters: group_id, after_name, after_uuid: the last one that was seen (empty: from the start), limit
// Result: `rows`: uuid, group_id, name, labels, summary, facts (how many)
MATCH (e:Entity {group_id: $group_id})
WHERE e.name > $after_name OR (e.name = $after_name AND e.uuid > $after_uuid)
WITH e ORDER BY e.name, e.uuid LIMIT $limit
RETURN collect({
  uuid: e.uuid, group_id: e.group_id, name: e.name, labels: labels(e), summary: e.summary,
  facts: COUNT { (e)-[:RELATES_TO]-() }
}) AS rows
