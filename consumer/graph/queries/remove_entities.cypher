// Purpose: take away entities that nobody mentions and no fact (of ours or of Graphiti) names.
// Parameters: rows: list of {uuid}
// Result: none
UNWIND $rows AS row
MATCH (e:Entity {uuid: row.uuid})
WHERE NOT EXISTS { (e)<-[:MENTIONS]-() } AND NOT EXISTS { (e)-[:RELATES_TO]-() }
DETACH DELETE e
