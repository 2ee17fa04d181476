// Purpose: give assertions other ends, because a name that they were said under belongs to another entity.
// Parameters: rows: list of {triple (as it was), episode, ordinal, properties}; a null property is taken away
// Result: none
UNWIND $rows AS row
MATCH (a:ConsumerAssertion {triple: row.triple})
WHERE a.episode = row.episode AND a.ordinal = row.ordinal
SET a += row.properties
