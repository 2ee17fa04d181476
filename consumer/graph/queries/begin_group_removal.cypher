// Purpose: lock a group and note up to where in the log it is removed; a redelivered removal changes nothing.
// Parameters: group_id, position (text)
// Result: `rows`, one: is_open (there is something to do), position (the one that counts)
MERGE (g:ConsumerGroup {group_id: $group_id})
ON CREATE SET g.version = 0
SET g.locks = coalesce(g.locks, 0) + 1
WITH g, g.removed_up_to IS NULL OR g.removed_up_to < $position AS is_news
SET g.removed_up_to = CASE WHEN is_news THEN $position ELSE g.removed_up_to END,
    g.is_being_removed = is_news OR coalesce(g.is_being_removed, false)
RETURN [{is_open: g.is_being_removed, position: g.removed_up_to}] AS rows
