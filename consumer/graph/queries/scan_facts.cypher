// Purpose: facts near a vector, best first, by comparing every fact of the groups: exact, for small groups, and for
//          servers and dimensions without a usable vector index.
// Parameters: vector, dimension, limit;
//             conditions: group_ids, alive_at (text or null: not over then), begun_by (text or null: begun by then),
//             known_by (text or null: in the log by then), relations, types, episodes, sources (null: any)
// Result: `rows`, best first: [uuid, score, subject's uuid, object's uuid]
// A vector of zeros, which others may have written, would be an error of the whole query: it is near to nothing.
UNWIND $group_ids AS group_id
MATCH ()-[r:RELATES_TO {group_id: group_id}]->()
WHERE size(r.fact_embedding) = $dimension AND
    // include: conditions_of_facts
WITH r, CASE WHEN any(x IN r.fact_embedding WHERE abs(x) > 0) THEN vector.similarity.cosine(r.fact_embedding, $vector) END AS score
WHERE score IS NOT NULL
ORDER BY score DESC, r.uuid
LIMIT $limit
RETURN collect([r.uuid, score, startNode(r).uuid, endNode(r).uuid]) AS rows
