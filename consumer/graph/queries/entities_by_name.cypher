// Purpose: the entities of names: by the name's uuid, through aliases; or by the entity's own uuid, given as a name.
// Parameters: group_id, asked: list of {name, uuid (that the name has in the group)}
// Result: `rows`, one for each that is found: asked (the name), uuid, name, labels, facts (how many it is in)
UNWIND $asked AS each
OPTIONAL MATCH (n:ConsumerName {uuid: each.uuid})
OPTIONAL MATCH (e:Entity {uuid: coalesce(n.alias_of, each.uuid)})
OPTIONAL MATCH (given:Entity {uuid: each.name})
WITH each, coalesce(e, given) AS found
WHERE found.group_id = $group_id
RETURN collect({asked: each.name, uuid: found.uuid, name: found.name, labels: labels(found),
                facts: COUNT { (found)-[:RELATES_TO]-() }}) AS rows
