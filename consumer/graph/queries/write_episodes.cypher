// Purpose: write episodes and that they are there.
// Parameters: rows: list of {uuid, properties, valid_at, created_at (texts), bookkeeping}
// Result: none
UNWIND $rows AS row
MERGE (e:Episodic {uuid: row.uuid})
SET e = row.properties, e.valid_at = datetime(row.valid_at), e.created_at = datetime(row.created_at)
MERGE (c:ConsumerEpisode {uuid: row.uuid})
SET c = row.bookkeeping
