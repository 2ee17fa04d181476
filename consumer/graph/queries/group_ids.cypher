// Purpose: every group that holds anything.
// Parameters: none
// Result: `rows`: group ids, sorted
CALL () {
  MATCH (n:Episodic) RETURN n.group_id AS group_id
  UNION
  MATCH (n:Entity) RETURN n.group_id AS group_id
  UNION
  MATCH (n:Community) RETURN n.group_id AS group_id
  UNION
  MATCH (n:Saga) RETURN n.group_id AS group_id
}
WITH DISTINCT group_id ORDER BY group_id
RETURN collect(group_id) AS rows
