// Purpose: create or change entities, with their type label and our name node.
// Parameters: rows: list of {uuid, properties, created_at (text), labels, old_labels, name}; a null property is taken away
// Result: none
UNWIND $rows AS row
MERGE (e:Entity {uuid: row.uuid})
REMOVE e:$(row.old_labels)
SET e:$(row.labels), e += row.properties, e.created_at = datetime(row.created_at)
MERGE (n:ConsumerName {uuid: row.uuid})
SET n += row.name
