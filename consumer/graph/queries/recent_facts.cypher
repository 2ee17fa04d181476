// Purpose: what is kept of entities to sum them up: what was said of them and the current facts that began last.
// Parameters: uuids
// Result: `rows`, one an entity that is there: uuid, description, recent (texts, null where not known), has_older
UNWIND $uuids AS uuid
MATCH (n:ConsumerName {uuid: uuid})
RETURN collect({uuid: uuid, description: n.description, recent: n.recent, has_older: n.has_older}) AS rows
