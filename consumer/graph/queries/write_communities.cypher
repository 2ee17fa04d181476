// Purpose: create or change communities; one whose name is another loses its vector.
// Parameters: rows: list of {uuid, group_id, name, summary, created_ms}
// Result: none
UNWIND $rows AS row
MERGE (c:Community {uuid: row.uuid})
SET c.name_embedding = CASE WHEN c.name = row.name THEN c.name_embedding ELSE null END
SET c.name = row.name, c.group_id = row.group_id, c.summary = row.summary,
    c.created_at = datetime({epochMillis: row.created_ms})
