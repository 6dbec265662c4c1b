# Fabric notebook source

# METADATA ********************

# META {
# META   "kernel_info": {
# META     "name": "synapse_pyspark"
# META   },
# META   "dependencies": {
# META     "lakehouse": {
# META       "default_lakehouse": "22222222-2222-2222-2222-222222222222",
# META       "default_lakehouse_name": "ConnectWise",
# META       "default_lakehouse_workspace_id": "11111111-1111-1111-1111-111111111111",
# META       "known_lakehouses": [
# META         {
# META           "id": "22222222-2222-2222-2222-222222222222"
# META         }
# META       ]
# META     }
# META   }
# META }

# MARKDOWN ********************

# # Transform
#
# Everything after bronze on Spark, over the same tables, for those whose data outgrow one machine. Nothing needs it:
# the pipeline does the same by itself.
#
# - To use it, let *Nightly* bring bronze alone (`run_etl_pipeline(…, layers=["bronze"])`), and run this after it.
# - Silver is made from bronze, and gold from silver. What differs is merged; a table without a difference gets no commit.
# - A later run of the pipeline over all layers goes on from there, and this goes on from a run. The checks are the
#   pipeline's: the next run of it makes them.
# - Surrogate keys are the same in both: they are computed from the natural keys.
# - `gold.fact_monthend` keeps each month as it was when it was written. Here, a month that is missing is written, whether
#   or not the checks hold.
# - This takes no lock: run it when the pipeline does not.

# PARAMETERS CELL ********************

# schemas or flat, as the lakehouse was made.
layout = "schemas"
# The day that the run counts as, such as 2026-06-15; empty for today in UTC.
business_date = ""

# METADATA ********************

# META {
# META   "language": "python",
# META   "language_group": "synapse_pyspark"
# META }

# CELL ********************

import re
from datetime import date, datetime, timezone
from zoneinfo import ZoneInfo

if layout not in ("schemas", "flat"):
    raise ValueError(f"layout is {layout!r}: it has to be schemas or flat")
day = date.fromisoformat(business_date) if business_date else datetime.now(ZoneInfo("UTC")).date()
now = datetime.now(timezone.utc)


def named(statement):
    """A statement with the names that tables have in this lakehouse."""
    if layout == "schemas":
        return statement
    return re.sub(r"\b(bronze|silver|gold)\.(cw_\w+|dim\w+|fact_\w+)", r"\1_\2", statement)


steps = []

# METADATA ********************

# META {
# META   "language": "python",
# META   "language_group": "synapse_pyspark"
# META }

# CELL ********************

# What the statements are written for, and what plans them in seconds: by propagating constraints, Spark would derive
# conditions from each column's expression, and from those conditions others.
SETTINGS = {"spark.sql.session.timeZone": "UTC", "spark.sql.constraintPropagation.enabled": "false"}


def fill(statement, parameters):
    """A statement with the run's values in the place of `${name}`."""
    for name, value in parameters.items():
        statement = statement.replace("${" + name + "}", value)
    return statement


def add_columns(spark, table, rows):
    """Gives a stored table the columns that a newer version of its statement has."""
    stored = [column.lower() for column in spark.table(table).columns]
    added = [field for field in rows.schema if field.name.lower() not in stored]
    if added:
        columns = ", ".join(f"`{field.name}` {field.dataType.simpleString()}" for field in added)
        spark.sql(f"ALTER TABLE {table} ADD COLUMNS ({columns})")


def build(spark, steps, parameters, named=lambda statement: statement):
    """Brings silver and gold up to date with bronze; yields each table with the number of rows that differed.

    The steps are those of order.json, with the text of their files. `named` puts another name in the place of
    `layer.table`, where the lakehouse has no schemas. A table without a difference gets no commit.
    """
    for step in steps:
        create, differing, merge = (named(fill(part, parameters)) for part in step["merge"].split(";\n"))
        table = named(f"{step['layer']}.{step['table']}")
        spark.sql(create)
        # A list that the login may not read has no table.
        if "bronze" in step and not spark.catalog.tableExists(named(f"bronze.{step['bronze']}")):
            continue
        rows = spark.sql(named(fill(step["select"], parameters)))
        add_columns(spark, table, rows)
        rows.createOrReplaceTempView("computed")
        changed = spark.sql(differing).cache()
        count = changed.count()
        if count:
            changed.createOrReplaceTempView("changed")
            spark.sql(merge)
        changed.unpersist()
        yield table, count

# METADATA ********************

# META {
# META   "language": "python",
# META   "language_group": "synapse_pyspark"
# META }

# CELL ********************

steps.append({"layer": "silver", "table": "cw_part", "bronze": "cw_part", "select": r"""
-- @generated by `cargo codegen generate` from /components/schemas/Thing.Part. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
-- and what stands for the run below: SET processedAt = 2026-06-15T02:00:00.000000Z, SET batchId = …
SELECT
  b.id,
  b.name,
  b.secret,
  b.company.id AS companyId,
  b.company.name AS companyName,
  TIMESTAMP '${processedAt}' AS _etl_processed_at,
  'connectwise' AS _etl_source,
  '${batchId}' AS _etl_batch_id,
  b.etlDeletedAt AS _etl_deleted_at
FROM bronze.cw_part AS b
""", "merge": r"""
-- @generated by `cargo codegen generate` from /components/schemas/Thing.Part. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS silver.cw_part (
  id BIGINT NOT NULL,
  name STRING,
  secret STRING,
  companyId BIGINT,
  companyName STRING,
  _etl_processed_at TIMESTAMP,
  _etl_source STRING,
  _etl_batch_id STRING,
  _etl_deleted_at TIMESTAMP
)
USING DELTA
TBLPROPERTIES ('delta.enableDeletionVectors' = 'false');
SELECT
  COALESCE(n.id, o.id) AS id,
  n.name,
  n.secret,
  n.companyId,
  n.companyName,
  n._etl_processed_at,
  n._etl_source,
  n._etl_batch_id,
  n._etl_deleted_at,
  n.id IS NULL AS _etl_gone
FROM computed AS n
FULL OUTER JOIN silver.cw_part AS o ON o.id = n.id
WHERE n.id IS NULL OR o.id IS NULL OR NOT (
  n.name <=> o.name AND
  n.secret <=> o.secret AND
  n.companyId <=> o.companyId AND
  n.companyName <=> o.companyName AND
  n._etl_deleted_at <=> o._etl_deleted_at
);
MERGE INTO silver.cw_part AS t
USING changed AS s
ON t.id = s.id
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  name = s.name,
  secret = s.secret,
  companyId = s.companyId,
  companyName = s.companyName,
  _etl_processed_at = s._etl_processed_at,
  _etl_source = s._etl_source,
  _etl_batch_id = s._etl_batch_id,
  _etl_deleted_at = s._etl_deleted_at
WHEN NOT MATCHED AND NOT s._etl_gone THEN INSERT (
  id,
  name,
  secret,
  companyId,
  companyName,
  _etl_processed_at,
  _etl_source,
  _etl_batch_id,
  _etl_deleted_at
) VALUES (
  s.id,
  s.name,
  s.secret,
  s.companyId,
  s.companyName,
  s._etl_processed_at,
  s._etl_source,
  s._etl_batch_id,
  s._etl_deleted_at
)
"""})

# METADATA ********************

# META {
# META   "language": "python",
# META   "language_group": "synapse_pyspark"
# META }

# CELL ********************

steps.append({"layer": "silver", "table": "cw_thing", "bronze": "cw_thing", "select": r"""
-- @generated by `cargo codegen generate` from /components/schemas/Thing. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
-- and what stands for the run below: SET processedAt = 2026-06-15T02:00:00.000000Z, SET batchId = …
SELECT
  b.id,
  b.name,
  b.company.id AS companyId_1,
  b.company.name AS companyName,
  b.companyID,
  b.`when`,
  b.day,
  b.price,
  b.ok,
  b.type.id AS typeId,
  b.type.name AS typeName,
  b.type.company.id AS typeCompanyId,
  b.type.company.name AS typeCompanyName,
  b.tags,
  b.anything,
  b.inline.Deep.level AS inlineDeepLevel,
  transform(b.customFields, x0 -> CASE WHEN x0 IS NOT NULL THEN named_struct('id', x0.id, 'caption', x0.caption, 'value', x0.value) END) AS customFields,
  CASE WHEN b._etl_info_0 RLIKE '^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?([Zz]|[+-][0-9]{2}(:?[0-9]{2})?)?)?$' AND b._etl_info_0 NOT LIKE '0000%' THEN TRY_CAST(regexp_replace(upper(b._etl_info_0), '^(.{16})(Z|[+-].*)$', '$1:00$2') AS TIMESTAMP) END AS infoLastUpdated,
  b._etl_info_1 AS infoUpdatedBy,
  CASE WHEN b._etl_info_2 RLIKE '^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?([Zz]|[+-][0-9]{2}(:?[0-9]{2})?)?)?$' AND b._etl_info_2 NOT LIKE '0000%' THEN TRY_CAST(regexp_replace(upper(b._etl_info_2), '^(.{16})(Z|[+-].*)$', '$1:00$2') AS TIMESTAMP) END AS infoDateEntered,
  b._etl_info_3 AS infoEnteredBy,
  TIMESTAMP '${processedAt}' AS _etl_processed_at,
  'connectwise' AS _etl_source,
  '${batchId}' AS _etl_batch_id,
  b.etlDeletedAt AS _etl_deleted_at
FROM (
  SELECT
    r.*,
    NULLIF(regexp_replace(r._info['lastUpdated'], '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', ''), '') AS _etl_info_0,
    NULLIF(regexp_replace(r._info['updatedBy'], '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', ''), '') AS _etl_info_1,
    COALESCE(NULLIF(regexp_replace(r._info['dateEntered'], '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', ''), ''), NULLIF(regexp_replace(r._info['createdDate'], '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', ''), '')) AS _etl_info_2,
    COALESCE(NULLIF(regexp_replace(r._info['enteredBy'], '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', ''), ''), NULLIF(regexp_replace(r._info['createdBy'], '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', ''), '')) AS _etl_info_3
  FROM bronze.cw_thing AS r
) AS b
""", "merge": r"""
-- @generated by `cargo codegen generate` from /components/schemas/Thing. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS silver.cw_thing (
  id BIGINT NOT NULL,
  name STRING,
  companyId_1 BIGINT,
  companyName STRING,
  companyID BIGINT,
  `when` TIMESTAMP,
  day STRING,
  price DOUBLE,
  ok BOOLEAN,
  typeId BIGINT,
  typeName STRING,
  typeCompanyId BIGINT,
  typeCompanyName STRING,
  tags ARRAY<STRING>,
  anything STRING,
  inlineDeepLevel BIGINT,
  customFields ARRAY<STRUCT<id: BIGINT, caption: STRING, value: STRING>>,
  infoLastUpdated TIMESTAMP,
  infoUpdatedBy STRING,
  infoDateEntered TIMESTAMP,
  infoEnteredBy STRING,
  _etl_processed_at TIMESTAMP,
  _etl_source STRING,
  _etl_batch_id STRING,
  _etl_deleted_at TIMESTAMP
)
USING DELTA
TBLPROPERTIES ('delta.enableDeletionVectors' = 'false');
SELECT
  COALESCE(n.id, o.id) AS id,
  n.name,
  n.companyId_1,
  n.companyName,
  n.companyID,
  n.`when`,
  n.day,
  n.price,
  n.ok,
  n.typeId,
  n.typeName,
  n.typeCompanyId,
  n.typeCompanyName,
  n.tags,
  n.anything,
  n.inlineDeepLevel,
  n.customFields,
  n.infoLastUpdated,
  n.infoUpdatedBy,
  n.infoDateEntered,
  n.infoEnteredBy,
  n._etl_processed_at,
  n._etl_source,
  n._etl_batch_id,
  n._etl_deleted_at,
  n.id IS NULL AS _etl_gone
FROM computed AS n
FULL OUTER JOIN silver.cw_thing AS o ON o.id = n.id
WHERE n.id IS NULL OR o.id IS NULL OR NOT (
  n.name <=> o.name AND
  n.companyId_1 <=> o.companyId_1 AND
  n.companyName <=> o.companyName AND
  n.companyID <=> o.companyID AND
  n.`when` <=> o.`when` AND
  n.day <=> o.day AND
  n.price <=> o.price AND
  n.ok <=> o.ok AND
  n.typeId <=> o.typeId AND
  n.typeName <=> o.typeName AND
  n.typeCompanyId <=> o.typeCompanyId AND
  n.typeCompanyName <=> o.typeCompanyName AND
  n.tags <=> o.tags AND
  n.anything <=> o.anything AND
  n.inlineDeepLevel <=> o.inlineDeepLevel AND
  n.customFields <=> o.customFields AND
  n.infoLastUpdated <=> o.infoLastUpdated AND
  n.infoUpdatedBy <=> o.infoUpdatedBy AND
  n.infoDateEntered <=> o.infoDateEntered AND
  n.infoEnteredBy <=> o.infoEnteredBy AND
  n._etl_deleted_at <=> o._etl_deleted_at
);
MERGE INTO silver.cw_thing AS t
USING changed AS s
ON t.id = s.id
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  name = s.name,
  companyId_1 = s.companyId_1,
  companyName = s.companyName,
  companyID = s.companyID,
  `when` = s.`when`,
  day = s.day,
  price = s.price,
  ok = s.ok,
  typeId = s.typeId,
  typeName = s.typeName,
  typeCompanyId = s.typeCompanyId,
  typeCompanyName = s.typeCompanyName,
  tags = s.tags,
  anything = s.anything,
  inlineDeepLevel = s.inlineDeepLevel,
  customFields = s.customFields,
  infoLastUpdated = s.infoLastUpdated,
  infoUpdatedBy = s.infoUpdatedBy,
  infoDateEntered = s.infoDateEntered,
  infoEnteredBy = s.infoEnteredBy,
  _etl_processed_at = s._etl_processed_at,
  _etl_source = s._etl_source,
  _etl_batch_id = s._etl_batch_id,
  _etl_deleted_at = s._etl_deleted_at
WHEN NOT MATCHED AND NOT s._etl_gone THEN INSERT (
  id,
  name,
  companyId_1,
  companyName,
  companyID,
  `when`,
  day,
  price,
  ok,
  typeId,
  typeName,
  typeCompanyId,
  typeCompanyName,
  tags,
  anything,
  inlineDeepLevel,
  customFields,
  infoLastUpdated,
  infoUpdatedBy,
  infoDateEntered,
  infoEnteredBy,
  _etl_processed_at,
  _etl_source,
  _etl_batch_id,
  _etl_deleted_at
) VALUES (
  s.id,
  s.name,
  s.companyId_1,
  s.companyName,
  s.companyID,
  s.`when`,
  s.day,
  s.price,
  s.ok,
  s.typeId,
  s.typeName,
  s.typeCompanyId,
  s.typeCompanyName,
  s.tags,
  s.anything,
  s.inlineDeepLevel,
  s.customFields,
  s.infoLastUpdated,
  s.infoUpdatedBy,
  s.infoDateEntered,
  s.infoEnteredBy,
  s._etl_processed_at,
  s._etl_source,
  s._etl_batch_id,
  s._etl_deleted_at
)
"""})

# METADATA ********************

# META {
# META   "language": "python",
# META   "language_group": "synapse_pyspark"
# META }

# CELL ********************

steps.append({"layer": "silver", "table": "cw_thing_tags", "bronze": "cw_thing", "select": r"""
-- @generated by `cargo codegen generate` from /components/schemas/Thing. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
-- and what stands for the run below: SET processedAt = 2026-06-15T02:00:00.000000Z, SET batchId = …
SELECT
  e.parentId,
  CAST(e.listIndex AS BIGINT) AS listIndex,
  e.item AS value,
  TIMESTAMP '${processedAt}' AS _etl_processed_at,
  'connectwise' AS _etl_source,
  '${batchId}' AS _etl_batch_id,
  e.etlDeletedAt AS _etl_deleted_at
FROM (
  SELECT b.id AS parentId, b.etlDeletedAt, posexplode(b.tags) AS (listIndex, item)
  FROM bronze.cw_thing AS b
) AS e
WHERE e.item IS NOT NULL
""", "merge": r"""
-- @generated by `cargo codegen generate` from /components/schemas/Thing. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS silver.cw_thing_tags (
  parentId BIGINT NOT NULL,
  listIndex BIGINT NOT NULL,
  value STRING,
  _etl_processed_at TIMESTAMP,
  _etl_source STRING,
  _etl_batch_id STRING,
  _etl_deleted_at TIMESTAMP
)
USING DELTA
TBLPROPERTIES ('delta.enableDeletionVectors' = 'false');
SELECT
  COALESCE(n.parentId, o.parentId) AS parentId,
  COALESCE(n.listIndex, o.listIndex) AS listIndex,
  n.value,
  n._etl_processed_at,
  n._etl_source,
  n._etl_batch_id,
  n._etl_deleted_at,
  n.parentId IS NULL AS _etl_gone
FROM computed AS n
FULL OUTER JOIN silver.cw_thing_tags AS o ON o.parentId = n.parentId AND o.listIndex = n.listIndex
WHERE n.parentId IS NULL OR o.parentId IS NULL OR NOT (
  n.value <=> o.value AND
  n._etl_deleted_at <=> o._etl_deleted_at
);
MERGE INTO silver.cw_thing_tags AS t
USING changed AS s
ON t.parentId = s.parentId AND t.listIndex = s.listIndex
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  value = s.value,
  _etl_processed_at = s._etl_processed_at,
  _etl_source = s._etl_source,
  _etl_batch_id = s._etl_batch_id,
  _etl_deleted_at = s._etl_deleted_at
WHEN NOT MATCHED AND NOT s._etl_gone THEN INSERT (
  parentId,
  listIndex,
  value,
  _etl_processed_at,
  _etl_source,
  _etl_batch_id,
  _etl_deleted_at
) VALUES (
  s.parentId,
  s.listIndex,
  s.value,
  s._etl_processed_at,
  s._etl_source,
  s._etl_batch_id,
  s._etl_deleted_at
)
"""})

# METADATA ********************

# META {
# META   "language": "python",
# META   "language_group": "synapse_pyspark"
# META }

# CELL ********************

steps.append({"layer": "silver", "table": "cw_thing_customfields", "bronze": "cw_thing", "select": r"""
-- @generated by `cargo codegen generate` from /components/schemas/Thing. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
-- and what stands for the run below: SET processedAt = 2026-06-15T02:00:00.000000Z, SET batchId = …
SELECT
  e.parentId,
  CAST(e.listIndex AS BIGINT) AS listIndex,
  e.item.id,
  e.item.caption,
  e.item.value,
  TIMESTAMP '${processedAt}' AS _etl_processed_at,
  'connectwise' AS _etl_source,
  '${batchId}' AS _etl_batch_id,
  e.etlDeletedAt AS _etl_deleted_at
FROM (
  SELECT b.id AS parentId, b.etlDeletedAt, posexplode(b.customFields) AS (listIndex, item)
  FROM bronze.cw_thing AS b
) AS e
WHERE e.item IS NOT NULL
""", "merge": r"""
-- @generated by `cargo codegen generate` from /components/schemas/Thing. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS silver.cw_thing_customfields (
  parentId BIGINT NOT NULL,
  listIndex BIGINT NOT NULL,
  id BIGINT,
  caption STRING,
  value STRING,
  _etl_processed_at TIMESTAMP,
  _etl_source STRING,
  _etl_batch_id STRING,
  _etl_deleted_at TIMESTAMP
)
USING DELTA
TBLPROPERTIES ('delta.enableDeletionVectors' = 'false');
SELECT
  COALESCE(n.parentId, o.parentId) AS parentId,
  COALESCE(n.listIndex, o.listIndex) AS listIndex,
  n.id,
  n.caption,
  n.value,
  n._etl_processed_at,
  n._etl_source,
  n._etl_batch_id,
  n._etl_deleted_at,
  n.parentId IS NULL AS _etl_gone
FROM computed AS n
FULL OUTER JOIN silver.cw_thing_customfields AS o ON o.parentId = n.parentId AND o.listIndex = n.listIndex
WHERE n.parentId IS NULL OR o.parentId IS NULL OR NOT (
  n.id <=> o.id AND
  n.caption <=> o.caption AND
  n.value <=> o.value AND
  n._etl_deleted_at <=> o._etl_deleted_at
);
MERGE INTO silver.cw_thing_customfields AS t
USING changed AS s
ON t.parentId = s.parentId AND t.listIndex = s.listIndex
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  id = s.id,
  caption = s.caption,
  value = s.value,
  _etl_processed_at = s._etl_processed_at,
  _etl_source = s._etl_source,
  _etl_batch_id = s._etl_batch_id,
  _etl_deleted_at = s._etl_deleted_at
WHEN NOT MATCHED AND NOT s._etl_gone THEN INSERT (
  parentId,
  listIndex,
  id,
  caption,
  value,
  _etl_processed_at,
  _etl_source,
  _etl_batch_id,
  _etl_deleted_at
) VALUES (
  s.parentId,
  s.listIndex,
  s.id,
  s.caption,
  s.value,
  s._etl_processed_at,
  s._etl_source,
  s._etl_batch_id,
  s._etl_deleted_at
)
"""})

# METADATA ********************

# META {
# META   "language": "python",
# META   "language_group": "synapse_pyspark"
# META }

# CELL ********************

steps.append({"layer": "gold", "table": "dimpart", "select": r"""
-- @generated by `cargo codegen generate` from schema/dimensions/dimpart.yaml. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
WITH entity AS (
  SELECT
    p.id AS partId,
    regexp_replace(p.name, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS partName
  FROM silver.cw_part AS p
),
reference AS (
  SELECT
    t.typeId AS partId,
    regexp_replace(t.typeName, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS partName,
    COALESCE(unix_micros(t.infoLastUpdated), -9000000000000000000) AS recency,
    t.id AS record
  FROM silver.cw_thing AS t
  WHERE t._etl_deleted_at IS NULL AND t.typeId IS NOT NULL
),
-- The few that are no rows yet: a window over all references would have to sort them. The entity comes first, as the
-- side of a join that is held in memory where an engine can't tell which is smaller.
unlisted AS (
  SELECT r.*
  FROM entity AS e
  RIGHT JOIN reference AS r ON r.partId = e.partId
  WHERE e.partId IS NULL
),
newest AS (
  SELECT
    *,
    ROW_NUMBER() OVER (
      PARTITION BY partId
      ORDER BY recency DESC, record DESC, partName NULLS LAST
    ) AS place
  FROM unlisted
),
member AS (
  SELECT
    -1 AS PartKey,
    CAST(NULL AS BIGINT) AS partId,
    'Unknown' AS partName,
    false AS isInferred
  UNION ALL
  SELECT
    partId AS PartKey,
    partId,
    partName,
    false AS isInferred
  FROM entity
  WHERE partId <> -1
  UNION ALL
  SELECT
    r.partId AS PartKey,
    r.partId,
    r.partName,
    true AS isInferred
  FROM newest AS r
  WHERE r.place = 1 AND r.partId <> -1
),
step1 AS (
  SELECT
    *,
    CASE
      WHEN regexp_like(replace(lower(partName), 'ß', 'ss'), '[sſ]erv[iı]\\x{307}*ce(?:[^\\x{300}-\\x{304}\\x{306}-\\x{309}\\x{30c}\\x{30f}\\x{311}\\x{323}\\x{327}\\x{328}\\x{32d}\\x{330}\\x{340}\\x{341}\\x{344}]|$)|þj(?:ó|o[\\x{301}\\x{341}])nu[sſ]ta(?:[^\\x{300}-\\x{304}\\x{306}-\\x{30a}\\x{30c}\\x{30f}\\x{311}\\x{323}\\x{325}\\x{328}\\x{340}\\x{341}\\x{344}]|$)') THEN 'service'
      WHEN regexp_like(lower(partName), 'prepa[iı]\\x{307}*d(?:[^\\x{307}\\x{30c}\\x{323}\\x{327}\\x{32d}\\x{331}]|$)') THEN 'prepaid'
      ELSE 'other'
    END AS partClass
  FROM member
)
SELECT
  CAST(PartKey AS BIGINT) AS PartKey,
  CAST(partId AS BIGINT) AS partId,
  partName,
  partClass,
  isInferred
FROM step1
""", "merge": r"""
-- @generated by `cargo codegen generate` from schema/dimensions/dimpart.yaml. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS gold.dimpart (
  PartKey BIGINT NOT NULL,
  partId BIGINT,
  partName STRING,
  partClass STRING,
  isInferred BOOLEAN
)
USING DELTA
TBLPROPERTIES ('delta.enableDeletionVectors' = 'false');
SELECT
  COALESCE(n.PartKey, o.PartKey) AS PartKey,
  n.partId,
  n.partName,
  n.partClass,
  n.isInferred,
  n.PartKey IS NULL AS _etl_gone
FROM computed AS n
FULL OUTER JOIN gold.dimpart AS o ON o.PartKey = n.PartKey
WHERE n.PartKey IS NULL OR o.PartKey IS NULL OR NOT (
  n.partId <=> o.partId AND
  n.partName <=> o.partName AND
  n.partClass <=> o.partClass AND
  n.isInferred <=> o.isInferred
);
MERGE INTO gold.dimpart AS t
USING changed AS s
ON t.PartKey = s.PartKey
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  partId = s.partId,
  partName = s.partName,
  partClass = s.partClass,
  isInferred = s.isInferred
WHEN NOT MATCHED AND NOT s._etl_gone THEN INSERT (
  PartKey,
  partId,
  partName,
  partClass,
  isInferred
) VALUES (
  s.PartKey,
  s.partId,
  s.partName,
  s.partClass,
  s.isInferred
)
"""})

# METADATA ********************

# META {
# META   "language": "python",
# META   "language_group": "synapse_pyspark"
# META }

# CELL ********************

steps.append({"layer": "gold", "table": "fact_thing", "select": r"""
-- @generated by `cargo codegen generate` from schema/facts/fact_thing.yaml. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
-- One row a thing.
WITH source AS (
  SELECT
    t.id AS thingId,
    COALESCE(t.typeId, -1) AS PartKey,
    COALESCE(TRY_CAST(t.price AS DECIMAL(19, 4)), 0) AS price,
    field_colour.value AS colour,
    TRY_CAST(field_weight.value AS DECIMAL(19, 4)) AS weight,
    CASE WHEN TRY_CAST(field_boxes.value AS DECIMAL(38, 18)) = TRY_CAST(field_boxes.value AS DECIMAL(38, 0)) THEN TRY_CAST(TRY_CAST(field_boxes.value AS DECIMAL(38, 0)) AS BIGINT) END AS boxes,
    CASE LOWER(field_isFragile.value) WHEN 'true' THEN true WHEN 'false' THEN false END AS isFragile,
    CASE WHEN regexp_like(field_checkedAt.value, '^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?$') THEN TRY_CAST(field_checkedAt.value AS TIMESTAMP) END AS checkedAt,
    CASE WHEN CAST(from_utc_timestamp(CASE WHEN regexp_like(field_checkedOn.value, '^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?$') THEN TRY_CAST(field_checkedOn.value AS TIMESTAMP) END, 'UTC') AS DATE) BETWEEN DATE '0001-01-01' AND DATE '9999-12-31' THEN CAST(from_utc_timestamp(CASE WHEN regexp_like(field_checkedOn.value, '^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?$') THEN TRY_CAST(field_checkedOn.value AS TIMESTAMP) END, 'UTC') AS DATE) END AS checkedOn
  FROM silver.cw_thing AS t
  LEFT JOIN (
    SELECT
      parentId,
      value,
      ROW_NUMBER() OVER (PARTITION BY parentId ORDER BY id NULLS LAST, listIndex) AS place
    FROM (
      SELECT parentId, id, listIndex, regexp_replace(value, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS value
      FROM silver.cw_thing_customfields
      WHERE id = 7
    ) AS field
    WHERE value <> ''
  ) AS field_colour ON field_colour.parentId = t.id AND field_colour.place = 1
  LEFT JOIN (
    SELECT
      parentId,
      value,
      ROW_NUMBER() OVER (PARTITION BY parentId ORDER BY id NULLS LAST, listIndex) AS place
    FROM (
      SELECT parentId, id, listIndex, regexp_replace(value, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS value
      FROM silver.cw_thing_customfields
      WHERE regexp_replace(caption, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') = 'Jóna\u0027s \u0027weight\u0027'
    ) AS field
    WHERE value <> ''
  ) AS field_weight ON field_weight.parentId = t.id AND field_weight.place = 1
  LEFT JOIN (
    SELECT
      parentId,
      value,
      ROW_NUMBER() OVER (PARTITION BY parentId ORDER BY id NULLS LAST, listIndex) AS place
    FROM (
      SELECT parentId, id, listIndex, regexp_replace(value, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS value
      FROM silver.cw_thing_customfields
      WHERE id = 8
    ) AS field
    WHERE value <> ''
  ) AS field_boxes ON field_boxes.parentId = t.id AND field_boxes.place = 1
  LEFT JOIN (
    SELECT
      parentId,
      value,
      ROW_NUMBER() OVER (PARTITION BY parentId ORDER BY id NULLS LAST, listIndex) AS place
    FROM (
      SELECT parentId, id, listIndex, regexp_replace(value, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS value
      FROM silver.cw_thing_customfields
      WHERE id = 9
    ) AS field
    WHERE value <> ''
  ) AS field_isFragile ON field_isFragile.parentId = t.id AND field_isFragile.place = 1
  LEFT JOIN (
    SELECT
      parentId,
      value,
      ROW_NUMBER() OVER (PARTITION BY parentId ORDER BY id NULLS LAST, listIndex) AS place
    FROM (
      SELECT parentId, id, listIndex, regexp_replace(value, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS value
      FROM silver.cw_thing_customfields
      WHERE id = 10
    ) AS field
    WHERE value <> ''
  ) AS field_checkedAt ON field_checkedAt.parentId = t.id AND field_checkedAt.place = 1
  LEFT JOIN (
    SELECT
      parentId,
      value,
      ROW_NUMBER() OVER (PARTITION BY parentId ORDER BY id NULLS LAST, listIndex) AS place
    FROM (
      SELECT parentId, id, listIndex, regexp_replace(value, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS value
      FROM silver.cw_thing_customfields
      WHERE id = 10
    ) AS field
    WHERE value <> ''
  ) AS field_checkedOn ON field_checkedOn.parentId = t.id AND field_checkedOn.place = 1
  WHERE t._etl_deleted_at IS NULL
),
step1 AS (
  SELECT
    *,
    COALESCE(price * 1.24, 0) AS withTax
  FROM source
)
SELECT
  CAST(thingId AS BIGINT) AS thingId,
  CAST(PartKey AS BIGINT) AS PartKey,
  CAST(price AS DECIMAL(19, 4)) AS price,
  COALESCE(TRY_CAST(withTax AS DECIMAL(19, 4)), 0) AS withTax,
  colour,
  CAST(weight AS DECIMAL(19, 4)) AS weight,
  CAST(boxes AS BIGINT) AS boxes,
  isFragile,
  checkedAt,
  checkedOn
FROM step1
""", "merge": r"""
-- @generated by `cargo codegen generate` from schema/facts/fact_thing.yaml. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS gold.fact_thing (
  thingId BIGINT NOT NULL,
  PartKey BIGINT,
  price DECIMAL(19, 4),
  withTax DECIMAL(19, 4),
  colour STRING,
  weight DECIMAL(19, 4),
  boxes BIGINT,
  isFragile BOOLEAN,
  checkedAt TIMESTAMP,
  checkedOn DATE
)
USING DELTA
TBLPROPERTIES ('delta.enableDeletionVectors' = 'false');
SELECT
  COALESCE(n.thingId, o.thingId) AS thingId,
  n.PartKey,
  n.price,
  n.withTax,
  n.colour,
  n.weight,
  n.boxes,
  n.isFragile,
  n.checkedAt,
  n.checkedOn,
  n.thingId IS NULL AS _etl_gone
FROM computed AS n
FULL OUTER JOIN gold.fact_thing AS o ON o.thingId = n.thingId
WHERE n.thingId IS NULL OR o.thingId IS NULL OR NOT (
  n.PartKey <=> o.PartKey AND
  n.price <=> o.price AND
  n.withTax <=> o.withTax AND
  n.colour <=> o.colour AND
  n.weight <=> o.weight AND
  n.boxes <=> o.boxes AND
  n.isFragile <=> o.isFragile AND
  n.checkedAt <=> o.checkedAt AND
  n.checkedOn <=> o.checkedOn
);
MERGE INTO gold.fact_thing AS t
USING changed AS s
ON t.thingId = s.thingId
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  PartKey = s.PartKey,
  price = s.price,
  withTax = s.withTax,
  colour = s.colour,
  weight = s.weight,
  boxes = s.boxes,
  isFragile = s.isFragile,
  checkedAt = s.checkedAt,
  checkedOn = s.checkedOn
WHEN NOT MATCHED AND NOT s._etl_gone THEN INSERT (
  thingId,
  PartKey,
  price,
  withTax,
  colour,
  weight,
  boxes,
  isFragile,
  checkedAt,
  checkedOn
) VALUES (
  s.thingId,
  s.PartKey,
  s.price,
  s.withTax,
  s.colour,
  s.weight,
  s.boxes,
  s.isFragile,
  s.checkedAt,
  s.checkedOn
)
"""})

# METADATA ********************

# META {
# META   "language": "python",
# META   "language_group": "synapse_pyspark"
# META }

# CELL ********************

for name, value in SETTINGS.items():
    spark.conf.set(name, value)
if layout == "schemas":
    for layer in ("silver", "gold"):
        spark.sql(f"CREATE SCHEMA IF NOT EXISTS {layer}")
parameters = {
    "processedAt": now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    "batchId": now.strftime("spark-%Y%m%dT%H%M%SZ"),
    "businessDate": day.isoformat(),
}
for table, count in build(spark, steps, parameters, named):
    if count:
        print(f"{table}: {count} rows differed")

# METADATA ********************

# META {
# META   "language": "python",
# META   "language_group": "synapse_pyspark"
# META }
