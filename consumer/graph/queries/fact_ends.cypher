// Purpose: the triples of facts, to find out what was known of them.
// Parameters: uuids, group_ids
// Result: `rows`, one a fact: uuid, group_id, source, name, target, names (pairs of uuid and name)
UNWIND $uuids AS uuid
MATCH (s:Entity)-[r:RELATES_TO {uuid: uuid}]->(t:Entity)
WHERE r.group_id IN $group_ids
RETURN collect({uuid: r.uuid, group_id: r.group_id, source: s.uuid, name: r.name, target: t.uuid,
  names: [[s.uuid, s.name], [t.uuid, t.name]]}) AS rows
