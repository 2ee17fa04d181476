// Purpose: change what we say of entities that Graphiti made, and our nodes of their names.
// Parameters: rows: list of {uuid, properties (a null is taken away), labels, old_labels, name}
// Result: none
UNWIND $rows AS row
MATCH (e:Entity {uuid: row.uuid})
REMOVE e:$(row.old_labels)
SET e:$(row.labels), e += row.properties
WITH row
MATCH (n:ConsumerName {uuid: row.uuid})
SET n += row.name
