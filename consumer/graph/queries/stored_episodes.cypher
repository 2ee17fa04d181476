// Purpose: which episodes are there or were removed; the details of those that are to go.
// Parameters: rows: list of {uuid, group_id, is_going}
// Result: `rows`, one for each known: uuid, group_id, is_removed, position and, for those going, mentions, triple_keys, saga_place
UNWIND $rows AS row
MATCH (c:ConsumerEpisode {uuid: row.uuid})
WHERE c.group_id = row.group_id
WITH c, row.is_going AND NOT c.is_removed AS is_going
RETURN collect(CASE
  WHEN is_going THEN c {.uuid, .group_id, .is_removed, .position, .mentions, .triple_keys, .saga_place}
  ELSE c {.uuid, .group_id, .is_removed, .position}
END) AS rows
