// Purpose: sum up entities: what was said of them (kept with their first name), then the sentences of the facts that
//          nothing has ended, those that began last first. A direction in which a hub has too many facts is left out.
// Parameters: rows: list of {uuid}
// Result: none
UNWIND $rows AS row
MATCH (e:Entity {uuid: row.uuid})
MATCH (n:ConsumerName {uuid: row.uuid})
CALL (e) {
  CALL (e) {
    WITH e WHERE COUNT { (e)-[:RELATES_TO]->() } <= 1000
    MATCH (e)-[r:RELATES_TO]->()
    RETURN r
    UNION
    WITH e WHERE COUNT { (e)<-[:RELATES_TO]-() } <= 1000
    MATCH (e)<-[r:RELATES_TO]-()
    RETURN r
  }
  WITH r WHERE r.invalid_at IS NULL AND r.group_id = e.group_id
  ORDER BY r.valid_at DESC, r.created_at DESC, r.uuid
  LIMIT 8
  RETURN collect(r.fact) AS sentences
}
WITH e, reduce(text = coalesce(n.description, ''), sentence IN sentences |
  CASE WHEN text CONTAINS sentence OR size(text) + 1 + size(sentence) > 1000 THEN text
       WHEN text = '' THEN sentence
       ELSE text + ' ' + sentence END) AS summary
WHERE e.summary <> summary
SET e.summary = summary
