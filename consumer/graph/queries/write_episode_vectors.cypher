// Purpose: set the vectors of episodes' content, on our node of the episode: Graphiti's has none.
// Parameters: rows: list of {uuid, vector}
// Result: none
UNWIND $rows AS row
MATCH (c:ConsumerEpisode {uuid: row.uuid})
CALL db.create.setNodeVectorProperty(c, 'content_embedding', row.vector)
