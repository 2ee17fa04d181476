    r.group_id IN $group_ids
    AND ($alive_at IS NULL OR r.invalid_at IS NULL OR r.invalid_at > datetime($alive_at))
    AND ($begun_by IS NULL OR r.valid_at IS NULL OR r.valid_at <= datetime($begun_by))
    AND ($known_by IS NULL OR r.created_at <= datetime($known_by))
    AND ($relations IS NULL OR r.name IN $relations)
    AND ($episodes IS NULL OR any(episode IN r.episodes WHERE episode IN $episodes))
    AND ($types IS NULL OR any(label IN labels(startNode(r)) + labels(endNode(r)) WHERE label IN $types))
    AND ($sources IS NULL OR EXISTS {
      UNWIND r.episodes AS episode MATCH (p:Episodic {uuid: episode}) WHERE p.source IN $sources
    })
