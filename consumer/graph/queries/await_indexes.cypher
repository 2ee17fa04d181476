// Purpose: return when all indexes are online.
// Parameters: timeout_s
// Result: none
CALL db.awaitIndexes($timeout_s)
