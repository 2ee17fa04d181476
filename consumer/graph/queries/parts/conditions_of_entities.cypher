    e.group_id IN $group_ids
    AND ($known_by IS NULL OR e.created_at <= datetime($known_by))
    AND ($types IS NULL OR any(label IN labels(e) WHERE label IN $types))
    AND ($relations IS NULL OR EXISTS { MATCH (e)-[r:RELATES_TO]-() WHERE r.name IN $relations })
    AND ($episodes IS NULL OR EXISTS { MATCH (e)<-[:MENTIONS]-(p:Episodic) WHERE p.uuid IN $episodes })
    AND ($sources IS NULL OR EXISTS { MATCH (e)<-[:MENTIONS]-(p:Episodic) WHERE p.source IN $sources })
