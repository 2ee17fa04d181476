// Purpose: the assertions that concern the touched histories, each once.
// Parameters: keys: map of triples, subject_sides, object_sides (every assertion is wanted) and exclusive_subjects,
//             exclusive_objects (only the exclusive starts are). One map, because the server plans a query anew for
//             each order of magnitude of each list.
// Result: `rows`, one an assertion: its properties (without its vector)
CALL () {
  UNWIND $keys.triples AS key
  MATCH (a:ConsumerAssertion {triple: key})
  RETURN a
  UNION
  UNWIND $keys.subject_sides AS key
  MATCH (a:ConsumerAssertion {subject_side: key})
  RETURN a
  UNION
  UNWIND $keys.object_sides AS key
  MATCH (a:ConsumerAssertion {object_side: key})
  RETURN a
  UNION
  UNWIND $keys.exclusive_subjects AS key
  MATCH (a:ConsumerAssertion {exclusive_subject: key})
  RETURN a
  UNION
  UNWIND $keys.exclusive_objects AS key
  MATCH (a:ConsumerAssertion {exclusive_object: key})
  RETURN a
}
WITH collect(a {.group_id, .subject, .relation, .object, .sentence, .valid_at, .invalid_at, .exclusive, .polarity,
                .episode, .reference_time, .position, .ordinal, .said_subject, .said_object, .is_symmetric, .is_turned,
                .instead_of, .fact, .fact_episodes, .fact_expired_at}) AS found
UNWIND range(0, size(found) - 1, 500) AS start
RETURN found[start..start + 500] AS rows
