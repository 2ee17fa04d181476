// Purpose: the dimensions of vectors that groups hold.
// Parameters: none
// Result: `rows`: numbers
MATCH (g:ConsumerGroup)
WHERE g.dimension IS NOT NULL
RETURN collect(DISTINCT g.dimension) AS rows
