// Purpose: the members of one community, with what a person wants to see of them.
// Parameters: group_id, uuid (of the community)
// Result: `rows`: uuid, name, labels, summary
MATCH (c:Community {uuid: $uuid})-[:HAS_MEMBER]->(m)
WHERE c.group_id = $group_id
WITH m ORDER BY m.name, m.uuid
RETURN collect({uuid: m.uuid, name: coalesce(m.name, ''), labels: labels(m), summary: coalesce(m.summary, '')}) AS rows
