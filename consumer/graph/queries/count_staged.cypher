// Purpose: how many vectors are staged for a group.
// Parameters: group_id
// Result: `rows`: one number
RETURN [COUNT { MATCH (v:ConsumerVector {group_id: $group_id}) WHERE v.kind IS NOT NULL }] AS rows
