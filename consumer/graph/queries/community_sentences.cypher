// Purpose: the sentences of some of a group's facts.
// Parameters: group_id, uuids
// Result: `rows`: uuid, sentence
UNWIND $uuids AS uuid
MATCH ()-[r:RELATES_TO {uuid: uuid}]->()
WHERE r.group_id = $group_id
RETURN collect([r.uuid, coalesce(r.fact, '')]) AS rows
