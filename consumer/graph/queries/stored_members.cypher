// Purpose: who is in a group's communities, entities and communities.
// Parameters: group_id
// Result: `rows`, some hundred a record: community, member, relationship (uuids), whether the member is a community
MATCH (c:Community {group_id: $group_id})-[r:HAS_MEMBER]->(m)
WITH collect([c.uuid, m.uuid, r.uuid, m:Community]) AS found
UNWIND range(0, size(found) - 1, 500) AS start
RETURN found[start..start + 500] AS rows
