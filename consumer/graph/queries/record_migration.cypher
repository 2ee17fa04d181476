// Purpose: note that a migration was done; the second of two that did it at once changes nothing,
//          since it waits for the first one's lock before it looks.
// Parameters: node (name of the bookkeeping node), version, needs, told (text: version, when, by which release)
// Result: `rows`: one number, the version from now on
MERGE (s:ConsumerSchema {name: $node})
ON CREATE SET s.version = 0, s.needs = 0, s.applied = []
SET s.locks = coalesce(s.locks, 0) + 1
WITH s, s.version < $version AS is_new
SET s.applied = CASE WHEN is_new THEN s.applied + $told ELSE s.applied END,
    s.needs = CASE WHEN is_new AND s.needs < $needs THEN $needs ELSE s.needs END,
    s.version = CASE WHEN is_new THEN $version ELSE s.version END
RETURN [s.version] AS rows
