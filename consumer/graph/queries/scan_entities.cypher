// Purpose: entities whose name is near a vector, best first, by comparing every entity of the groups.
// Parameters: vector, dimension, limit;
//             conditions: group_ids, known_by (text or null: in the log by then), types, relations, episodes, sources
//             (null: any)
// Result: `rows`, best first: [uuid, score]
// A vector of zeros, which others may have written, would be an error of the whole query: it is near to nothing.
UNWIND $group_ids AS group_id
MATCH (e:Entity {group_id: group_id})
WHERE size(e.name_embedding) = $dimension AND
    // include: conditions_of_entities
WITH e, CASE WHEN any(x IN e.name_embedding WHERE abs(x) > 0) THEN vector.similarity.cosine(e.name_embedding, $vector) END AS score
WHERE score IS NOT NULL
ORDER BY score DESC, e.uuid
LIMIT $limit
RETURN collect([e.uuid, score]) AS rows
