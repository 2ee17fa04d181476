// Purpose: forget the facts that were kept to sum entities up, since facts change and nobody sums up.
// Parameters: rows: list of {uuid}
// Result: none
UNWIND $rows AS row
MATCH (n:ConsumerName {uuid: row.uuid})
WHERE n.recent IS NOT NULL
REMOVE n.recent, n.has_older
