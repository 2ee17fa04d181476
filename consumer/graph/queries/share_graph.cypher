// Purpose: note that Graphiti writes to a group too, so that a write looks among its entities.
// Parameters: group_id, node (name of the bookkeeping node), needs (the version that a program must know from now on)
// Result: none
MERGE (s:ConsumerSchema {name: $node})
ON CREATE SET s.version = 0, s.needs = 0, s.applied = []
SET s.needs = CASE WHEN s.needs < $needs THEN $needs ELSE s.needs END
MERGE (g:ConsumerGroup {group_id: $group_id})
ON CREATE SET g.version = 0
SET g.is_shared = true
