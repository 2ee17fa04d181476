// Purpose: which episodes are there or were removed; the details of those that are to go.
// Parameters: rows: list of {uuid, group_id, is_going}
// Result: one row for each known: uuid, group_id, is_removed and, for those going, position, mentions, triple_keys, saga_place
UNWIND $rows AS row
MATCH (c:ConsumerEpisode {uuid: row.uuid})
WHERE c.group_id = row.group_id
WITH c, row.is_going AND NOT c.is_removed AS is_going
RETURN c.uuid AS uuid, c.group_id AS group_id, c.is_removed AS is_removed,
       CASE WHEN is_going THEN c.position END AS position,
       CASE WHEN is_going THEN c.mentions END AS mentions,
       CASE WHEN is_going THEN c.triple_keys END AS triple_keys,
       CASE WHEN is_going THEN c.saga_place END AS saga_place
