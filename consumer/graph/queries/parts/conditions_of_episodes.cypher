    p.group_id IN $group_ids
    AND ($begun_by IS NULL OR p.valid_at <= datetime($begun_by))
    AND ($known_by IS NULL OR p.created_at <= datetime($known_by))
    AND ($episodes IS NULL OR p.uuid IN $episodes)
    AND ($sources IS NULL OR p.source IN $sources)
    AND ($types IS NULL OR EXISTS {
      MATCH (p)-[:MENTIONS]->(e:Entity) WHERE any(label IN labels(e) WHERE label IN $types)
    })
    AND ($relations IS NULL OR EXISTS {
      UNWIND p.entity_edges AS edge MATCH ()-[r:RELATES_TO {uuid: edge}]->() WHERE r.name IN $relations
    })
