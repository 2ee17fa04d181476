// Purpose: the names of a group that are aliases, each with the first name of its entity.
// Parameters: group_id
// Result: `rows`, some hundred a record, one a name: uuid, group_id, state (JSON), is_embedded, alias_of, alias_via,
//         alias_reason, alias_score, spelling_keys (empty)
MATCH (e:Entity {group_id: $group_id})
MATCH (a:ConsumerName {alias_of: e.uuid})
WITH e, collect(a) AS aliases
MATCH (n:ConsumerName {uuid: e.uuid})
UNWIND [n] + aliases AS m
WITH m ORDER BY m.uuid
WITH collect(m {.uuid, .group_id, .state, .is_embedded, .alias_of, .alias_via, .alias_reason, .alias_score,
                spelling_keys: []}) AS found
UNWIND range(0, size(found) - 1, 500) AS start
RETURN found[start..start + 500] AS rows
