// Purpose: forget some of what somebody decided about the names of a group.
// Parameters: group_id, limit
// Result: `rows`: one number (how many)
MATCH (d:ConsumerDecision {group_id: $group_id})
WITH d LIMIT $limit
DELETE d
RETURN [count(*)] AS rows
