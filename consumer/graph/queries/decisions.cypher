// Purpose: what somebody decided about the names of groups.
// Parameters: group_ids
// Result: `rows`, one a pair: group_id, one, other (uuids of names), choice, reason, decided_at (text)
UNWIND $group_ids AS group_id
MATCH (d:ConsumerDecision {group_id: group_id})
RETURN collect(d {.group_id, .one, .other, .choice, .reason, .decided_at}) AS rows
