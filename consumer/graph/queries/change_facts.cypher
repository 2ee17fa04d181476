// Purpose: widen, close or reopen facts.
// Parameters: rows: list of {uuid, valid_at, invalid_at, expired_at (texts or null), episodes}
// Result: none
UNWIND $rows AS row
MATCH ()-[r:RELATES_TO {uuid: row.uuid}]->()
SET r.valid_at = datetime(row.valid_at), r.invalid_at = datetime(row.invalid_at),
    r.expired_at = datetime(row.expired_at), r.episodes = row.episodes
