SELECT entity, recordId, path, reason, etlTimestamp
FROM bronze.cw_quarantine
ORDER BY etlTimestamp DESC, entity, recordId
