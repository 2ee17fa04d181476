// Purpose: take away some of a group's entities and their name nodes.
// Parameters: group_id, limit
// Result: `rows`: one number (how many)
MATCH (e:Entity {group_id: $group_id})
WITH e LIMIT $limit
OPTIONAL MATCH (n:ConsumerName {uuid: e.uuid})
OPTIONAL MATCH (a:ConsumerName {alias_of: e.uuid})
WITH e, n, collect(a) AS aliases
FOREACH (a IN aliases | DELETE a)
DETACH DELETE e, n
RETURN [count(*)] AS rows
