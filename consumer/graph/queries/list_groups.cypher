// Purpose: groups that hold something, in order of their ids, with how much each holds.
// Parameters: after: the last group id that was seen (empty: from the start), limit
// Result: `rows`: group_id, episodes, entities, facts, model (of its vectors, or null)
MATCH (g:ConsumerGroup)
WHERE g.group_id > $after
WITH g ORDER BY g.group_id
WITH g.group_id AS group_id, g.embedding_model AS model,
     COUNT { MATCH (:Episodic {group_id: g.group_id}) } AS episodes,
     COUNT { MATCH (:Entity {group_id: g.group_id}) } AS entities
WHERE episodes + entities > 0
WITH group_id, model, episodes, entities LIMIT $limit
RETURN collect({group_id: group_id, model: model, episodes: episodes, entities: entities,
                facts: COUNT { MATCH ()-[:RELATES_TO {group_id: group_id}]->() }}) AS rows
