SELECT r.runId, r.startedAt, r.finishedAt, r.status, r.mode, r.layers, r.error,
  e.rowsRead, e.inserted, e.updated, e.deleted, e.quarantined, COUNT(*) OVER () AS allRuns
FROM meta.etl_run AS r
LEFT JOIN (
  SELECT runId, SUM(rowsRead) AS rowsRead, SUM(inserted) AS inserted, SUM(updated) AS updated, SUM(deleted) AS deleted,
    SUM(quarantined) AS quarantined
  FROM meta.etl_entity_run
  GROUP BY runId
) AS e ON e.runId = r.runId
ORDER BY r.startedAt DESC, r.runId DESC
LIMIT 30
