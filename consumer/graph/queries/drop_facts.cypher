// Purpose: take away the vectors of some of a group's facts.
// Parameters: group_id, limit
// Result: `rows`: one number (how many)
MATCH ()-[r:RELATES_TO {group_id: $group_id}]->()
WHERE r.fact_embedding IS NOT NULL
WITH r LIMIT $limit
REMOVE r.fact_embedding
RETURN [count(*)] AS rows
