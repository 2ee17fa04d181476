// Purpose: the state of the entities that a batch mentions.
// Parameters: uuids: entity uuids
// Result: `rows`, one for each known: uuid, group_id, state (JSON), is_embedded, spelling_keys
UNWIND $uuids AS uuid
MATCH (n:ConsumerName {uuid: uuid})
WITH collect(n {.uuid, .group_id, .state, .is_embedded,
                spelling_keys: [key IN keys(n) WHERE key STARTS WITH 'vector_']}) AS found
UNWIND range(0, size(found) - 1, 500) AS start
RETURN found[start..start + 500] AS rows
