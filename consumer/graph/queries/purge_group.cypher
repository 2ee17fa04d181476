// Purpose: forget a group: its lock, its version and which model its vectors are of.
// Parameters: group_id
// Result: `rows`: one number (how many)
MATCH (g:ConsumerGroup {group_id: $group_id})
DETACH DELETE g
RETURN [count(*)] AS rows
