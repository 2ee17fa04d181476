// Purpose: the state of the entities that a batch mentions.
// Parameters: uuids: entity uuids
// Result: one row for each known: uuid, group_id, state (JSON), is_embedded, spelling_keys
UNWIND $uuids AS uuid
MATCH (n:ConsumerName {uuid: uuid})
RETURN n.uuid AS uuid, n.group_id AS group_id, n.state AS state, n.is_embedded AS is_embedded,
       [key IN keys(n) WHERE key STARTS WITH 'vector_'] AS spelling_keys
