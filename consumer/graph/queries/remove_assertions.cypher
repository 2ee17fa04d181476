// Purpose: forget what removed episodes claimed.
// Parameters: rows: list of {triple, episode}
// Result: none
UNWIND $rows AS row
MATCH (a:ConsumerAssertion {triple: row.triple})
WHERE a.episode = row.episode
DETACH DELETE a
