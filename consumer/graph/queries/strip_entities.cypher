// Purpose: take what we know of entities away from those that stay only because somebody else's episodes mention them or
//          somebody else's facts name them: their name alone is left.
// Parameters: rows: list of {uuid, properties (nulls, and the empty summary), labels (to take away)}
// Result: none
UNWIND $rows AS row
MATCH (e:Entity {uuid: row.uuid})
REMOVE e:$(row.labels)
SET e += row.properties
