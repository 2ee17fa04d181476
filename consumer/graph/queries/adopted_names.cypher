// Purpose: the names of a group that were adopted.
// Parameters: group_id
// Result: `rows`, some hundred a record: uuid, name
MATCH (e:Entity {group_id: $group_id})
MATCH (n:ConsumerName {uuid: e.uuid})
WHERE n.is_adopted
WITH collect({uuid: e.uuid, name: e.name}) AS found
UNWIND range(0, size(found) - 1, 500) AS start
RETURN found[start..start + 500] AS rows
