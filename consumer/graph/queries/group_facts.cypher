// Purpose: a page of a group's facts in canonical order: those true at an instant, or those that began or ended
//          between two.
// Parameters: group_id, relations (names, null: all), as_of (text or null), since, until (texts or both null: after the
//             one and by the other), after (the place of the last fact before this page, null: from the start), limit
// Result: `rows`, some hundred a record: uuid, source, target, name, fact, episodes, valid_at, invalid_at, created_at,
//         expired_at (texts), place (list of texts)
WITH datetime($as_of) AS instant, datetime($since) AS since, datetime($until) AS until
MATCH (s:Entity)-[r:RELATES_TO {group_id: $group_id}]->(t:Entity)
WHERE ($relations IS NULL OR r.name IN $relations)
  AND (instant IS NULL OR ((r.valid_at IS NULL OR r.valid_at <= instant)
                           AND (r.invalid_at IS NULL OR r.invalid_at > instant)))
  AND (since IS NULL OR (r.valid_at > since AND r.valid_at <= until)
                     OR (r.invalid_at > since AND r.invalid_at <= until))
WITH s, r, t, [coalesce(s.name, ''), s.uuid, coalesce(r.name, ''), coalesce(t.name, ''), t.uuid, r.uuid] AS place
WHERE $after IS NULL OR place > $after
WITH s, r, t, place ORDER BY place LIMIT $limit
WITH collect({
  uuid: r.uuid, source: s.uuid, target: t.uuid, name: r.name, fact: r.fact, episodes: r.episodes,
  valid_at: toString(r.valid_at), invalid_at: toString(r.invalid_at),
  created_at: toString(r.created_at), expired_at: toString(r.expired_at), place: place
}) AS found
UNWIND range(0, size(found) - 1, 500) AS start
RETURN found[start..start + 500] AS rows
