// Purpose: take away the vectors of some of a group's names, of entities and communities.
// Parameters: group_id, limit
// Result: `rows`: one number (how many)
CALL () {
  MATCH (n:Entity {group_id: $group_id}) WHERE n.name_embedding IS NOT NULL RETURN n
  UNION ALL
  MATCH (n:Community {group_id: $group_id}) WHERE n.name_embedding IS NOT NULL RETURN n
}
WITH n LIMIT $limit
REMOVE n.name_embedding
RETURN [count(*)] AS rows
