// Purpose: episodes of groups, newest first by reference time, from a place on.
// Parameters: group_ids, before_at (text or null), before_uuid: the last one that was seen, limit, excerpt_chars
// Result: `rows`: uuid, group_id, event_id, name, source, source_description, excerpt, chars, reference_time,
//         created_at (texts), facts (how many)
UNWIND $group_ids AS group_id
MATCH (e:Episodic {group_id: group_id})
WHERE $before_at IS NULL OR e.valid_at < datetime($before_at)
   OR (e.valid_at = datetime($before_at) AND e.uuid < $before_uuid)
WITH e ORDER BY e.valid_at DESC, e.uuid DESC LIMIT $limit
OPTIONAL MATCH (c:ConsumerEpisode {uuid: e.uuid})
RETURN collect({
  uuid: e.uuid, group_id: e.group_id, event_id: coalesce(c.event_id, ''), name: e.name, source: e.source,
  source_description: e.source_description, excerpt: left(e.content, $excerpt_chars), chars: size(e.content),
  reference_time: toString(e.valid_at), created_at: toString(e.created_at), facts: size(coalesce(e.entity_edges, []))
}) AS rows
