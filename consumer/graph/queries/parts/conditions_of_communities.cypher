    c.group_id IN $group_ids
    AND ($known_by IS NULL OR c.created_at <= datetime($known_by))
    AND ($types IS NULL OR EXISTS {
      MATCH (c)-[:HAS_MEMBER]->(e:Entity) WHERE any(label IN labels(e) WHERE label IN $types)
    })
