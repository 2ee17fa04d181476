// Purpose: write episodes and that they are there.
// Parameters: rows: list of {uuid, properties, bookkeeping}
// Result: none
UNWIND $rows AS row
MERGE (e:Episodic {uuid: row.uuid})
SET e = row.properties
MERGE (c:ConsumerEpisode {uuid: row.uuid})
SET c = row.bookkeeping
