// Purpose: groups that hold vectors of which nobody recorded the model: Graphiti wrote them.
// Parameters: none
// Result: `rows`, one a group: group_id, dimension (of one of its vectors)
MATCH (e:Entity)
WHERE e.group_id IS NOT NULL
WITH DISTINCT e.group_id AS group_id
WHERE NOT EXISTS { MATCH (g:ConsumerGroup {group_id: group_id}) WHERE g.embedding_model IS NOT NULL }
CALL (group_id) {
  MATCH (n:Entity {group_id: group_id})
  WHERE n.name_embedding IS NOT NULL
  RETURN size(n.name_embedding) AS dimension LIMIT 1
}
WITH group_id, dimension ORDER BY group_id
RETURN collect({group_id: group_id, dimension: dimension}) AS rows
