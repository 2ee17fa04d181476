// Purpose: kept vectors of sentences that no fact shows, not yet made anew by a model.
// Parameters: group_id, model (that makes them anew), prefix (of their places), limit
// Result: `rows`: triple, episode, ordinal, text
MATCH (c:ConsumerEpisode {group_id: $group_id})
WHERE c.position IS NOT NULL AND NOT c.is_removed
UNWIND c.triple_keys AS triple
WITH DISTINCT triple
MATCH (a:ConsumerAssertion {triple: triple})
WHERE a.vector IS NOT NULL AND NOT EXISTS {
  MATCH (v:ConsumerVector {place: $prefix + a.triple + '-' + a.episode + '-' + toString(a.ordinal)})
  WHERE v.model = $model AND v.text = a.sentence
}
WITH a LIMIT $limit
RETURN collect({triple: a.triple, episode: a.episode, ordinal: a.ordinal, text: a.sentence}) AS rows
