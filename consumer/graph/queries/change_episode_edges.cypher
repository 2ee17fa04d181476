// Purpose: keep `Episodic.entity_edges` of older episodes equal to the facts that name them; sorted.
// Parameters: rows: list of {uuid, lost, won}
// Result: none
UNWIND $rows AS row
MATCH (p:Episodic {uuid: row.uuid})
CALL (p, row) {
  UNWIND [edge IN p.entity_edges WHERE NOT edge IN row.lost] + row.won AS edge
  WITH DISTINCT edge ORDER BY edge
  RETURN collect(edge) AS edges
}
SET p.entity_edges = edges
