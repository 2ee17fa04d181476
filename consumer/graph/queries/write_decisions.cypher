// Purpose: keep what somebody decided about pairs of names; a later decision on a pair replaces the earlier.
// Parameters: rows: list of {uuid, properties}
// Result: none
UNWIND $rows AS row
MERGE (d:ConsumerDecision {uuid: row.uuid})
SET d = row.properties
