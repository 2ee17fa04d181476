// Purpose: forget names that nobody mentions.
// Parameters: rows: list of {uuid}
// Result: none
UNWIND $rows AS row
MATCH (n:ConsumerName {uuid: row.uuid})
DELETE n
