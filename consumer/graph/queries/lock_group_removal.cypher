// Purpose: take the group's lock for one part of its removal, and see whether somebody else has finished it meanwhile
//          (its episodes may be others by now).
// Parameters: group_id, position (text)
// Result: `rows`: one boolean, whether the removal up to this position is still under way
MATCH (g:ConsumerGroup {group_id: $group_id})
SET g.locks = coalesce(g.locks, 0) + 1
WITH g
RETURN [coalesce(g.is_being_removed, false) AND g.removed_up_to = $position] AS rows
