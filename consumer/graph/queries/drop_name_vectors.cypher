// Purpose: take away the vectors of spellings nobody uses, and the entity's own when its name has none.
// Parameters: rows: list of {uuid, keys, is_embedded (true for an alias: the entity of its uuid is none of ours)}
// Result: none
UNWIND $rows AS row
MATCH (n:ConsumerName {uuid: row.uuid})
OPTIONAL MATCH (e:Entity {uuid: row.uuid})
FOREACH (key IN row.keys | REMOVE n[key])
FOREACH (_ IN CASE WHEN row.is_embedded OR e IS NULL THEN [] ELSE [1] END | REMOVE e.name_embedding)
