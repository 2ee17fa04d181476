// Purpose: every index there is.
// Parameters: none
// Result: one row an index: name, state, kind, targets, properties, constraint (name or null), config
SHOW INDEXES YIELD name, state, type, labelsOrTypes, properties, owningConstraint, options
RETURN name, state, type AS kind, labelsOrTypes AS targets, properties, owningConstraint AS constraint,
       options.indexConfig AS config
