// Purpose: remember by id alone that episodes were removed, so that they do not come back.
// Parameters: rows: list of {uuid, properties}
// Result: none
UNWIND $rows AS row
MERGE (c:ConsumerEpisode {uuid: row.uuid})
SET c = row.properties
