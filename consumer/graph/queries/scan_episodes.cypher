// Purpose: episodes whose content is near a vector, best first, by comparing every episode of the groups.
// Parameters: vector, dimension, limit;
//             conditions: group_ids, begun_by (text or null: told of that time or before), known_by (text or null: in
//             the log by then), episodes, sources, types, relations (null: any)
// Result: `rows`, best first: [uuid, score]
UNWIND $group_ids AS group_id
MATCH (c:ConsumerEpisode {group_id: group_id})
WHERE c.position IS NOT NULL AND size(c.content_embedding) = $dimension
MATCH (p:Episodic {uuid: c.uuid})
WHERE
    // include: conditions_of_episodes
WITH p, vector.similarity.cosine(c.content_embedding, $vector) AS score
ORDER BY score DESC, p.uuid
LIMIT $limit
RETURN collect([p.uuid, score]) AS rows
