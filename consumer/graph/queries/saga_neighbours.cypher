// Purpose: the stored places next to those that come or go in sagas.
// Parameters: rows: list of {pivot, saga (lower bound of its places), end (upper bound)}; removed: places that go
// Result: `rows`, one a pivot: pivot, before, after (places or null)
UNWIND $rows AS row
CALL (row) {
  OPTIONAL MATCH (c:ConsumerEpisode)
  WHERE c.saga_place > row.saga AND c.saga_place < row.pivot AND NOT c.saga_place IN $removed
  RETURN c.saga_place AS before
  ORDER BY c.saga_place DESC LIMIT 1
}
CALL (row) {
  OPTIONAL MATCH (c:ConsumerEpisode)
  WHERE c.saga_place > row.pivot AND c.saga_place < row.end AND NOT c.saga_place IN $removed
  RETURN c.saga_place AS after
  ORDER BY c.saga_place LIMIT 1
}
RETURN collect({pivot: row.pivot, before: before, after: after}) AS rows
