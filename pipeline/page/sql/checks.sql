SELECT "check", passed, severity, detail, checkedAt, runId
FROM meta.etl_check
WHERE runId = (SELECT runId FROM meta.etl_check ORDER BY checkedAt DESC, runId DESC LIMIT 1)
ORDER BY "check"
