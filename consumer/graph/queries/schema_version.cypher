// Purpose: which migrations this database has had.
// Parameters: node (name of the bookkeeping node)
// Result: `rows`, one if there were any: version, needs (the version that a program must know), applied (texts)
MATCH (s:ConsumerSchema {name: $node})
RETURN collect({version: s.version, needs: s.needs, applied: s.applied}) AS rows
