// Purpose: names and types of a group's entities, to count them by type and by key.
// Parameters: group_id
// Result: `rows`, one an entity: name, labels
MATCH (n:Entity {group_id: $group_id})
WITH collect(n) AS found
UNWIND range(0, size(found) - 1, 500) AS start
RETURN [n IN found[start..start + 500] | {name: n.name, labels: labels(n)}] AS rows
