// Purpose: which episodes need not be extracted: they are there, or they were removed.
// Parameters: rows: list of {uuid, group_id}
// Result: `rows`: the uuids of the known
UNWIND $rows AS row
MATCH (c:ConsumerEpisode {uuid: row.uuid})
WHERE c.group_id = row.group_id
RETURN collect(c.uuid) AS rows
