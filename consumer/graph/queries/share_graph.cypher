// Purpose: note that Graphiti writes to this database too, so that a write looks among its entities.
// Parameters: node (name of the bookkeeping node), needs (the version that a program must know from now on)
// Result: none
MERGE (s:ConsumerSchema {name: $node})
ON CREATE SET s.version = 0, s.needs = 0, s.applied = []
SET s.is_shared = true, s.needs = CASE WHEN s.needs < $needs THEN $needs ELSE s.needs END
