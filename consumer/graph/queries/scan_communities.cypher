// Purpose: communities whose name is near a vector, best first, by comparing those of the groups: there are few.
// Parameters: vector, dimension, limit;
//             conditions: group_ids, known_by (text or null: in the log by then), types (null: any)
// Result: `rows`, best first: [uuid, score]
// A vector of zeros, which others may have written, would be an error of the whole query: it is near to nothing.
UNWIND $group_ids AS group_id
MATCH (c:Community {group_id: group_id})
WHERE size(c.name_embedding) = $dimension AND
    // include: conditions_of_communities
WITH c, CASE WHEN any(x IN c.name_embedding WHERE abs(x) > 0) THEN vector.similarity.cosine(c.name_embedding, $vector) END AS score
WHERE score IS NOT NULL
ORDER BY score DESC, c.uuid
LIMIT $limit
RETURN collect([c.uuid, score]) AS rows
