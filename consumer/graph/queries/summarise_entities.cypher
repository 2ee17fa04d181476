// Purpose: sum up entities whose facts are not kept, or too few of them: what was said of them (kept with their first
//          name), then the sentences of the facts that nothing has ended, those that began last first; and keep these.
//          Parameters of the limits are those of graph/summaries.py.
// Parameters: rows: list of {uuid}
// Result: none
UNWIND $rows AS row
MATCH (e:Entity {uuid: row.uuid})
MATCH (n:ConsumerName {uuid: row.uuid})
CALL (e) {
  CALL (e) {
    MATCH (e)-[r:RELATES_TO]->()
    RETURN r
    UNION
    MATCH (e)<-[r:RELATES_TO]-()
    RETURN r
  }
  WITH r WHERE r.invalid_at IS NULL AND r.group_id = e.group_id
  ORDER BY r.valid_at DESC, r.created_at DESC, r.uuid
  LIMIT 13
  RETURN collect(r.fact) AS sentences, collect(
    toString(62135596800000000 + r.valid_at.epochSeconds * 1000000 + r.valid_at.microsecond) + '|' +
    toString(62135596800000000 + r.created_at.epochSeconds * 1000000 + r.created_at.microsecond) + '|' +
    r.uuid + '|' + r.fact) AS recent
}
WITH e, n, sentences, recent, reduce(text = coalesce(n.description, ''), sentence IN sentences[..8] |
  CASE WHEN text CONTAINS sentence OR size(text) + 1 + size(sentence) > 1000 THEN text
       WHEN text = '' THEN sentence
       ELSE text + ' ' + sentence END) AS summary
SET n.recent = CASE WHEN size(recent) = size(sentences) THEN recent[..12] END, n.has_older = size(sentences) > 12
WITH e, summary
WHERE e.summary <> summary
SET e.summary = summary
