// Purpose: whether a group has episodes from after its removal.
// Parameters: group_id, position (text)
// Result: `rows`: one boolean
RETURN [EXISTS {
  MATCH (c:ConsumerEpisode {group_id: $group_id})
  WHERE c.position > $position AND NOT c.is_removed
}] AS rows
