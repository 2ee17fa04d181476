// Purpose: how many vectors are staged for a group.
// Parameters: group_id
// Result: `rows`: one number
RETURN [COUNT { MATCH (:ConsumerVector {group_id: $group_id}) }] AS rows
