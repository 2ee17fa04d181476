// Purpose: every index there is.
// Parameters: none
// Result: `rows`, one an index: name, state, population (percent), kind, targets, properties, constraint (name or null), config
SHOW INDEXES YIELD name, state, populationPercent, type, labelsOrTypes, properties, owningConstraint, options
RETURN collect({name: name, state: state, population: populationPercent, kind: type, targets: labelsOrTypes,
                properties: properties, constraint: owningConstraint, config: options.indexConfig}) AS rows
