// Purpose: which episodes need not be extracted: they are there, or they were removed.
// Parameters: rows: list of {uuid, group_id}
// Result: one row for each known: uuid
UNWIND $rows AS row
MATCH (c:ConsumerEpisode {uuid: row.uuid})
WHERE c.group_id = row.group_id
RETURN c.uuid AS uuid
