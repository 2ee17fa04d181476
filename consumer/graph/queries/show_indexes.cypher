// Purpose: every index there is.
// Parameters: none
// Result: `rows`, one an index: name, state, kind, targets, properties, constraint (name or null), config
SHOW INDEXES YIELD name, state, type, labelsOrTypes, properties, owningConstraint, options
RETURN collect({name: name, state: state, kind: type, targets: labelsOrTypes, properties: properties,
                constraint: owningConstraint, config: options.indexConfig}) AS rows
