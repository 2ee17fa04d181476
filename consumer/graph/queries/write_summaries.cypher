// Purpose: write the summaries of entities that nothing else changes of, and the facts that are kept to sum them up.
// Parameters: rows: list of {uuid, summary (null: as it is), recent, has_older}
// Result: none
UNWIND $rows AS row
MATCH (n:ConsumerName {uuid: row.uuid})
SET n.recent = row.recent, n.has_older = row.has_older
WITH row
WHERE row.summary IS NOT NULL
MATCH (e:Entity {uuid: row.uuid})
SET e.summary = row.summary
