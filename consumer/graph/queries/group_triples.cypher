// Purpose: a page of the triples that a group has facts of, whatever their dates, in canonical order.
// Parameters: group_id, relations (names, null: all), after (the place of the last triple before this page, null: from
//             the start), limit
// Result: `rows`, some hundred a record: source, name, target, place (list of texts), is_both_ways (whether there are
//         facts of the same name the other way round)
MATCH (s:Entity)-[r:RELATES_TO {group_id: $group_id}]->(t:Entity)
WHERE $relations IS NULL OR r.name IN $relations
WITH DISTINCT s, r.name AS name, t
WITH s, name, t, [coalesce(s.name, ''), s.uuid, coalesce(name, ''), coalesce(t.name, ''), t.uuid] AS place
WHERE $after IS NULL OR place > $after
WITH s, name, t, place ORDER BY place LIMIT $limit
WITH collect({source: s.uuid, name: name, target: t.uuid, place: place,
              is_both_ways: EXISTS { (t)-[:RELATES_TO {name: name}]->(s) }}) AS found
UNWIND range(0, size(found) - 1, 500) AS start
RETURN found[start..start + 500] AS rows
