SELECT entity, status, startedAt, watermarkAfter, rowsRead, inserted, updated, deleted, quarantined, seconds, unknownFields,
  error
FROM (
  SELECT e.entity, e.status, r.startedAt, e.watermarkAfter, e.rowsRead, e.inserted, e.updated, e.deleted, e.quarantined,
    e.seconds, e.unknownFields, e.error,
    ROW_NUMBER() OVER (PARTITION BY e.entity ORDER BY r.startedAt DESC, e.runId DESC) AS place
  FROM meta.etl_entity_run AS e
  JOIN meta.etl_run AS r ON r.runId = e.runId
) AS ranked
WHERE place = 1
ORDER BY entity
