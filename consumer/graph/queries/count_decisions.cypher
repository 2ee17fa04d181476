// Purpose: note on a group's node how many decisions about its names there are, so that writers read them only then.
// Parameters: group_id
// Result: `rows`: one number
MATCH (g:ConsumerGroup {group_id: $group_id})
SET g.decisions = COUNT { (:ConsumerDecision {group_id: $group_id}) }
RETURN [g.decisions] AS rows
