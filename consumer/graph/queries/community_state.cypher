// Purpose: what our node of a group says of its communities, and where it stands.
// Parameters: group_id
// Result: `rows`, one or none: version, lost_at (the version at which it last lost something), is_stale, model,
//         built_version, built_rules, built_prints (texts)
MATCH (g:ConsumerGroup {group_id: $group_id})
RETURN collect({version: g.version, lost_at: coalesce(g.lost_at, 0), is_stale: g.communities_stale IS NOT NULL,
                model: g.embedding_model, built_version: g.communities_version, built_rules: g.communities_rules,
                built_prints: g.communities_prints}) AS rows
