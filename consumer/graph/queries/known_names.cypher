// Purpose: the names that a batch has or changes, each with all names of its entity, and names that share blocks.
// Parameters: keys: map of uuids (of names), firsts: list of {uuid, forms, persons} (the blocks of a name that the batch has:
//             searched only if it is not known), forms and persons (blocks). One map, because the server plans a query
//             anew for each order of magnitude of each list.
// Result: `rows`, one a name: uuid, group_id, state (JSON), is_embedded, alias_of, alias_via, alias_reason, alias_score,
//         spelling_keys, is_there (false of a name whose entity Graphiti had made and has taken away)
// Each told name is sought once: what follows begins from the nodes found, and blocks only from what was not.
UNWIND $keys.uuids AS uuid
OPTIONAL MATCH (n:ConsumerName {uuid: uuid})
WITH collect(n) AS told, collect(CASE WHEN n IS NULL THEN uuid END) AS unknown
WITH told, [first IN $keys.firsts WHERE first.uuid IN unknown] AS firsts
CALL (told, firsts) {
  UNWIND told AS m
  RETURN m
  UNION
  UNWIND [n IN told WHERE n.alias_of IS NOT NULL | n.alias_of] AS root
  MATCH (m:ConsumerName {uuid: root})
  RETURN m
  UNION
  UNWIND [n IN told | coalesce(n.alias_of, n.uuid)] AS root
  MATCH (m:ConsumerName {alias_of: root})
  RETURN m
  UNION
  UNWIND firsts AS first
  UNWIND first.forms AS block
  MATCH (m:ConsumerName {block_form: block})
  RETURN m
  UNION
  UNWIND firsts AS first
  UNWIND first.forms AS block
  MATCH (m:ConsumerName {block_other: block})
  RETURN m
  UNION
  UNWIND firsts AS first
  UNWIND first.persons AS block
  MATCH (m:ConsumerName {block_person: block})
  RETURN m
  UNION
  UNWIND $keys.forms AS block
  MATCH (m:ConsumerName {block_form: block})
  RETURN m
  UNION
  UNWIND $keys.forms AS block
  MATCH (m:ConsumerName {block_other: block})
  RETURN m
  UNION
  UNWIND $keys.persons AS block
  MATCH (m:ConsumerName {block_person: block})
  RETURN m
}
WITH collect(m {.uuid, .group_id, .state, .is_embedded, .alias_of, .alias_via, .alias_reason, .alias_score,
                spelling_keys: [key IN keys(m) WHERE key STARTS WITH 'vector_'],
                is_there: m.is_adopted IS NULL OR EXISTS { (:Entity {uuid: m.uuid}) }}) AS found
UNWIND range(0, size(found) - 1, 500) AS start
RETURN found[start..start + 500] AS rows
