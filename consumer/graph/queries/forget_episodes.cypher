// Purpose: forget that episodes were there (their group's removal position keeps them away).
// Parameters: rows: list of {uuid}
// Result: none
UNWIND $rows AS row
MATCH (c:ConsumerEpisode {uuid: row.uuid})
DELETE c
