// Purpose: every group that holds anything.
// Parameters: none
// Result: one row a group: group_id
CALL () {
  MATCH (n:Episodic) RETURN n.group_id AS group_id
  UNION
  MATCH (n:Entity) RETURN n.group_id AS group_id
  UNION
  MATCH (n:Community) RETURN n.group_id AS group_id
  UNION
  MATCH (n:Saga) RETURN n.group_id AS group_id
}
RETURN DISTINCT group_id ORDER BY group_id
