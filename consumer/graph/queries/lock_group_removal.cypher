// Purpose: take the group's lock for one part of its removal, and see whether somebody else has finished it meanwhile
//          (its episodes may be others by now).
// Parameters: group_id, removals (texts)
// Result: `rows`: one boolean, whether these removals are still under way
MATCH (g:ConsumerGroup {group_id: $group_id})
SET g.locks = 1
WITH g
RETURN [coalesce(g.is_being_removed, false) AND g.removals = $removals] AS rows
