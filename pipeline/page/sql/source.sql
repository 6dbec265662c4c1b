SELECT address, company
FROM meta.etl_source
