// Purpose: the dimensions of vectors that groups hold.
// Parameters: none
// Result: one row a dimension
MATCH (g:ConsumerGroup)
WHERE g.dimension IS NOT NULL
RETURN DISTINCT g.dimension AS dimension
