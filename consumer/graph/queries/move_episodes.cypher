// Purpose: keep the keys of the triples that an episode asserts, after its assertions moved.
// Parameters: rows: list of {uuid, triple_keys}
// Result: none
UNWIND $rows AS row
MATCH (c:ConsumerEpisode {uuid: row.uuid})
SET c.triple_keys = row.triple_keys
