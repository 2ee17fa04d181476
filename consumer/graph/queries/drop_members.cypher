// Purpose: take members out of communities.
// Parameters: rows: list of {community, member} (uuids)
// Result: none
UNWIND $rows AS row
MATCH (c:Community {uuid: row.community})-[r:HAS_MEMBER]->(m)
WHERE m.uuid = row.member
DELETE r
