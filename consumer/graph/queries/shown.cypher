// Purpose: what is shown of everything that a search found, in one trip, and the groups right after.
// Parameters: facts, entities, episodes, communities (uuids), group_ids, state_ids (groups whose state is wanted),
//             excerpt_chars, most (episodes of one fact or entity at most)
// Result: `facts`: [uuid, group_id, fact, relation, subject, subject_uuid, object, object_uuid, valid_at, invalid_at (texts
//         or null), episodes]; `entities`: [uuid, group_id, name, labels, summary, episodes]; `episodes`: [uuid, group_id,
//         event_id, name, source, excerpt, reference_time]; `communities`: [uuid, group_id, name, summary];
//         `states` as in group_states; where episodes are lists of [uuid, name, excerpt, reference_time, event_id]
CALL () {
  UNWIND $facts AS uuid
  MATCH (s:Entity)-[r:RELATES_TO {uuid: uuid}]->(o:Entity)
  WHERE r.group_id IN $group_ids
  RETURN collect([r.uuid, r.group_id, r.fact, r.name, s.name, s.uuid, o.name, o.uuid,
    toString(r.valid_at), toString(r.invalid_at), COLLECT {
      UNWIND r.episodes[0..$most] AS episode
      MATCH (p:Episodic {uuid: episode})
      OPTIONAL MATCH (c:ConsumerEpisode {uuid: episode})
      RETURN [p.uuid, p.name, left(p.content, $excerpt_chars), toString(p.valid_at), c.event_id]
    }]) AS facts
}
CALL () {
  UNWIND $entities AS uuid
  MATCH (e:Entity {uuid: uuid})
  WHERE e.group_id IN $group_ids
  RETURN collect([e.uuid, e.group_id, e.name, labels(e), e.summary, COLLECT {
      MATCH (e)<-[:MENTIONS]-(p:Episodic)
      WITH p ORDER BY p.valid_at DESC, p.uuid LIMIT $most
      OPTIONAL MATCH (c:ConsumerEpisode {uuid: p.uuid})
      RETURN [p.uuid, p.name, left(p.content, $excerpt_chars), toString(p.valid_at), c.event_id]
    }]) AS entities
}
CALL () {
  UNWIND $episodes AS uuid
  MATCH (p:Episodic {uuid: uuid})
  WHERE p.group_id IN $group_ids
  OPTIONAL MATCH (c:ConsumerEpisode {uuid: uuid})
  RETURN collect([p.uuid, p.group_id, c.event_id, p.name, p.source, left(p.content, $excerpt_chars), toString(p.valid_at)])
    AS episodes
}
CALL () {
  UNWIND $communities AS uuid
  MATCH (m:Community {uuid: uuid})
  WHERE m.group_id IN $group_ids
  RETURN collect([m.uuid, m.group_id, m.name, m.summary]) AS communities
}
RETURN facts, entities, episodes, communities, COLLECT {
  UNWIND $state_ids AS group_id
  MATCH (g:ConsumerGroup {group_id: group_id})
  RETURN [g.group_id, coalesce(g.version, 0), g.embedding_model, g.dimension,
    g.switching_to IS NOT NULL OR coalesce(g.is_being_removed, false)]
} AS states
