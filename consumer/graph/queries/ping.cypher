// Purpose: whether the database answers.
// Parameters: none
// Result: `rows`, one: true
RETURN [true] AS rows
