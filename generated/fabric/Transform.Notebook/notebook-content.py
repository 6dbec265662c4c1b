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
# The day that the run counts as, such as 2026-06-15; empty for today in Atlantic/Reykjavik.
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
day = date.fromisoformat(business_date) if business_date else datetime.now(ZoneInfo("Atlantic/Reykjavik")).date()
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

steps.append({"layer": "silver", "table": "cw_agreement", "bronze": "cw_agreement", "select": r"""
-- @generated by `cargo codegen generate` from /components/schemas/Agreement. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
-- and what stands for the run below: SET processedAt = 2026-06-15T02:00:00.000000Z, SET batchId = …
SELECT
  b.id,
  b.name,
  b.type.id AS typeId,
  b.type.name AS typeName,
  b.company.id AS companyId,
  b.company.identifier AS companyIdentifier,
  b.company.name AS companyName,
  b.contact.id AS contactId,
  b.contact.name AS contactName,
  b.site.id AS siteId,
  b.site.name AS siteName,
  b.subContractCompany.id AS subContractCompanyId,
  b.subContractCompany.identifier AS subContractCompanyIdentifier,
  b.subContractCompany.name AS subContractCompanyName,
  b.subContractContact.id AS subContractContactId,
  b.subContractContact.name AS subContractContactName,
  b.parentAgreement.id AS parentAgreementId,
  b.parentAgreement.name AS parentAgreementName,
  b.parentAgreement.type AS parentAgreementType,
  b.parentAgreement.chargeFirmFlag AS parentAgreementChargeFirmFlag,
  b.customerPO,
  b.location.id AS locationId,
  b.location.name AS locationName,
  b.department.id AS departmentId,
  b.department.identifier AS departmentIdentifier,
  b.department.name AS departmentName,
  b.restrictLocationFlag,
  b.restrictDepartmentFlag,
  b.startDate,
  b.endDate,
  b.noEndingDateFlag,
  b.opportunity.id AS opportunityId,
  b.opportunity.name AS opportunityName,
  b.cancelledFlag,
  b.dateCancelled,
  b.reasonCancelled,
  b.sla.id AS slaId,
  b.sla.name AS slaName,
  b.workOrder,
  b.internalNotes,
  b.applicationUnits,
  b.applicationLimit,
  b.applicationCycle,
  b.applicationUnlimitedFlag,
  b.oneTimeFlag,
  b.coverAgreementTime,
  b.coverAgreementProduct,
  b.coverAgreementExpense,
  b.coverSalesTax,
  b.carryOverUnused,
  b.allowOverruns,
  b.expiredDays,
  b.limit,
  b.expireWhenZero,
  b.chargeToFirm,
  b.employeeCompRate,
  b.employeeCompNotExceed,
  b.compHourlyRate,
  b.compLimitAmount,
  b.billingCycle.id AS billingCycleId,
  b.billingCycle.name AS billingCycleName,
  b.billOneTimeFlag,
  b.billingTerms.id AS billingTermsId,
  b.billingTerms.name AS billingTermsName,
  b.invoicingCycle,
  b.billToCompany.id AS billToCompanyId,
  b.billToCompany.identifier AS billToCompanyIdentifier,
  b.billToCompany.name AS billToCompanyName,
  b.billToContact.id AS billToContactId,
  b.billToContact.name AS billToContactName,
  b.billToSite.id AS billToSiteId,
  b.billToSite.name AS billToSiteName,
  b.billAmount,
  b.taxable,
  b.prorateFirstBill,
  b.billStartDate,
  b.taxCode.id AS taxCodeId,
  b.taxCode.name AS taxCodeName,
  b.restrictDownPayment,
  b.prorateFlag,
  b.invoiceProratedAdditionsFlag,
  b.invoiceDescription,
  b.topComment,
  b.bottomComment,
  b.workRole.id AS workRoleId,
  b.workRole.name AS workRoleName,
  b.workType.id AS workTypeId,
  b.workType.name AS workTypeName,
  b.workType.utilizationFlag AS workTypeUtilizationFlag,
  b.projectType.id AS projectTypeId,
  b.projectType.name AS projectTypeName,
  b.invoiceTemplate.id AS invoiceTemplateId,
  b.invoiceTemplate.name AS invoiceTemplateName,
  b.billTime,
  b.billExpenses,
  b.billProducts,
  b.billableTimeInvoice,
  b.billableExpenseInvoice,
  b.billableProductInvoice,
  b.currency.id AS currencyId,
  b.currency.symbol AS currencySymbol,
  b.currency.currencyCode AS currencyCurrencyCode,
  b.currency.decimalSeparator AS currencyDecimalSeparator,
  b.currency.numberOfDecimals AS currencyNumberOfDecimals,
  b.currency.thousandsSeparator AS currencyThousandsSeparator,
  b.currency.negativeParenthesesFlag AS currencyNegativeParenthesesFlag,
  b.currency.displaySymbolFlag AS currencyDisplaySymbolFlag,
  b.currency.currencyIdentifier AS currencyCurrencyIdentifier,
  b.currency.displayIdFlag AS currencyDisplayIdFlag,
  b.currency.rightAlign AS currencyRightAlign,
  b.currency.name AS currencyName,
  b.periodType,
  b.autoInvoiceFlag,
  b.nextInvoiceDate,
  b.companyLocation.id AS companyLocationId,
  b.companyLocation.name AS companyLocationName,
  b.shipToCompany.id AS shipToCompanyId,
  b.shipToCompany.identifier AS shipToCompanyIdentifier,
  b.shipToCompany.name AS shipToCompanyName,
  b.shipToContact.id AS shipToContactId,
  b.shipToContact.name AS shipToContactName,
  b.shipToSite.id AS shipToSiteId,
  b.shipToSite.name AS shipToSiteName,
  b.agreementStatus,
  transform(b.customFields, x0 -> CASE WHEN x0 IS NOT NULL THEN named_struct('id', x0.id, 'caption', x0.caption, 'type', x0.type, 'entryMethod', x0.entryMethod, 'numberOfDecimals', x0.numberOfDecimals, 'value', x0.value, 'connectWiseId', x0.connectWiseId) END) AS customFields,
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
  FROM bronze.cw_agreement AS r
) AS b
""", "merge": r"""
-- @generated by `cargo codegen generate` from /components/schemas/Agreement. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS silver.cw_agreement (
  id BIGINT NOT NULL,
  name STRING,
  typeId BIGINT,
  typeName STRING,
  companyId BIGINT,
  companyIdentifier STRING,
  companyName STRING,
  contactId BIGINT,
  contactName STRING,
  siteId BIGINT,
  siteName STRING,
  subContractCompanyId BIGINT,
  subContractCompanyIdentifier STRING,
  subContractCompanyName STRING,
  subContractContactId BIGINT,
  subContractContactName STRING,
  parentAgreementId BIGINT,
  parentAgreementName STRING,
  parentAgreementType STRING,
  parentAgreementChargeFirmFlag BOOLEAN,
  customerPO STRING,
  locationId BIGINT,
  locationName STRING,
  departmentId BIGINT,
  departmentIdentifier STRING,
  departmentName STRING,
  restrictLocationFlag BOOLEAN,
  restrictDepartmentFlag BOOLEAN,
  startDate TIMESTAMP,
  endDate TIMESTAMP,
  noEndingDateFlag BOOLEAN,
  opportunityId BIGINT,
  opportunityName STRING,
  cancelledFlag BOOLEAN,
  dateCancelled TIMESTAMP,
  reasonCancelled STRING,
  slaId BIGINT,
  slaName STRING,
  workOrder STRING,
  internalNotes STRING,
  applicationUnits STRING,
  applicationLimit DOUBLE,
  applicationCycle STRING,
  applicationUnlimitedFlag BOOLEAN,
  oneTimeFlag BOOLEAN,
  coverAgreementTime BOOLEAN,
  coverAgreementProduct BOOLEAN,
  coverAgreementExpense BOOLEAN,
  coverSalesTax BOOLEAN,
  carryOverUnused BOOLEAN,
  allowOverruns BOOLEAN,
  expiredDays BIGINT,
  limit BIGINT,
  expireWhenZero BOOLEAN,
  chargeToFirm BOOLEAN,
  employeeCompRate STRING,
  employeeCompNotExceed STRING,
  compHourlyRate DOUBLE,
  compLimitAmount DOUBLE,
  billingCycleId BIGINT,
  billingCycleName STRING,
  billOneTimeFlag BOOLEAN,
  billingTermsId BIGINT,
  billingTermsName STRING,
  invoicingCycle STRING,
  billToCompanyId BIGINT,
  billToCompanyIdentifier STRING,
  billToCompanyName STRING,
  billToContactId BIGINT,
  billToContactName STRING,
  billToSiteId BIGINT,
  billToSiteName STRING,
  billAmount DOUBLE,
  taxable BOOLEAN,
  prorateFirstBill DOUBLE,
  billStartDate TIMESTAMP,
  taxCodeId BIGINT,
  taxCodeName STRING,
  restrictDownPayment BOOLEAN,
  prorateFlag BOOLEAN,
  invoiceProratedAdditionsFlag BOOLEAN,
  invoiceDescription STRING,
  topComment BOOLEAN,
  bottomComment BOOLEAN,
  workRoleId BIGINT,
  workRoleName STRING,
  workTypeId BIGINT,
  workTypeName STRING,
  workTypeUtilizationFlag BOOLEAN,
  projectTypeId BIGINT,
  projectTypeName STRING,
  invoiceTemplateId BIGINT,
  invoiceTemplateName STRING,
  billTime STRING,
  billExpenses STRING,
  billProducts STRING,
  billableTimeInvoice BOOLEAN,
  billableExpenseInvoice BOOLEAN,
  billableProductInvoice BOOLEAN,
  currencyId BIGINT,
  currencySymbol STRING,
  currencyCurrencyCode STRING,
  currencyDecimalSeparator STRING,
  currencyNumberOfDecimals BIGINT,
  currencyThousandsSeparator STRING,
  currencyNegativeParenthesesFlag BOOLEAN,
  currencyDisplaySymbolFlag BOOLEAN,
  currencyCurrencyIdentifier STRING,
  currencyDisplayIdFlag BOOLEAN,
  currencyRightAlign BOOLEAN,
  currencyName STRING,
  periodType STRING,
  autoInvoiceFlag BOOLEAN,
  nextInvoiceDate STRING,
  companyLocationId BIGINT,
  companyLocationName STRING,
  shipToCompanyId BIGINT,
  shipToCompanyIdentifier STRING,
  shipToCompanyName STRING,
  shipToContactId BIGINT,
  shipToContactName STRING,
  shipToSiteId BIGINT,
  shipToSiteName STRING,
  agreementStatus STRING,
  customFields ARRAY<STRUCT<id: BIGINT, caption: STRING, type: STRING, entryMethod: STRING, numberOfDecimals: BIGINT, value: STRING, connectWiseId: STRING>>,
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
  n.typeId,
  n.typeName,
  n.companyId,
  n.companyIdentifier,
  n.companyName,
  n.contactId,
  n.contactName,
  n.siteId,
  n.siteName,
  n.subContractCompanyId,
  n.subContractCompanyIdentifier,
  n.subContractCompanyName,
  n.subContractContactId,
  n.subContractContactName,
  n.parentAgreementId,
  n.parentAgreementName,
  n.parentAgreementType,
  n.parentAgreementChargeFirmFlag,
  n.customerPO,
  n.locationId,
  n.locationName,
  n.departmentId,
  n.departmentIdentifier,
  n.departmentName,
  n.restrictLocationFlag,
  n.restrictDepartmentFlag,
  n.startDate,
  n.endDate,
  n.noEndingDateFlag,
  n.opportunityId,
  n.opportunityName,
  n.cancelledFlag,
  n.dateCancelled,
  n.reasonCancelled,
  n.slaId,
  n.slaName,
  n.workOrder,
  n.internalNotes,
  n.applicationUnits,
  n.applicationLimit,
  n.applicationCycle,
  n.applicationUnlimitedFlag,
  n.oneTimeFlag,
  n.coverAgreementTime,
  n.coverAgreementProduct,
  n.coverAgreementExpense,
  n.coverSalesTax,
  n.carryOverUnused,
  n.allowOverruns,
  n.expiredDays,
  n.limit,
  n.expireWhenZero,
  n.chargeToFirm,
  n.employeeCompRate,
  n.employeeCompNotExceed,
  n.compHourlyRate,
  n.compLimitAmount,
  n.billingCycleId,
  n.billingCycleName,
  n.billOneTimeFlag,
  n.billingTermsId,
  n.billingTermsName,
  n.invoicingCycle,
  n.billToCompanyId,
  n.billToCompanyIdentifier,
  n.billToCompanyName,
  n.billToContactId,
  n.billToContactName,
  n.billToSiteId,
  n.billToSiteName,
  n.billAmount,
  n.taxable,
  n.prorateFirstBill,
  n.billStartDate,
  n.taxCodeId,
  n.taxCodeName,
  n.restrictDownPayment,
  n.prorateFlag,
  n.invoiceProratedAdditionsFlag,
  n.invoiceDescription,
  n.topComment,
  n.bottomComment,
  n.workRoleId,
  n.workRoleName,
  n.workTypeId,
  n.workTypeName,
  n.workTypeUtilizationFlag,
  n.projectTypeId,
  n.projectTypeName,
  n.invoiceTemplateId,
  n.invoiceTemplateName,
  n.billTime,
  n.billExpenses,
  n.billProducts,
  n.billableTimeInvoice,
  n.billableExpenseInvoice,
  n.billableProductInvoice,
  n.currencyId,
  n.currencySymbol,
  n.currencyCurrencyCode,
  n.currencyDecimalSeparator,
  n.currencyNumberOfDecimals,
  n.currencyThousandsSeparator,
  n.currencyNegativeParenthesesFlag,
  n.currencyDisplaySymbolFlag,
  n.currencyCurrencyIdentifier,
  n.currencyDisplayIdFlag,
  n.currencyRightAlign,
  n.currencyName,
  n.periodType,
  n.autoInvoiceFlag,
  n.nextInvoiceDate,
  n.companyLocationId,
  n.companyLocationName,
  n.shipToCompanyId,
  n.shipToCompanyIdentifier,
  n.shipToCompanyName,
  n.shipToContactId,
  n.shipToContactName,
  n.shipToSiteId,
  n.shipToSiteName,
  n.agreementStatus,
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
FULL OUTER JOIN silver.cw_agreement AS o ON o.id = n.id
WHERE n.id IS NULL OR o.id IS NULL OR NOT (
  n.name <=> o.name AND
  n.typeId <=> o.typeId AND
  n.typeName <=> o.typeName AND
  n.companyId <=> o.companyId AND
  n.companyIdentifier <=> o.companyIdentifier AND
  n.companyName <=> o.companyName AND
  n.contactId <=> o.contactId AND
  n.contactName <=> o.contactName AND
  n.siteId <=> o.siteId AND
  n.siteName <=> o.siteName AND
  n.subContractCompanyId <=> o.subContractCompanyId AND
  n.subContractCompanyIdentifier <=> o.subContractCompanyIdentifier AND
  n.subContractCompanyName <=> o.subContractCompanyName AND
  n.subContractContactId <=> o.subContractContactId AND
  n.subContractContactName <=> o.subContractContactName AND
  n.parentAgreementId <=> o.parentAgreementId AND
  n.parentAgreementName <=> o.parentAgreementName AND
  n.parentAgreementType <=> o.parentAgreementType AND
  n.parentAgreementChargeFirmFlag <=> o.parentAgreementChargeFirmFlag AND
  n.customerPO <=> o.customerPO AND
  n.locationId <=> o.locationId AND
  n.locationName <=> o.locationName AND
  n.departmentId <=> o.departmentId AND
  n.departmentIdentifier <=> o.departmentIdentifier AND
  n.departmentName <=> o.departmentName AND
  n.restrictLocationFlag <=> o.restrictLocationFlag AND
  n.restrictDepartmentFlag <=> o.restrictDepartmentFlag AND
  n.startDate <=> o.startDate AND
  n.endDate <=> o.endDate AND
  n.noEndingDateFlag <=> o.noEndingDateFlag AND
  n.opportunityId <=> o.opportunityId AND
  n.opportunityName <=> o.opportunityName AND
  n.cancelledFlag <=> o.cancelledFlag AND
  n.dateCancelled <=> o.dateCancelled AND
  n.reasonCancelled <=> o.reasonCancelled AND
  n.slaId <=> o.slaId AND
  n.slaName <=> o.slaName AND
  n.workOrder <=> o.workOrder AND
  n.internalNotes <=> o.internalNotes AND
  n.applicationUnits <=> o.applicationUnits AND
  n.applicationLimit <=> o.applicationLimit AND
  n.applicationCycle <=> o.applicationCycle AND
  n.applicationUnlimitedFlag <=> o.applicationUnlimitedFlag AND
  n.oneTimeFlag <=> o.oneTimeFlag AND
  n.coverAgreementTime <=> o.coverAgreementTime AND
  n.coverAgreementProduct <=> o.coverAgreementProduct AND
  n.coverAgreementExpense <=> o.coverAgreementExpense AND
  n.coverSalesTax <=> o.coverSalesTax AND
  n.carryOverUnused <=> o.carryOverUnused AND
  n.allowOverruns <=> o.allowOverruns AND
  n.expiredDays <=> o.expiredDays AND
  n.limit <=> o.limit AND
  n.expireWhenZero <=> o.expireWhenZero AND
  n.chargeToFirm <=> o.chargeToFirm AND
  n.employeeCompRate <=> o.employeeCompRate AND
  n.employeeCompNotExceed <=> o.employeeCompNotExceed AND
  n.compHourlyRate <=> o.compHourlyRate AND
  n.compLimitAmount <=> o.compLimitAmount AND
  n.billingCycleId <=> o.billingCycleId AND
  n.billingCycleName <=> o.billingCycleName AND
  n.billOneTimeFlag <=> o.billOneTimeFlag AND
  n.billingTermsId <=> o.billingTermsId AND
  n.billingTermsName <=> o.billingTermsName AND
  n.invoicingCycle <=> o.invoicingCycle AND
  n.billToCompanyId <=> o.billToCompanyId AND
  n.billToCompanyIdentifier <=> o.billToCompanyIdentifier AND
  n.billToCompanyName <=> o.billToCompanyName AND
  n.billToContactId <=> o.billToContactId AND
  n.billToContactName <=> o.billToContactName AND
  n.billToSiteId <=> o.billToSiteId AND
  n.billToSiteName <=> o.billToSiteName AND
  n.billAmount <=> o.billAmount AND
  n.taxable <=> o.taxable AND
  n.prorateFirstBill <=> o.prorateFirstBill AND
  n.billStartDate <=> o.billStartDate AND
  n.taxCodeId <=> o.taxCodeId AND
  n.taxCodeName <=> o.taxCodeName AND
  n.restrictDownPayment <=> o.restrictDownPayment AND
  n.prorateFlag <=> o.prorateFlag AND
  n.invoiceProratedAdditionsFlag <=> o.invoiceProratedAdditionsFlag AND
  n.invoiceDescription <=> o.invoiceDescription AND
  n.topComment <=> o.topComment AND
  n.bottomComment <=> o.bottomComment AND
  n.workRoleId <=> o.workRoleId AND
  n.workRoleName <=> o.workRoleName AND
  n.workTypeId <=> o.workTypeId AND
  n.workTypeName <=> o.workTypeName AND
  n.workTypeUtilizationFlag <=> o.workTypeUtilizationFlag AND
  n.projectTypeId <=> o.projectTypeId AND
  n.projectTypeName <=> o.projectTypeName AND
  n.invoiceTemplateId <=> o.invoiceTemplateId AND
  n.invoiceTemplateName <=> o.invoiceTemplateName AND
  n.billTime <=> o.billTime AND
  n.billExpenses <=> o.billExpenses AND
  n.billProducts <=> o.billProducts AND
  n.billableTimeInvoice <=> o.billableTimeInvoice AND
  n.billableExpenseInvoice <=> o.billableExpenseInvoice AND
  n.billableProductInvoice <=> o.billableProductInvoice AND
  n.currencyId <=> o.currencyId AND
  n.currencySymbol <=> o.currencySymbol AND
  n.currencyCurrencyCode <=> o.currencyCurrencyCode AND
  n.currencyDecimalSeparator <=> o.currencyDecimalSeparator AND
  n.currencyNumberOfDecimals <=> o.currencyNumberOfDecimals AND
  n.currencyThousandsSeparator <=> o.currencyThousandsSeparator AND
  n.currencyNegativeParenthesesFlag <=> o.currencyNegativeParenthesesFlag AND
  n.currencyDisplaySymbolFlag <=> o.currencyDisplaySymbolFlag AND
  n.currencyCurrencyIdentifier <=> o.currencyCurrencyIdentifier AND
  n.currencyDisplayIdFlag <=> o.currencyDisplayIdFlag AND
  n.currencyRightAlign <=> o.currencyRightAlign AND
  n.currencyName <=> o.currencyName AND
  n.periodType <=> o.periodType AND
  n.autoInvoiceFlag <=> o.autoInvoiceFlag AND
  n.nextInvoiceDate <=> o.nextInvoiceDate AND
  n.companyLocationId <=> o.companyLocationId AND
  n.companyLocationName <=> o.companyLocationName AND
  n.shipToCompanyId <=> o.shipToCompanyId AND
  n.shipToCompanyIdentifier <=> o.shipToCompanyIdentifier AND
  n.shipToCompanyName <=> o.shipToCompanyName AND
  n.shipToContactId <=> o.shipToContactId AND
  n.shipToContactName <=> o.shipToContactName AND
  n.shipToSiteId <=> o.shipToSiteId AND
  n.shipToSiteName <=> o.shipToSiteName AND
  n.agreementStatus <=> o.agreementStatus AND
  n.customFields <=> o.customFields AND
  n.infoLastUpdated <=> o.infoLastUpdated AND
  n.infoUpdatedBy <=> o.infoUpdatedBy AND
  n.infoDateEntered <=> o.infoDateEntered AND
  n.infoEnteredBy <=> o.infoEnteredBy AND
  n._etl_deleted_at <=> o._etl_deleted_at
);
MERGE INTO silver.cw_agreement AS t
USING changed AS s
ON t.id = s.id
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  name = s.name,
  typeId = s.typeId,
  typeName = s.typeName,
  companyId = s.companyId,
  companyIdentifier = s.companyIdentifier,
  companyName = s.companyName,
  contactId = s.contactId,
  contactName = s.contactName,
  siteId = s.siteId,
  siteName = s.siteName,
  subContractCompanyId = s.subContractCompanyId,
  subContractCompanyIdentifier = s.subContractCompanyIdentifier,
  subContractCompanyName = s.subContractCompanyName,
  subContractContactId = s.subContractContactId,
  subContractContactName = s.subContractContactName,
  parentAgreementId = s.parentAgreementId,
  parentAgreementName = s.parentAgreementName,
  parentAgreementType = s.parentAgreementType,
  parentAgreementChargeFirmFlag = s.parentAgreementChargeFirmFlag,
  customerPO = s.customerPO,
  locationId = s.locationId,
  locationName = s.locationName,
  departmentId = s.departmentId,
  departmentIdentifier = s.departmentIdentifier,
  departmentName = s.departmentName,
  restrictLocationFlag = s.restrictLocationFlag,
  restrictDepartmentFlag = s.restrictDepartmentFlag,
  startDate = s.startDate,
  endDate = s.endDate,
  noEndingDateFlag = s.noEndingDateFlag,
  opportunityId = s.opportunityId,
  opportunityName = s.opportunityName,
  cancelledFlag = s.cancelledFlag,
  dateCancelled = s.dateCancelled,
  reasonCancelled = s.reasonCancelled,
  slaId = s.slaId,
  slaName = s.slaName,
  workOrder = s.workOrder,
  internalNotes = s.internalNotes,
  applicationUnits = s.applicationUnits,
  applicationLimit = s.applicationLimit,
  applicationCycle = s.applicationCycle,
  applicationUnlimitedFlag = s.applicationUnlimitedFlag,
  oneTimeFlag = s.oneTimeFlag,
  coverAgreementTime = s.coverAgreementTime,
  coverAgreementProduct = s.coverAgreementProduct,
  coverAgreementExpense = s.coverAgreementExpense,
  coverSalesTax = s.coverSalesTax,
  carryOverUnused = s.carryOverUnused,
  allowOverruns = s.allowOverruns,
  expiredDays = s.expiredDays,
  limit = s.limit,
  expireWhenZero = s.expireWhenZero,
  chargeToFirm = s.chargeToFirm,
  employeeCompRate = s.employeeCompRate,
  employeeCompNotExceed = s.employeeCompNotExceed,
  compHourlyRate = s.compHourlyRate,
  compLimitAmount = s.compLimitAmount,
  billingCycleId = s.billingCycleId,
  billingCycleName = s.billingCycleName,
  billOneTimeFlag = s.billOneTimeFlag,
  billingTermsId = s.billingTermsId,
  billingTermsName = s.billingTermsName,
  invoicingCycle = s.invoicingCycle,
  billToCompanyId = s.billToCompanyId,
  billToCompanyIdentifier = s.billToCompanyIdentifier,
  billToCompanyName = s.billToCompanyName,
  billToContactId = s.billToContactId,
  billToContactName = s.billToContactName,
  billToSiteId = s.billToSiteId,
  billToSiteName = s.billToSiteName,
  billAmount = s.billAmount,
  taxable = s.taxable,
  prorateFirstBill = s.prorateFirstBill,
  billStartDate = s.billStartDate,
  taxCodeId = s.taxCodeId,
  taxCodeName = s.taxCodeName,
  restrictDownPayment = s.restrictDownPayment,
  prorateFlag = s.prorateFlag,
  invoiceProratedAdditionsFlag = s.invoiceProratedAdditionsFlag,
  invoiceDescription = s.invoiceDescription,
  topComment = s.topComment,
  bottomComment = s.bottomComment,
  workRoleId = s.workRoleId,
  workRoleName = s.workRoleName,
  workTypeId = s.workTypeId,
  workTypeName = s.workTypeName,
  workTypeUtilizationFlag = s.workTypeUtilizationFlag,
  projectTypeId = s.projectTypeId,
  projectTypeName = s.projectTypeName,
  invoiceTemplateId = s.invoiceTemplateId,
  invoiceTemplateName = s.invoiceTemplateName,
  billTime = s.billTime,
  billExpenses = s.billExpenses,
  billProducts = s.billProducts,
  billableTimeInvoice = s.billableTimeInvoice,
  billableExpenseInvoice = s.billableExpenseInvoice,
  billableProductInvoice = s.billableProductInvoice,
  currencyId = s.currencyId,
  currencySymbol = s.currencySymbol,
  currencyCurrencyCode = s.currencyCurrencyCode,
  currencyDecimalSeparator = s.currencyDecimalSeparator,
  currencyNumberOfDecimals = s.currencyNumberOfDecimals,
  currencyThousandsSeparator = s.currencyThousandsSeparator,
  currencyNegativeParenthesesFlag = s.currencyNegativeParenthesesFlag,
  currencyDisplaySymbolFlag = s.currencyDisplaySymbolFlag,
  currencyCurrencyIdentifier = s.currencyCurrencyIdentifier,
  currencyDisplayIdFlag = s.currencyDisplayIdFlag,
  currencyRightAlign = s.currencyRightAlign,
  currencyName = s.currencyName,
  periodType = s.periodType,
  autoInvoiceFlag = s.autoInvoiceFlag,
  nextInvoiceDate = s.nextInvoiceDate,
  companyLocationId = s.companyLocationId,
  companyLocationName = s.companyLocationName,
  shipToCompanyId = s.shipToCompanyId,
  shipToCompanyIdentifier = s.shipToCompanyIdentifier,
  shipToCompanyName = s.shipToCompanyName,
  shipToContactId = s.shipToContactId,
  shipToContactName = s.shipToContactName,
  shipToSiteId = s.shipToSiteId,
  shipToSiteName = s.shipToSiteName,
  agreementStatus = s.agreementStatus,
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
  typeId,
  typeName,
  companyId,
  companyIdentifier,
  companyName,
  contactId,
  contactName,
  siteId,
  siteName,
  subContractCompanyId,
  subContractCompanyIdentifier,
  subContractCompanyName,
  subContractContactId,
  subContractContactName,
  parentAgreementId,
  parentAgreementName,
  parentAgreementType,
  parentAgreementChargeFirmFlag,
  customerPO,
  locationId,
  locationName,
  departmentId,
  departmentIdentifier,
  departmentName,
  restrictLocationFlag,
  restrictDepartmentFlag,
  startDate,
  endDate,
  noEndingDateFlag,
  opportunityId,
  opportunityName,
  cancelledFlag,
  dateCancelled,
  reasonCancelled,
  slaId,
  slaName,
  workOrder,
  internalNotes,
  applicationUnits,
  applicationLimit,
  applicationCycle,
  applicationUnlimitedFlag,
  oneTimeFlag,
  coverAgreementTime,
  coverAgreementProduct,
  coverAgreementExpense,
  coverSalesTax,
  carryOverUnused,
  allowOverruns,
  expiredDays,
  limit,
  expireWhenZero,
  chargeToFirm,
  employeeCompRate,
  employeeCompNotExceed,
  compHourlyRate,
  compLimitAmount,
  billingCycleId,
  billingCycleName,
  billOneTimeFlag,
  billingTermsId,
  billingTermsName,
  invoicingCycle,
  billToCompanyId,
  billToCompanyIdentifier,
  billToCompanyName,
  billToContactId,
  billToContactName,
  billToSiteId,
  billToSiteName,
  billAmount,
  taxable,
  prorateFirstBill,
  billStartDate,
  taxCodeId,
  taxCodeName,
  restrictDownPayment,
  prorateFlag,
  invoiceProratedAdditionsFlag,
  invoiceDescription,
  topComment,
  bottomComment,
  workRoleId,
  workRoleName,
  workTypeId,
  workTypeName,
  workTypeUtilizationFlag,
  projectTypeId,
  projectTypeName,
  invoiceTemplateId,
  invoiceTemplateName,
  billTime,
  billExpenses,
  billProducts,
  billableTimeInvoice,
  billableExpenseInvoice,
  billableProductInvoice,
  currencyId,
  currencySymbol,
  currencyCurrencyCode,
  currencyDecimalSeparator,
  currencyNumberOfDecimals,
  currencyThousandsSeparator,
  currencyNegativeParenthesesFlag,
  currencyDisplaySymbolFlag,
  currencyCurrencyIdentifier,
  currencyDisplayIdFlag,
  currencyRightAlign,
  currencyName,
  periodType,
  autoInvoiceFlag,
  nextInvoiceDate,
  companyLocationId,
  companyLocationName,
  shipToCompanyId,
  shipToCompanyIdentifier,
  shipToCompanyName,
  shipToContactId,
  shipToContactName,
  shipToSiteId,
  shipToSiteName,
  agreementStatus,
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
  s.typeId,
  s.typeName,
  s.companyId,
  s.companyIdentifier,
  s.companyName,
  s.contactId,
  s.contactName,
  s.siteId,
  s.siteName,
  s.subContractCompanyId,
  s.subContractCompanyIdentifier,
  s.subContractCompanyName,
  s.subContractContactId,
  s.subContractContactName,
  s.parentAgreementId,
  s.parentAgreementName,
  s.parentAgreementType,
  s.parentAgreementChargeFirmFlag,
  s.customerPO,
  s.locationId,
  s.locationName,
  s.departmentId,
  s.departmentIdentifier,
  s.departmentName,
  s.restrictLocationFlag,
  s.restrictDepartmentFlag,
  s.startDate,
  s.endDate,
  s.noEndingDateFlag,
  s.opportunityId,
  s.opportunityName,
  s.cancelledFlag,
  s.dateCancelled,
  s.reasonCancelled,
  s.slaId,
  s.slaName,
  s.workOrder,
  s.internalNotes,
  s.applicationUnits,
  s.applicationLimit,
  s.applicationCycle,
  s.applicationUnlimitedFlag,
  s.oneTimeFlag,
  s.coverAgreementTime,
  s.coverAgreementProduct,
  s.coverAgreementExpense,
  s.coverSalesTax,
  s.carryOverUnused,
  s.allowOverruns,
  s.expiredDays,
  s.limit,
  s.expireWhenZero,
  s.chargeToFirm,
  s.employeeCompRate,
  s.employeeCompNotExceed,
  s.compHourlyRate,
  s.compLimitAmount,
  s.billingCycleId,
  s.billingCycleName,
  s.billOneTimeFlag,
  s.billingTermsId,
  s.billingTermsName,
  s.invoicingCycle,
  s.billToCompanyId,
  s.billToCompanyIdentifier,
  s.billToCompanyName,
  s.billToContactId,
  s.billToContactName,
  s.billToSiteId,
  s.billToSiteName,
  s.billAmount,
  s.taxable,
  s.prorateFirstBill,
  s.billStartDate,
  s.taxCodeId,
  s.taxCodeName,
  s.restrictDownPayment,
  s.prorateFlag,
  s.invoiceProratedAdditionsFlag,
  s.invoiceDescription,
  s.topComment,
  s.bottomComment,
  s.workRoleId,
  s.workRoleName,
  s.workTypeId,
  s.workTypeName,
  s.workTypeUtilizationFlag,
  s.projectTypeId,
  s.projectTypeName,
  s.invoiceTemplateId,
  s.invoiceTemplateName,
  s.billTime,
  s.billExpenses,
  s.billProducts,
  s.billableTimeInvoice,
  s.billableExpenseInvoice,
  s.billableProductInvoice,
  s.currencyId,
  s.currencySymbol,
  s.currencyCurrencyCode,
  s.currencyDecimalSeparator,
  s.currencyNumberOfDecimals,
  s.currencyThousandsSeparator,
  s.currencyNegativeParenthesesFlag,
  s.currencyDisplaySymbolFlag,
  s.currencyCurrencyIdentifier,
  s.currencyDisplayIdFlag,
  s.currencyRightAlign,
  s.currencyName,
  s.periodType,
  s.autoInvoiceFlag,
  s.nextInvoiceDate,
  s.companyLocationId,
  s.companyLocationName,
  s.shipToCompanyId,
  s.shipToCompanyIdentifier,
  s.shipToCompanyName,
  s.shipToContactId,
  s.shipToContactName,
  s.shipToSiteId,
  s.shipToSiteName,
  s.agreementStatus,
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

steps.append({"layer": "silver", "table": "cw_agreement_customfields", "bronze": "cw_agreement", "select": r"""
-- @generated by `cargo codegen generate` from /components/schemas/Agreement. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
-- and what stands for the run below: SET processedAt = 2026-06-15T02:00:00.000000Z, SET batchId = …
SELECT
  e.parentId,
  CAST(e.listIndex AS BIGINT) AS listIndex,
  e.item.id,
  e.item.caption,
  e.item.type,
  e.item.entryMethod,
  e.item.numberOfDecimals,
  e.item.value,
  e.item.connectWiseId,
  TIMESTAMP '${processedAt}' AS _etl_processed_at,
  'connectwise' AS _etl_source,
  '${batchId}' AS _etl_batch_id,
  e.etlDeletedAt AS _etl_deleted_at
FROM (
  SELECT b.id AS parentId, b.etlDeletedAt, posexplode(b.customFields) AS (listIndex, item)
  FROM bronze.cw_agreement AS b
) AS e
WHERE e.item IS NOT NULL
""", "merge": r"""
-- @generated by `cargo codegen generate` from /components/schemas/Agreement. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS silver.cw_agreement_customfields (
  parentId BIGINT NOT NULL,
  listIndex BIGINT NOT NULL,
  id BIGINT,
  caption STRING,
  type STRING,
  entryMethod STRING,
  numberOfDecimals BIGINT,
  value STRING,
  connectWiseId STRING,
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
  n.type,
  n.entryMethod,
  n.numberOfDecimals,
  n.value,
  n.connectWiseId,
  n._etl_processed_at,
  n._etl_source,
  n._etl_batch_id,
  n._etl_deleted_at,
  n.parentId IS NULL AS _etl_gone
FROM computed AS n
FULL OUTER JOIN silver.cw_agreement_customfields AS o ON o.parentId = n.parentId AND o.listIndex = n.listIndex
WHERE n.parentId IS NULL OR o.parentId IS NULL OR NOT (
  n.id <=> o.id AND
  n.caption <=> o.caption AND
  n.type <=> o.type AND
  n.entryMethod <=> o.entryMethod AND
  n.numberOfDecimals <=> o.numberOfDecimals AND
  n.value <=> o.value AND
  n.connectWiseId <=> o.connectWiseId AND
  n._etl_deleted_at <=> o._etl_deleted_at
);
MERGE INTO silver.cw_agreement_customfields AS t
USING changed AS s
ON t.parentId = s.parentId AND t.listIndex = s.listIndex
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  id = s.id,
  caption = s.caption,
  type = s.type,
  entryMethod = s.entryMethod,
  numberOfDecimals = s.numberOfDecimals,
  value = s.value,
  connectWiseId = s.connectWiseId,
  _etl_processed_at = s._etl_processed_at,
  _etl_source = s._etl_source,
  _etl_batch_id = s._etl_batch_id,
  _etl_deleted_at = s._etl_deleted_at
WHEN NOT MATCHED AND NOT s._etl_gone THEN INSERT (
  parentId,
  listIndex,
  id,
  caption,
  type,
  entryMethod,
  numberOfDecimals,
  value,
  connectWiseId,
  _etl_processed_at,
  _etl_source,
  _etl_batch_id,
  _etl_deleted_at
) VALUES (
  s.parentId,
  s.listIndex,
  s.id,
  s.caption,
  s.type,
  s.entryMethod,
  s.numberOfDecimals,
  s.value,
  s.connectWiseId,
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

steps.append({"layer": "silver", "table": "cw_agreementaddition", "bronze": "cw_agreementaddition", "select": r"""
-- @generated by `cargo codegen generate` from /components/schemas/Addition. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
-- and what stands for the run below: SET processedAt = 2026-06-15T02:00:00.000000Z, SET batchId = …
SELECT
  b.id,
  b.product.id AS productId,
  b.product.identifier AS productIdentifier,
  b.product.serializedFlag AS productSerializedFlag,
  b.quantity,
  b.lessIncluded,
  b.unitPrice,
  b.unitCost,
  b.billCustomer,
  b.effectiveDate,
  b.cancelledDate,
  b.taxableFlag,
  b.serialNumber,
  b.invoiceDescription,
  b.purchaseItemFlag,
  b.specialOrderFlag,
  b.agreementId,
  b.description,
  b.billedQuantity,
  b.uom,
  b.extPrice,
  b.extCost,
  b.sequenceNumber,
  b.margin,
  b.prorateCost,
  b.proratePrice,
  b.extendedProrateCost,
  b.extendedProratePrice,
  b.prorateCurrentPeriodFlag,
  b.opportunity.id AS opportunityId,
  b.opportunity.name AS opportunityName,
  b.agreementStatus,
  b.invoiceGrouping.id AS invoiceGroupingId,
  b.invoiceGrouping.name AS invoiceGroupingName,
  b.invoiceGrouping.description AS invoiceGroupingDescription,
  b.invoiceGrouping.showPriceFlag AS invoiceGroupingShowPriceFlag,
  b.invoiceGrouping.showSubItemsFlag AS invoiceGroupingShowSubItemsFlag,
  b.invoiceGrouping.groupParentChildAdditionsFlag AS invoiceGroupingGroupParentChildAdditionsFlag,
  transform(b.customFields, x0 -> CASE WHEN x0 IS NOT NULL THEN named_struct('id', x0.id, 'caption', x0.caption, 'type', x0.type, 'entryMethod', x0.entryMethod, 'numberOfDecimals', x0.numberOfDecimals, 'value', x0.value, 'connectWiseId', x0.connectWiseId) END) AS customFields,
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
  FROM bronze.cw_agreementaddition AS r
) AS b
""", "merge": r"""
-- @generated by `cargo codegen generate` from /components/schemas/Addition. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS silver.cw_agreementaddition (
  id BIGINT NOT NULL,
  productId BIGINT,
  productIdentifier STRING,
  productSerializedFlag BOOLEAN,
  quantity DOUBLE,
  lessIncluded DOUBLE,
  unitPrice DOUBLE,
  unitCost DOUBLE,
  billCustomer STRING,
  effectiveDate TIMESTAMP,
  cancelledDate TIMESTAMP,
  taxableFlag BOOLEAN,
  serialNumber STRING,
  invoiceDescription STRING,
  purchaseItemFlag BOOLEAN,
  specialOrderFlag BOOLEAN,
  agreementId BIGINT,
  description STRING,
  billedQuantity DOUBLE,
  uom STRING,
  extPrice DOUBLE,
  extCost DOUBLE,
  sequenceNumber DOUBLE,
  margin DOUBLE,
  prorateCost DOUBLE,
  proratePrice DOUBLE,
  extendedProrateCost DOUBLE,
  extendedProratePrice DOUBLE,
  prorateCurrentPeriodFlag BOOLEAN,
  opportunityId BIGINT,
  opportunityName STRING,
  agreementStatus STRING,
  invoiceGroupingId BIGINT,
  invoiceGroupingName STRING,
  invoiceGroupingDescription STRING,
  invoiceGroupingShowPriceFlag BOOLEAN,
  invoiceGroupingShowSubItemsFlag BOOLEAN,
  invoiceGroupingGroupParentChildAdditionsFlag BOOLEAN,
  customFields ARRAY<STRUCT<id: BIGINT, caption: STRING, type: STRING, entryMethod: STRING, numberOfDecimals: BIGINT, value: STRING, connectWiseId: STRING>>,
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
  n.productId,
  n.productIdentifier,
  n.productSerializedFlag,
  n.quantity,
  n.lessIncluded,
  n.unitPrice,
  n.unitCost,
  n.billCustomer,
  n.effectiveDate,
  n.cancelledDate,
  n.taxableFlag,
  n.serialNumber,
  n.invoiceDescription,
  n.purchaseItemFlag,
  n.specialOrderFlag,
  n.agreementId,
  n.description,
  n.billedQuantity,
  n.uom,
  n.extPrice,
  n.extCost,
  n.sequenceNumber,
  n.margin,
  n.prorateCost,
  n.proratePrice,
  n.extendedProrateCost,
  n.extendedProratePrice,
  n.prorateCurrentPeriodFlag,
  n.opportunityId,
  n.opportunityName,
  n.agreementStatus,
  n.invoiceGroupingId,
  n.invoiceGroupingName,
  n.invoiceGroupingDescription,
  n.invoiceGroupingShowPriceFlag,
  n.invoiceGroupingShowSubItemsFlag,
  n.invoiceGroupingGroupParentChildAdditionsFlag,
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
FULL OUTER JOIN silver.cw_agreementaddition AS o ON o.id = n.id
WHERE n.id IS NULL OR o.id IS NULL OR NOT (
  n.productId <=> o.productId AND
  n.productIdentifier <=> o.productIdentifier AND
  n.productSerializedFlag <=> o.productSerializedFlag AND
  n.quantity <=> o.quantity AND
  n.lessIncluded <=> o.lessIncluded AND
  n.unitPrice <=> o.unitPrice AND
  n.unitCost <=> o.unitCost AND
  n.billCustomer <=> o.billCustomer AND
  n.effectiveDate <=> o.effectiveDate AND
  n.cancelledDate <=> o.cancelledDate AND
  n.taxableFlag <=> o.taxableFlag AND
  n.serialNumber <=> o.serialNumber AND
  n.invoiceDescription <=> o.invoiceDescription AND
  n.purchaseItemFlag <=> o.purchaseItemFlag AND
  n.specialOrderFlag <=> o.specialOrderFlag AND
  n.agreementId <=> o.agreementId AND
  n.description <=> o.description AND
  n.billedQuantity <=> o.billedQuantity AND
  n.uom <=> o.uom AND
  n.extPrice <=> o.extPrice AND
  n.extCost <=> o.extCost AND
  n.sequenceNumber <=> o.sequenceNumber AND
  n.margin <=> o.margin AND
  n.prorateCost <=> o.prorateCost AND
  n.proratePrice <=> o.proratePrice AND
  n.extendedProrateCost <=> o.extendedProrateCost AND
  n.extendedProratePrice <=> o.extendedProratePrice AND
  n.prorateCurrentPeriodFlag <=> o.prorateCurrentPeriodFlag AND
  n.opportunityId <=> o.opportunityId AND
  n.opportunityName <=> o.opportunityName AND
  n.agreementStatus <=> o.agreementStatus AND
  n.invoiceGroupingId <=> o.invoiceGroupingId AND
  n.invoiceGroupingName <=> o.invoiceGroupingName AND
  n.invoiceGroupingDescription <=> o.invoiceGroupingDescription AND
  n.invoiceGroupingShowPriceFlag <=> o.invoiceGroupingShowPriceFlag AND
  n.invoiceGroupingShowSubItemsFlag <=> o.invoiceGroupingShowSubItemsFlag AND
  n.invoiceGroupingGroupParentChildAdditionsFlag <=> o.invoiceGroupingGroupParentChildAdditionsFlag AND
  n.customFields <=> o.customFields AND
  n.infoLastUpdated <=> o.infoLastUpdated AND
  n.infoUpdatedBy <=> o.infoUpdatedBy AND
  n.infoDateEntered <=> o.infoDateEntered AND
  n.infoEnteredBy <=> o.infoEnteredBy AND
  n._etl_deleted_at <=> o._etl_deleted_at
);
MERGE INTO silver.cw_agreementaddition AS t
USING changed AS s
ON t.id = s.id
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  productId = s.productId,
  productIdentifier = s.productIdentifier,
  productSerializedFlag = s.productSerializedFlag,
  quantity = s.quantity,
  lessIncluded = s.lessIncluded,
  unitPrice = s.unitPrice,
  unitCost = s.unitCost,
  billCustomer = s.billCustomer,
  effectiveDate = s.effectiveDate,
  cancelledDate = s.cancelledDate,
  taxableFlag = s.taxableFlag,
  serialNumber = s.serialNumber,
  invoiceDescription = s.invoiceDescription,
  purchaseItemFlag = s.purchaseItemFlag,
  specialOrderFlag = s.specialOrderFlag,
  agreementId = s.agreementId,
  description = s.description,
  billedQuantity = s.billedQuantity,
  uom = s.uom,
  extPrice = s.extPrice,
  extCost = s.extCost,
  sequenceNumber = s.sequenceNumber,
  margin = s.margin,
  prorateCost = s.prorateCost,
  proratePrice = s.proratePrice,
  extendedProrateCost = s.extendedProrateCost,
  extendedProratePrice = s.extendedProratePrice,
  prorateCurrentPeriodFlag = s.prorateCurrentPeriodFlag,
  opportunityId = s.opportunityId,
  opportunityName = s.opportunityName,
  agreementStatus = s.agreementStatus,
  invoiceGroupingId = s.invoiceGroupingId,
  invoiceGroupingName = s.invoiceGroupingName,
  invoiceGroupingDescription = s.invoiceGroupingDescription,
  invoiceGroupingShowPriceFlag = s.invoiceGroupingShowPriceFlag,
  invoiceGroupingShowSubItemsFlag = s.invoiceGroupingShowSubItemsFlag,
  invoiceGroupingGroupParentChildAdditionsFlag = s.invoiceGroupingGroupParentChildAdditionsFlag,
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
  productId,
  productIdentifier,
  productSerializedFlag,
  quantity,
  lessIncluded,
  unitPrice,
  unitCost,
  billCustomer,
  effectiveDate,
  cancelledDate,
  taxableFlag,
  serialNumber,
  invoiceDescription,
  purchaseItemFlag,
  specialOrderFlag,
  agreementId,
  description,
  billedQuantity,
  uom,
  extPrice,
  extCost,
  sequenceNumber,
  margin,
  prorateCost,
  proratePrice,
  extendedProrateCost,
  extendedProratePrice,
  prorateCurrentPeriodFlag,
  opportunityId,
  opportunityName,
  agreementStatus,
  invoiceGroupingId,
  invoiceGroupingName,
  invoiceGroupingDescription,
  invoiceGroupingShowPriceFlag,
  invoiceGroupingShowSubItemsFlag,
  invoiceGroupingGroupParentChildAdditionsFlag,
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
  s.productId,
  s.productIdentifier,
  s.productSerializedFlag,
  s.quantity,
  s.lessIncluded,
  s.unitPrice,
  s.unitCost,
  s.billCustomer,
  s.effectiveDate,
  s.cancelledDate,
  s.taxableFlag,
  s.serialNumber,
  s.invoiceDescription,
  s.purchaseItemFlag,
  s.specialOrderFlag,
  s.agreementId,
  s.description,
  s.billedQuantity,
  s.uom,
  s.extPrice,
  s.extCost,
  s.sequenceNumber,
  s.margin,
  s.prorateCost,
  s.proratePrice,
  s.extendedProrateCost,
  s.extendedProratePrice,
  s.prorateCurrentPeriodFlag,
  s.opportunityId,
  s.opportunityName,
  s.agreementStatus,
  s.invoiceGroupingId,
  s.invoiceGroupingName,
  s.invoiceGroupingDescription,
  s.invoiceGroupingShowPriceFlag,
  s.invoiceGroupingShowSubItemsFlag,
  s.invoiceGroupingGroupParentChildAdditionsFlag,
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

steps.append({"layer": "silver", "table": "cw_agreementaddition_customfields", "bronze": "cw_agreementaddition", "select": r"""
-- @generated by `cargo codegen generate` from /components/schemas/Addition. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
-- and what stands for the run below: SET processedAt = 2026-06-15T02:00:00.000000Z, SET batchId = …
SELECT
  e.parentId,
  CAST(e.listIndex AS BIGINT) AS listIndex,
  e.item.id,
  e.item.caption,
  e.item.type,
  e.item.entryMethod,
  e.item.numberOfDecimals,
  e.item.value,
  e.item.connectWiseId,
  TIMESTAMP '${processedAt}' AS _etl_processed_at,
  'connectwise' AS _etl_source,
  '${batchId}' AS _etl_batch_id,
  e.etlDeletedAt AS _etl_deleted_at
FROM (
  SELECT b.id AS parentId, b.etlDeletedAt, posexplode(b.customFields) AS (listIndex, item)
  FROM bronze.cw_agreementaddition AS b
) AS e
WHERE e.item IS NOT NULL
""", "merge": r"""
-- @generated by `cargo codegen generate` from /components/schemas/Addition. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS silver.cw_agreementaddition_customfields (
  parentId BIGINT NOT NULL,
  listIndex BIGINT NOT NULL,
  id BIGINT,
  caption STRING,
  type STRING,
  entryMethod STRING,
  numberOfDecimals BIGINT,
  value STRING,
  connectWiseId STRING,
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
  n.type,
  n.entryMethod,
  n.numberOfDecimals,
  n.value,
  n.connectWiseId,
  n._etl_processed_at,
  n._etl_source,
  n._etl_batch_id,
  n._etl_deleted_at,
  n.parentId IS NULL AS _etl_gone
FROM computed AS n
FULL OUTER JOIN silver.cw_agreementaddition_customfields AS o ON o.parentId = n.parentId AND o.listIndex = n.listIndex
WHERE n.parentId IS NULL OR o.parentId IS NULL OR NOT (
  n.id <=> o.id AND
  n.caption <=> o.caption AND
  n.type <=> o.type AND
  n.entryMethod <=> o.entryMethod AND
  n.numberOfDecimals <=> o.numberOfDecimals AND
  n.value <=> o.value AND
  n.connectWiseId <=> o.connectWiseId AND
  n._etl_deleted_at <=> o._etl_deleted_at
);
MERGE INTO silver.cw_agreementaddition_customfields AS t
USING changed AS s
ON t.parentId = s.parentId AND t.listIndex = s.listIndex
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  id = s.id,
  caption = s.caption,
  type = s.type,
  entryMethod = s.entryMethod,
  numberOfDecimals = s.numberOfDecimals,
  value = s.value,
  connectWiseId = s.connectWiseId,
  _etl_processed_at = s._etl_processed_at,
  _etl_source = s._etl_source,
  _etl_batch_id = s._etl_batch_id,
  _etl_deleted_at = s._etl_deleted_at
WHEN NOT MATCHED AND NOT s._etl_gone THEN INSERT (
  parentId,
  listIndex,
  id,
  caption,
  type,
  entryMethod,
  numberOfDecimals,
  value,
  connectWiseId,
  _etl_processed_at,
  _etl_source,
  _etl_batch_id,
  _etl_deleted_at
) VALUES (
  s.parentId,
  s.listIndex,
  s.id,
  s.caption,
  s.type,
  s.entryMethod,
  s.numberOfDecimals,
  s.value,
  s.connectWiseId,
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

steps.append({"layer": "silver", "table": "cw_agreementadjustment", "bronze": "cw_agreementadjustment", "select": r"""
-- @generated by `cargo codegen generate` from /components/schemas/Agreement.Adjustment. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
-- and what stands for the run below: SET processedAt = 2026-06-15T02:00:00.000000Z, SET batchId = …
SELECT
  b.id,
  b.amount,
  b.description,
  b.effectiveDate,
  b.agreementId,
  transform(b.customFields, x0 -> CASE WHEN x0 IS NOT NULL THEN named_struct('id', x0.id, 'caption', x0.caption, 'type', x0.type, 'entryMethod', x0.entryMethod, 'numberOfDecimals', x0.numberOfDecimals, 'value', x0.value, 'connectWiseId', x0.connectWiseId) END) AS customFields,
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
  FROM bronze.cw_agreementadjustment AS r
) AS b
""", "merge": r"""
-- @generated by `cargo codegen generate` from /components/schemas/Agreement.Adjustment. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS silver.cw_agreementadjustment (
  id BIGINT NOT NULL,
  amount DOUBLE,
  description STRING,
  effectiveDate TIMESTAMP,
  agreementId BIGINT,
  customFields ARRAY<STRUCT<id: BIGINT, caption: STRING, type: STRING, entryMethod: STRING, numberOfDecimals: BIGINT, value: STRING, connectWiseId: STRING>>,
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
  n.amount,
  n.description,
  n.effectiveDate,
  n.agreementId,
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
FULL OUTER JOIN silver.cw_agreementadjustment AS o ON o.id = n.id
WHERE n.id IS NULL OR o.id IS NULL OR NOT (
  n.amount <=> o.amount AND
  n.description <=> o.description AND
  n.effectiveDate <=> o.effectiveDate AND
  n.agreementId <=> o.agreementId AND
  n.customFields <=> o.customFields AND
  n.infoLastUpdated <=> o.infoLastUpdated AND
  n.infoUpdatedBy <=> o.infoUpdatedBy AND
  n.infoDateEntered <=> o.infoDateEntered AND
  n.infoEnteredBy <=> o.infoEnteredBy AND
  n._etl_deleted_at <=> o._etl_deleted_at
);
MERGE INTO silver.cw_agreementadjustment AS t
USING changed AS s
ON t.id = s.id
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  amount = s.amount,
  description = s.description,
  effectiveDate = s.effectiveDate,
  agreementId = s.agreementId,
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
  amount,
  description,
  effectiveDate,
  agreementId,
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
  s.amount,
  s.description,
  s.effectiveDate,
  s.agreementId,
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

steps.append({"layer": "silver", "table": "cw_agreementadjustment_customfields", "bronze": "cw_agreementadjustment", "select": r"""
-- @generated by `cargo codegen generate` from /components/schemas/Agreement.Adjustment. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
-- and what stands for the run below: SET processedAt = 2026-06-15T02:00:00.000000Z, SET batchId = …
SELECT
  e.parentId,
  CAST(e.listIndex AS BIGINT) AS listIndex,
  e.item.id,
  e.item.caption,
  e.item.type,
  e.item.entryMethod,
  e.item.numberOfDecimals,
  e.item.value,
  e.item.connectWiseId,
  TIMESTAMP '${processedAt}' AS _etl_processed_at,
  'connectwise' AS _etl_source,
  '${batchId}' AS _etl_batch_id,
  e.etlDeletedAt AS _etl_deleted_at
FROM (
  SELECT b.id AS parentId, b.etlDeletedAt, posexplode(b.customFields) AS (listIndex, item)
  FROM bronze.cw_agreementadjustment AS b
) AS e
WHERE e.item IS NOT NULL
""", "merge": r"""
-- @generated by `cargo codegen generate` from /components/schemas/Agreement.Adjustment. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS silver.cw_agreementadjustment_customfields (
  parentId BIGINT NOT NULL,
  listIndex BIGINT NOT NULL,
  id BIGINT,
  caption STRING,
  type STRING,
  entryMethod STRING,
  numberOfDecimals BIGINT,
  value STRING,
  connectWiseId STRING,
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
  n.type,
  n.entryMethod,
  n.numberOfDecimals,
  n.value,
  n.connectWiseId,
  n._etl_processed_at,
  n._etl_source,
  n._etl_batch_id,
  n._etl_deleted_at,
  n.parentId IS NULL AS _etl_gone
FROM computed AS n
FULL OUTER JOIN silver.cw_agreementadjustment_customfields AS o ON o.parentId = n.parentId AND o.listIndex = n.listIndex
WHERE n.parentId IS NULL OR o.parentId IS NULL OR NOT (
  n.id <=> o.id AND
  n.caption <=> o.caption AND
  n.type <=> o.type AND
  n.entryMethod <=> o.entryMethod AND
  n.numberOfDecimals <=> o.numberOfDecimals AND
  n.value <=> o.value AND
  n.connectWiseId <=> o.connectWiseId AND
  n._etl_deleted_at <=> o._etl_deleted_at
);
MERGE INTO silver.cw_agreementadjustment_customfields AS t
USING changed AS s
ON t.parentId = s.parentId AND t.listIndex = s.listIndex
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  id = s.id,
  caption = s.caption,
  type = s.type,
  entryMethod = s.entryMethod,
  numberOfDecimals = s.numberOfDecimals,
  value = s.value,
  connectWiseId = s.connectWiseId,
  _etl_processed_at = s._etl_processed_at,
  _etl_source = s._etl_source,
  _etl_batch_id = s._etl_batch_id,
  _etl_deleted_at = s._etl_deleted_at
WHEN NOT MATCHED AND NOT s._etl_gone THEN INSERT (
  parentId,
  listIndex,
  id,
  caption,
  type,
  entryMethod,
  numberOfDecimals,
  value,
  connectWiseId,
  _etl_processed_at,
  _etl_source,
  _etl_batch_id,
  _etl_deleted_at
) VALUES (
  s.parentId,
  s.listIndex,
  s.id,
  s.caption,
  s.type,
  s.entryMethod,
  s.numberOfDecimals,
  s.value,
  s.connectWiseId,
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

steps.append({"layer": "silver", "table": "cw_agreementrecap", "bronze": "cw_agreementrecap", "select": r"""
-- @generated by `cargo codegen generate` from /components/schemas/AgreementRecap. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
-- and what stands for the run below: SET processedAt = 2026-06-15T02:00:00.000000Z, SET batchId = …
SELECT
  b.id,
  b.adjustmentAmount,
  b.agreementStatus,
  b.name,
  b.availableAmount,
  b.companyName,
  b.isUnlimited,
  b.lastInvoiceAmount,
  b.lastInvoiceDate,
  b.lastInvoiceNumber,
  b.nextInvoiceAmount,
  b.nextInvoiceDate,
  b.overrunAmount,
  b.remainingAmount,
  b.startingAmount,
  b.unbilledOverageAmount,
  b.unbilledPeriods,
  b.usedAmount,
  TIMESTAMP '${processedAt}' AS _etl_processed_at,
  'connectwise' AS _etl_source,
  '${batchId}' AS _etl_batch_id,
  b.etlDeletedAt AS _etl_deleted_at
FROM bronze.cw_agreementrecap AS b
""", "merge": r"""
-- @generated by `cargo codegen generate` from /components/schemas/AgreementRecap. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS silver.cw_agreementrecap (
  id BIGINT NOT NULL,
  adjustmentAmount DOUBLE,
  agreementStatus STRING,
  name STRING,
  availableAmount DOUBLE,
  companyName STRING,
  isUnlimited STRING,
  lastInvoiceAmount STRING,
  lastInvoiceDate STRING,
  lastInvoiceNumber STRING,
  nextInvoiceAmount DOUBLE,
  nextInvoiceDate STRING,
  overrunAmount DOUBLE,
  remainingAmount DOUBLE,
  startingAmount DOUBLE,
  unbilledOverageAmount DOUBLE,
  unbilledPeriods BIGINT,
  usedAmount DOUBLE,
  _etl_processed_at TIMESTAMP,
  _etl_source STRING,
  _etl_batch_id STRING,
  _etl_deleted_at TIMESTAMP
)
USING DELTA
TBLPROPERTIES ('delta.enableDeletionVectors' = 'false');
SELECT
  COALESCE(n.id, o.id) AS id,
  n.adjustmentAmount,
  n.agreementStatus,
  n.name,
  n.availableAmount,
  n.companyName,
  n.isUnlimited,
  n.lastInvoiceAmount,
  n.lastInvoiceDate,
  n.lastInvoiceNumber,
  n.nextInvoiceAmount,
  n.nextInvoiceDate,
  n.overrunAmount,
  n.remainingAmount,
  n.startingAmount,
  n.unbilledOverageAmount,
  n.unbilledPeriods,
  n.usedAmount,
  n._etl_processed_at,
  n._etl_source,
  n._etl_batch_id,
  n._etl_deleted_at,
  n.id IS NULL AS _etl_gone
FROM computed AS n
FULL OUTER JOIN silver.cw_agreementrecap AS o ON o.id = n.id
WHERE n.id IS NULL OR o.id IS NULL OR NOT (
  n.adjustmentAmount <=> o.adjustmentAmount AND
  n.agreementStatus <=> o.agreementStatus AND
  n.name <=> o.name AND
  n.availableAmount <=> o.availableAmount AND
  n.companyName <=> o.companyName AND
  n.isUnlimited <=> o.isUnlimited AND
  n.lastInvoiceAmount <=> o.lastInvoiceAmount AND
  n.lastInvoiceDate <=> o.lastInvoiceDate AND
  n.lastInvoiceNumber <=> o.lastInvoiceNumber AND
  n.nextInvoiceAmount <=> o.nextInvoiceAmount AND
  n.nextInvoiceDate <=> o.nextInvoiceDate AND
  n.overrunAmount <=> o.overrunAmount AND
  n.remainingAmount <=> o.remainingAmount AND
  n.startingAmount <=> o.startingAmount AND
  n.unbilledOverageAmount <=> o.unbilledOverageAmount AND
  n.unbilledPeriods <=> o.unbilledPeriods AND
  n.usedAmount <=> o.usedAmount AND
  n._etl_deleted_at <=> o._etl_deleted_at
);
MERGE INTO silver.cw_agreementrecap AS t
USING changed AS s
ON t.id = s.id
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  adjustmentAmount = s.adjustmentAmount,
  agreementStatus = s.agreementStatus,
  name = s.name,
  availableAmount = s.availableAmount,
  companyName = s.companyName,
  isUnlimited = s.isUnlimited,
  lastInvoiceAmount = s.lastInvoiceAmount,
  lastInvoiceDate = s.lastInvoiceDate,
  lastInvoiceNumber = s.lastInvoiceNumber,
  nextInvoiceAmount = s.nextInvoiceAmount,
  nextInvoiceDate = s.nextInvoiceDate,
  overrunAmount = s.overrunAmount,
  remainingAmount = s.remainingAmount,
  startingAmount = s.startingAmount,
  unbilledOverageAmount = s.unbilledOverageAmount,
  unbilledPeriods = s.unbilledPeriods,
  usedAmount = s.usedAmount,
  _etl_processed_at = s._etl_processed_at,
  _etl_source = s._etl_source,
  _etl_batch_id = s._etl_batch_id,
  _etl_deleted_at = s._etl_deleted_at
WHEN NOT MATCHED AND NOT s._etl_gone THEN INSERT (
  id,
  adjustmentAmount,
  agreementStatus,
  name,
  availableAmount,
  companyName,
  isUnlimited,
  lastInvoiceAmount,
  lastInvoiceDate,
  lastInvoiceNumber,
  nextInvoiceAmount,
  nextInvoiceDate,
  overrunAmount,
  remainingAmount,
  startingAmount,
  unbilledOverageAmount,
  unbilledPeriods,
  usedAmount,
  _etl_processed_at,
  _etl_source,
  _etl_batch_id,
  _etl_deleted_at
) VALUES (
  s.id,
  s.adjustmentAmount,
  s.agreementStatus,
  s.name,
  s.availableAmount,
  s.companyName,
  s.isUnlimited,
  s.lastInvoiceAmount,
  s.lastInvoiceDate,
  s.lastInvoiceNumber,
  s.nextInvoiceAmount,
  s.nextInvoiceDate,
  s.overrunAmount,
  s.remainingAmount,
  s.startingAmount,
  s.unbilledOverageAmount,
  s.unbilledPeriods,
  s.usedAmount,
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

steps.append({"layer": "silver", "table": "cw_company", "bronze": "cw_company", "select": r"""
-- @generated by `cargo codegen generate` from /components/schemas/Company. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
-- and what stands for the run below: SET processedAt = 2026-06-15T02:00:00.000000Z, SET batchId = …
SELECT
  b.id,
  b.identifier,
  b.name,
  b.status.id AS statusId,
  b.status.name AS statusName,
  b.addressLine1,
  b.addressLine2,
  b.city,
  b.state,
  b.zip,
  b.country.id AS countryId,
  b.country.identifier AS countryIdentifier,
  b.country.name AS countryName,
  b.phoneNumber,
  b.faxNumber,
  b.website,
  b.territory.id AS territoryId,
  b.territory.name AS territoryName,
  b.market.id AS marketId,
  b.market.name AS marketName,
  b.accountNumber,
  b.defaultContact.id AS defaultContactId,
  b.defaultContact.name AS defaultContactName,
  b.dateAcquired,
  b.sicCode.id AS sicCodeId,
  b.sicCode.name AS sicCodeName,
  b.parentCompany.id AS parentCompanyId,
  b.parentCompany.identifier AS parentCompanyIdentifier,
  b.parentCompany.name AS parentCompanyName,
  b.annualRevenue,
  b.numberOfEmployees,
  b.yearEstablished,
  b.revenueYear,
  b.ownershipType.id AS ownershipTypeId,
  b.ownershipType.name AS ownershipTypeName,
  b.timeZoneSetup.id AS timeZoneSetupId,
  b.timeZoneSetup.name AS timeZoneSetupName,
  b.leadSource,
  b.leadFlag,
  b.unsubscribeFlag,
  b.calendar.id AS calendarId,
  b.calendar.name AS calendarName,
  b.userDefinedField1,
  b.userDefinedField2,
  b.userDefinedField3,
  b.userDefinedField4,
  b.userDefinedField5,
  b.userDefinedField6,
  b.userDefinedField7,
  b.userDefinedField8,
  b.userDefinedField9,
  b.userDefinedField10,
  b.vendorIdentifier,
  b.taxIdentifier,
  b.taxCode.id AS taxCodeId,
  b.taxCode.name AS taxCodeName,
  b.billingTerms.id AS billingTermsId,
  b.billingTerms.name AS billingTermsName,
  b.invoiceTemplate.id AS invoiceTemplateId,
  b.invoiceTemplate.name AS invoiceTemplateName,
  b.pricingSchedule.id AS pricingScheduleId,
  b.pricingSchedule.name AS pricingScheduleName,
  b.companyEntityType.id AS companyEntityTypeId,
  b.companyEntityType.name AS companyEntityTypeName,
  b.billToCompany.id AS billToCompanyId,
  b.billToCompany.identifier AS billToCompanyIdentifier,
  b.billToCompany.name AS billToCompanyName,
  b.billingSite.id AS billingSiteId,
  b.billingSite.name AS billingSiteName,
  b.billingContact.id AS billingContactId,
  b.billingContact.name AS billingContactName,
  b.invoiceDeliveryMethod.id AS invoiceDeliveryMethodId,
  b.invoiceDeliveryMethod.name AS invoiceDeliveryMethodName,
  b.invoiceToEmailAddress,
  b.invoiceCCEmailAddress,
  b.deletedFlag,
  b.dateDeleted,
  b.deletedBy,
  b.mobileGuid,
  b.facebookUrl,
  b.twitterUrl,
  b.linkedInUrl,
  b.currency.id AS currencyId,
  b.currency.symbol AS currencySymbol,
  b.currency.currencyCode AS currencyCurrencyCode,
  b.currency.decimalSeparator AS currencyDecimalSeparator,
  b.currency.numberOfDecimals AS currencyNumberOfDecimals,
  b.currency.thousandsSeparator AS currencyThousandsSeparator,
  b.currency.negativeParenthesesFlag AS currencyNegativeParenthesesFlag,
  b.currency.displaySymbolFlag AS currencyDisplaySymbolFlag,
  b.currency.currencyIdentifier AS currencyCurrencyIdentifier,
  b.currency.displayIdFlag AS currencyDisplayIdFlag,
  b.currency.rightAlign AS currencyRightAlign,
  b.currency.name AS currencyName,
  b.territoryManager.id AS territoryManagerId,
  b.territoryManager.identifier AS territoryManagerIdentifier,
  b.territoryManager.name AS territoryManagerName,
  b.territoryManager.dailyCapacity AS territoryManagerDailyCapacity,
  b.resellerIdentifier,
  b.isVendorFlag,
  transform(b.types, x0 -> CASE WHEN x0 IS NOT NULL THEN named_struct('id', x0.id, 'name', x0.name) END) AS types,
  b.site.id AS siteId,
  b.site.name AS siteName,
  b.integratorTags,
  transform(b.customFields, x0 -> CASE WHEN x0 IS NOT NULL THEN named_struct('id', x0.id, 'caption', x0.caption, 'type', x0.type, 'entryMethod', x0.entryMethod, 'numberOfDecimals', x0.numberOfDecimals, 'value', x0.value, 'connectWiseId', x0.connectWiseId) END) AS customFields,
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
  FROM bronze.cw_company AS r
) AS b
""", "merge": r"""
-- @generated by `cargo codegen generate` from /components/schemas/Company. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS silver.cw_company (
  id BIGINT NOT NULL,
  identifier STRING,
  name STRING,
  statusId BIGINT,
  statusName STRING,
  addressLine1 STRING,
  addressLine2 STRING,
  city STRING,
  state STRING,
  zip STRING,
  countryId BIGINT,
  countryIdentifier STRING,
  countryName STRING,
  phoneNumber STRING,
  faxNumber STRING,
  website STRING,
  territoryId BIGINT,
  territoryName STRING,
  marketId BIGINT,
  marketName STRING,
  accountNumber STRING,
  defaultContactId BIGINT,
  defaultContactName STRING,
  dateAcquired TIMESTAMP,
  sicCodeId BIGINT,
  sicCodeName STRING,
  parentCompanyId BIGINT,
  parentCompanyIdentifier STRING,
  parentCompanyName STRING,
  annualRevenue DOUBLE,
  numberOfEmployees BIGINT,
  yearEstablished BIGINT,
  revenueYear BIGINT,
  ownershipTypeId BIGINT,
  ownershipTypeName STRING,
  timeZoneSetupId BIGINT,
  timeZoneSetupName STRING,
  leadSource STRING,
  leadFlag BOOLEAN,
  unsubscribeFlag BOOLEAN,
  calendarId BIGINT,
  calendarName STRING,
  userDefinedField1 STRING,
  userDefinedField2 STRING,
  userDefinedField3 STRING,
  userDefinedField4 STRING,
  userDefinedField5 STRING,
  userDefinedField6 STRING,
  userDefinedField7 STRING,
  userDefinedField8 STRING,
  userDefinedField9 STRING,
  userDefinedField10 STRING,
  vendorIdentifier STRING,
  taxIdentifier STRING,
  taxCodeId BIGINT,
  taxCodeName STRING,
  billingTermsId BIGINT,
  billingTermsName STRING,
  invoiceTemplateId BIGINT,
  invoiceTemplateName STRING,
  pricingScheduleId BIGINT,
  pricingScheduleName STRING,
  companyEntityTypeId BIGINT,
  companyEntityTypeName STRING,
  billToCompanyId BIGINT,
  billToCompanyIdentifier STRING,
  billToCompanyName STRING,
  billingSiteId BIGINT,
  billingSiteName STRING,
  billingContactId BIGINT,
  billingContactName STRING,
  invoiceDeliveryMethodId BIGINT,
  invoiceDeliveryMethodName STRING,
  invoiceToEmailAddress STRING,
  invoiceCCEmailAddress STRING,
  deletedFlag BOOLEAN,
  dateDeleted TIMESTAMP,
  deletedBy STRING,
  mobileGuid STRING,
  facebookUrl STRING,
  twitterUrl STRING,
  linkedInUrl STRING,
  currencyId BIGINT,
  currencySymbol STRING,
  currencyCurrencyCode STRING,
  currencyDecimalSeparator STRING,
  currencyNumberOfDecimals BIGINT,
  currencyThousandsSeparator STRING,
  currencyNegativeParenthesesFlag BOOLEAN,
  currencyDisplaySymbolFlag BOOLEAN,
  currencyCurrencyIdentifier STRING,
  currencyDisplayIdFlag BOOLEAN,
  currencyRightAlign BOOLEAN,
  currencyName STRING,
  territoryManagerId BIGINT,
  territoryManagerIdentifier STRING,
  territoryManagerName STRING,
  territoryManagerDailyCapacity DOUBLE,
  resellerIdentifier STRING,
  isVendorFlag BOOLEAN,
  types ARRAY<STRUCT<id: BIGINT, name: STRING>>,
  siteId BIGINT,
  siteName STRING,
  integratorTags ARRAY<STRING>,
  customFields ARRAY<STRUCT<id: BIGINT, caption: STRING, type: STRING, entryMethod: STRING, numberOfDecimals: BIGINT, value: STRING, connectWiseId: STRING>>,
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
  n.identifier,
  n.name,
  n.statusId,
  n.statusName,
  n.addressLine1,
  n.addressLine2,
  n.city,
  n.state,
  n.zip,
  n.countryId,
  n.countryIdentifier,
  n.countryName,
  n.phoneNumber,
  n.faxNumber,
  n.website,
  n.territoryId,
  n.territoryName,
  n.marketId,
  n.marketName,
  n.accountNumber,
  n.defaultContactId,
  n.defaultContactName,
  n.dateAcquired,
  n.sicCodeId,
  n.sicCodeName,
  n.parentCompanyId,
  n.parentCompanyIdentifier,
  n.parentCompanyName,
  n.annualRevenue,
  n.numberOfEmployees,
  n.yearEstablished,
  n.revenueYear,
  n.ownershipTypeId,
  n.ownershipTypeName,
  n.timeZoneSetupId,
  n.timeZoneSetupName,
  n.leadSource,
  n.leadFlag,
  n.unsubscribeFlag,
  n.calendarId,
  n.calendarName,
  n.userDefinedField1,
  n.userDefinedField2,
  n.userDefinedField3,
  n.userDefinedField4,
  n.userDefinedField5,
  n.userDefinedField6,
  n.userDefinedField7,
  n.userDefinedField8,
  n.userDefinedField9,
  n.userDefinedField10,
  n.vendorIdentifier,
  n.taxIdentifier,
  n.taxCodeId,
  n.taxCodeName,
  n.billingTermsId,
  n.billingTermsName,
  n.invoiceTemplateId,
  n.invoiceTemplateName,
  n.pricingScheduleId,
  n.pricingScheduleName,
  n.companyEntityTypeId,
  n.companyEntityTypeName,
  n.billToCompanyId,
  n.billToCompanyIdentifier,
  n.billToCompanyName,
  n.billingSiteId,
  n.billingSiteName,
  n.billingContactId,
  n.billingContactName,
  n.invoiceDeliveryMethodId,
  n.invoiceDeliveryMethodName,
  n.invoiceToEmailAddress,
  n.invoiceCCEmailAddress,
  n.deletedFlag,
  n.dateDeleted,
  n.deletedBy,
  n.mobileGuid,
  n.facebookUrl,
  n.twitterUrl,
  n.linkedInUrl,
  n.currencyId,
  n.currencySymbol,
  n.currencyCurrencyCode,
  n.currencyDecimalSeparator,
  n.currencyNumberOfDecimals,
  n.currencyThousandsSeparator,
  n.currencyNegativeParenthesesFlag,
  n.currencyDisplaySymbolFlag,
  n.currencyCurrencyIdentifier,
  n.currencyDisplayIdFlag,
  n.currencyRightAlign,
  n.currencyName,
  n.territoryManagerId,
  n.territoryManagerIdentifier,
  n.territoryManagerName,
  n.territoryManagerDailyCapacity,
  n.resellerIdentifier,
  n.isVendorFlag,
  n.types,
  n.siteId,
  n.siteName,
  n.integratorTags,
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
FULL OUTER JOIN silver.cw_company AS o ON o.id = n.id
WHERE n.id IS NULL OR o.id IS NULL OR NOT (
  n.identifier <=> o.identifier AND
  n.name <=> o.name AND
  n.statusId <=> o.statusId AND
  n.statusName <=> o.statusName AND
  n.addressLine1 <=> o.addressLine1 AND
  n.addressLine2 <=> o.addressLine2 AND
  n.city <=> o.city AND
  n.state <=> o.state AND
  n.zip <=> o.zip AND
  n.countryId <=> o.countryId AND
  n.countryIdentifier <=> o.countryIdentifier AND
  n.countryName <=> o.countryName AND
  n.phoneNumber <=> o.phoneNumber AND
  n.faxNumber <=> o.faxNumber AND
  n.website <=> o.website AND
  n.territoryId <=> o.territoryId AND
  n.territoryName <=> o.territoryName AND
  n.marketId <=> o.marketId AND
  n.marketName <=> o.marketName AND
  n.accountNumber <=> o.accountNumber AND
  n.defaultContactId <=> o.defaultContactId AND
  n.defaultContactName <=> o.defaultContactName AND
  n.dateAcquired <=> o.dateAcquired AND
  n.sicCodeId <=> o.sicCodeId AND
  n.sicCodeName <=> o.sicCodeName AND
  n.parentCompanyId <=> o.parentCompanyId AND
  n.parentCompanyIdentifier <=> o.parentCompanyIdentifier AND
  n.parentCompanyName <=> o.parentCompanyName AND
  n.annualRevenue <=> o.annualRevenue AND
  n.numberOfEmployees <=> o.numberOfEmployees AND
  n.yearEstablished <=> o.yearEstablished AND
  n.revenueYear <=> o.revenueYear AND
  n.ownershipTypeId <=> o.ownershipTypeId AND
  n.ownershipTypeName <=> o.ownershipTypeName AND
  n.timeZoneSetupId <=> o.timeZoneSetupId AND
  n.timeZoneSetupName <=> o.timeZoneSetupName AND
  n.leadSource <=> o.leadSource AND
  n.leadFlag <=> o.leadFlag AND
  n.unsubscribeFlag <=> o.unsubscribeFlag AND
  n.calendarId <=> o.calendarId AND
  n.calendarName <=> o.calendarName AND
  n.userDefinedField1 <=> o.userDefinedField1 AND
  n.userDefinedField2 <=> o.userDefinedField2 AND
  n.userDefinedField3 <=> o.userDefinedField3 AND
  n.userDefinedField4 <=> o.userDefinedField4 AND
  n.userDefinedField5 <=> o.userDefinedField5 AND
  n.userDefinedField6 <=> o.userDefinedField6 AND
  n.userDefinedField7 <=> o.userDefinedField7 AND
  n.userDefinedField8 <=> o.userDefinedField8 AND
  n.userDefinedField9 <=> o.userDefinedField9 AND
  n.userDefinedField10 <=> o.userDefinedField10 AND
  n.vendorIdentifier <=> o.vendorIdentifier AND
  n.taxIdentifier <=> o.taxIdentifier AND
  n.taxCodeId <=> o.taxCodeId AND
  n.taxCodeName <=> o.taxCodeName AND
  n.billingTermsId <=> o.billingTermsId AND
  n.billingTermsName <=> o.billingTermsName AND
  n.invoiceTemplateId <=> o.invoiceTemplateId AND
  n.invoiceTemplateName <=> o.invoiceTemplateName AND
  n.pricingScheduleId <=> o.pricingScheduleId AND
  n.pricingScheduleName <=> o.pricingScheduleName AND
  n.companyEntityTypeId <=> o.companyEntityTypeId AND
  n.companyEntityTypeName <=> o.companyEntityTypeName AND
  n.billToCompanyId <=> o.billToCompanyId AND
  n.billToCompanyIdentifier <=> o.billToCompanyIdentifier AND
  n.billToCompanyName <=> o.billToCompanyName AND
  n.billingSiteId <=> o.billingSiteId AND
  n.billingSiteName <=> o.billingSiteName AND
  n.billingContactId <=> o.billingContactId AND
  n.billingContactName <=> o.billingContactName AND
  n.invoiceDeliveryMethodId <=> o.invoiceDeliveryMethodId AND
  n.invoiceDeliveryMethodName <=> o.invoiceDeliveryMethodName AND
  n.invoiceToEmailAddress <=> o.invoiceToEmailAddress AND
  n.invoiceCCEmailAddress <=> o.invoiceCCEmailAddress AND
  n.deletedFlag <=> o.deletedFlag AND
  n.dateDeleted <=> o.dateDeleted AND
  n.deletedBy <=> o.deletedBy AND
  n.mobileGuid <=> o.mobileGuid AND
  n.facebookUrl <=> o.facebookUrl AND
  n.twitterUrl <=> o.twitterUrl AND
  n.linkedInUrl <=> o.linkedInUrl AND
  n.currencyId <=> o.currencyId AND
  n.currencySymbol <=> o.currencySymbol AND
  n.currencyCurrencyCode <=> o.currencyCurrencyCode AND
  n.currencyDecimalSeparator <=> o.currencyDecimalSeparator AND
  n.currencyNumberOfDecimals <=> o.currencyNumberOfDecimals AND
  n.currencyThousandsSeparator <=> o.currencyThousandsSeparator AND
  n.currencyNegativeParenthesesFlag <=> o.currencyNegativeParenthesesFlag AND
  n.currencyDisplaySymbolFlag <=> o.currencyDisplaySymbolFlag AND
  n.currencyCurrencyIdentifier <=> o.currencyCurrencyIdentifier AND
  n.currencyDisplayIdFlag <=> o.currencyDisplayIdFlag AND
  n.currencyRightAlign <=> o.currencyRightAlign AND
  n.currencyName <=> o.currencyName AND
  n.territoryManagerId <=> o.territoryManagerId AND
  n.territoryManagerIdentifier <=> o.territoryManagerIdentifier AND
  n.territoryManagerName <=> o.territoryManagerName AND
  n.territoryManagerDailyCapacity <=> o.territoryManagerDailyCapacity AND
  n.resellerIdentifier <=> o.resellerIdentifier AND
  n.isVendorFlag <=> o.isVendorFlag AND
  n.types <=> o.types AND
  n.siteId <=> o.siteId AND
  n.siteName <=> o.siteName AND
  n.integratorTags <=> o.integratorTags AND
  n.customFields <=> o.customFields AND
  n.infoLastUpdated <=> o.infoLastUpdated AND
  n.infoUpdatedBy <=> o.infoUpdatedBy AND
  n.infoDateEntered <=> o.infoDateEntered AND
  n.infoEnteredBy <=> o.infoEnteredBy AND
  n._etl_deleted_at <=> o._etl_deleted_at
);
MERGE INTO silver.cw_company AS t
USING changed AS s
ON t.id = s.id
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  identifier = s.identifier,
  name = s.name,
  statusId = s.statusId,
  statusName = s.statusName,
  addressLine1 = s.addressLine1,
  addressLine2 = s.addressLine2,
  city = s.city,
  state = s.state,
  zip = s.zip,
  countryId = s.countryId,
  countryIdentifier = s.countryIdentifier,
  countryName = s.countryName,
  phoneNumber = s.phoneNumber,
  faxNumber = s.faxNumber,
  website = s.website,
  territoryId = s.territoryId,
  territoryName = s.territoryName,
  marketId = s.marketId,
  marketName = s.marketName,
  accountNumber = s.accountNumber,
  defaultContactId = s.defaultContactId,
  defaultContactName = s.defaultContactName,
  dateAcquired = s.dateAcquired,
  sicCodeId = s.sicCodeId,
  sicCodeName = s.sicCodeName,
  parentCompanyId = s.parentCompanyId,
  parentCompanyIdentifier = s.parentCompanyIdentifier,
  parentCompanyName = s.parentCompanyName,
  annualRevenue = s.annualRevenue,
  numberOfEmployees = s.numberOfEmployees,
  yearEstablished = s.yearEstablished,
  revenueYear = s.revenueYear,
  ownershipTypeId = s.ownershipTypeId,
  ownershipTypeName = s.ownershipTypeName,
  timeZoneSetupId = s.timeZoneSetupId,
  timeZoneSetupName = s.timeZoneSetupName,
  leadSource = s.leadSource,
  leadFlag = s.leadFlag,
  unsubscribeFlag = s.unsubscribeFlag,
  calendarId = s.calendarId,
  calendarName = s.calendarName,
  userDefinedField1 = s.userDefinedField1,
  userDefinedField2 = s.userDefinedField2,
  userDefinedField3 = s.userDefinedField3,
  userDefinedField4 = s.userDefinedField4,
  userDefinedField5 = s.userDefinedField5,
  userDefinedField6 = s.userDefinedField6,
  userDefinedField7 = s.userDefinedField7,
  userDefinedField8 = s.userDefinedField8,
  userDefinedField9 = s.userDefinedField9,
  userDefinedField10 = s.userDefinedField10,
  vendorIdentifier = s.vendorIdentifier,
  taxIdentifier = s.taxIdentifier,
  taxCodeId = s.taxCodeId,
  taxCodeName = s.taxCodeName,
  billingTermsId = s.billingTermsId,
  billingTermsName = s.billingTermsName,
  invoiceTemplateId = s.invoiceTemplateId,
  invoiceTemplateName = s.invoiceTemplateName,
  pricingScheduleId = s.pricingScheduleId,
  pricingScheduleName = s.pricingScheduleName,
  companyEntityTypeId = s.companyEntityTypeId,
  companyEntityTypeName = s.companyEntityTypeName,
  billToCompanyId = s.billToCompanyId,
  billToCompanyIdentifier = s.billToCompanyIdentifier,
  billToCompanyName = s.billToCompanyName,
  billingSiteId = s.billingSiteId,
  billingSiteName = s.billingSiteName,
  billingContactId = s.billingContactId,
  billingContactName = s.billingContactName,
  invoiceDeliveryMethodId = s.invoiceDeliveryMethodId,
  invoiceDeliveryMethodName = s.invoiceDeliveryMethodName,
  invoiceToEmailAddress = s.invoiceToEmailAddress,
  invoiceCCEmailAddress = s.invoiceCCEmailAddress,
  deletedFlag = s.deletedFlag,
  dateDeleted = s.dateDeleted,
  deletedBy = s.deletedBy,
  mobileGuid = s.mobileGuid,
  facebookUrl = s.facebookUrl,
  twitterUrl = s.twitterUrl,
  linkedInUrl = s.linkedInUrl,
  currencyId = s.currencyId,
  currencySymbol = s.currencySymbol,
  currencyCurrencyCode = s.currencyCurrencyCode,
  currencyDecimalSeparator = s.currencyDecimalSeparator,
  currencyNumberOfDecimals = s.currencyNumberOfDecimals,
  currencyThousandsSeparator = s.currencyThousandsSeparator,
  currencyNegativeParenthesesFlag = s.currencyNegativeParenthesesFlag,
  currencyDisplaySymbolFlag = s.currencyDisplaySymbolFlag,
  currencyCurrencyIdentifier = s.currencyCurrencyIdentifier,
  currencyDisplayIdFlag = s.currencyDisplayIdFlag,
  currencyRightAlign = s.currencyRightAlign,
  currencyName = s.currencyName,
  territoryManagerId = s.territoryManagerId,
  territoryManagerIdentifier = s.territoryManagerIdentifier,
  territoryManagerName = s.territoryManagerName,
  territoryManagerDailyCapacity = s.territoryManagerDailyCapacity,
  resellerIdentifier = s.resellerIdentifier,
  isVendorFlag = s.isVendorFlag,
  types = s.types,
  siteId = s.siteId,
  siteName = s.siteName,
  integratorTags = s.integratorTags,
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
  identifier,
  name,
  statusId,
  statusName,
  addressLine1,
  addressLine2,
  city,
  state,
  zip,
  countryId,
  countryIdentifier,
  countryName,
  phoneNumber,
  faxNumber,
  website,
  territoryId,
  territoryName,
  marketId,
  marketName,
  accountNumber,
  defaultContactId,
  defaultContactName,
  dateAcquired,
  sicCodeId,
  sicCodeName,
  parentCompanyId,
  parentCompanyIdentifier,
  parentCompanyName,
  annualRevenue,
  numberOfEmployees,
  yearEstablished,
  revenueYear,
  ownershipTypeId,
  ownershipTypeName,
  timeZoneSetupId,
  timeZoneSetupName,
  leadSource,
  leadFlag,
  unsubscribeFlag,
  calendarId,
  calendarName,
  userDefinedField1,
  userDefinedField2,
  userDefinedField3,
  userDefinedField4,
  userDefinedField5,
  userDefinedField6,
  userDefinedField7,
  userDefinedField8,
  userDefinedField9,
  userDefinedField10,
  vendorIdentifier,
  taxIdentifier,
  taxCodeId,
  taxCodeName,
  billingTermsId,
  billingTermsName,
  invoiceTemplateId,
  invoiceTemplateName,
  pricingScheduleId,
  pricingScheduleName,
  companyEntityTypeId,
  companyEntityTypeName,
  billToCompanyId,
  billToCompanyIdentifier,
  billToCompanyName,
  billingSiteId,
  billingSiteName,
  billingContactId,
  billingContactName,
  invoiceDeliveryMethodId,
  invoiceDeliveryMethodName,
  invoiceToEmailAddress,
  invoiceCCEmailAddress,
  deletedFlag,
  dateDeleted,
  deletedBy,
  mobileGuid,
  facebookUrl,
  twitterUrl,
  linkedInUrl,
  currencyId,
  currencySymbol,
  currencyCurrencyCode,
  currencyDecimalSeparator,
  currencyNumberOfDecimals,
  currencyThousandsSeparator,
  currencyNegativeParenthesesFlag,
  currencyDisplaySymbolFlag,
  currencyCurrencyIdentifier,
  currencyDisplayIdFlag,
  currencyRightAlign,
  currencyName,
  territoryManagerId,
  territoryManagerIdentifier,
  territoryManagerName,
  territoryManagerDailyCapacity,
  resellerIdentifier,
  isVendorFlag,
  types,
  siteId,
  siteName,
  integratorTags,
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
  s.identifier,
  s.name,
  s.statusId,
  s.statusName,
  s.addressLine1,
  s.addressLine2,
  s.city,
  s.state,
  s.zip,
  s.countryId,
  s.countryIdentifier,
  s.countryName,
  s.phoneNumber,
  s.faxNumber,
  s.website,
  s.territoryId,
  s.territoryName,
  s.marketId,
  s.marketName,
  s.accountNumber,
  s.defaultContactId,
  s.defaultContactName,
  s.dateAcquired,
  s.sicCodeId,
  s.sicCodeName,
  s.parentCompanyId,
  s.parentCompanyIdentifier,
  s.parentCompanyName,
  s.annualRevenue,
  s.numberOfEmployees,
  s.yearEstablished,
  s.revenueYear,
  s.ownershipTypeId,
  s.ownershipTypeName,
  s.timeZoneSetupId,
  s.timeZoneSetupName,
  s.leadSource,
  s.leadFlag,
  s.unsubscribeFlag,
  s.calendarId,
  s.calendarName,
  s.userDefinedField1,
  s.userDefinedField2,
  s.userDefinedField3,
  s.userDefinedField4,
  s.userDefinedField5,
  s.userDefinedField6,
  s.userDefinedField7,
  s.userDefinedField8,
  s.userDefinedField9,
  s.userDefinedField10,
  s.vendorIdentifier,
  s.taxIdentifier,
  s.taxCodeId,
  s.taxCodeName,
  s.billingTermsId,
  s.billingTermsName,
  s.invoiceTemplateId,
  s.invoiceTemplateName,
  s.pricingScheduleId,
  s.pricingScheduleName,
  s.companyEntityTypeId,
  s.companyEntityTypeName,
  s.billToCompanyId,
  s.billToCompanyIdentifier,
  s.billToCompanyName,
  s.billingSiteId,
  s.billingSiteName,
  s.billingContactId,
  s.billingContactName,
  s.invoiceDeliveryMethodId,
  s.invoiceDeliveryMethodName,
  s.invoiceToEmailAddress,
  s.invoiceCCEmailAddress,
  s.deletedFlag,
  s.dateDeleted,
  s.deletedBy,
  s.mobileGuid,
  s.facebookUrl,
  s.twitterUrl,
  s.linkedInUrl,
  s.currencyId,
  s.currencySymbol,
  s.currencyCurrencyCode,
  s.currencyDecimalSeparator,
  s.currencyNumberOfDecimals,
  s.currencyThousandsSeparator,
  s.currencyNegativeParenthesesFlag,
  s.currencyDisplaySymbolFlag,
  s.currencyCurrencyIdentifier,
  s.currencyDisplayIdFlag,
  s.currencyRightAlign,
  s.currencyName,
  s.territoryManagerId,
  s.territoryManagerIdentifier,
  s.territoryManagerName,
  s.territoryManagerDailyCapacity,
  s.resellerIdentifier,
  s.isVendorFlag,
  s.types,
  s.siteId,
  s.siteName,
  s.integratorTags,
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

steps.append({"layer": "silver", "table": "cw_company_types", "bronze": "cw_company", "select": r"""
-- @generated by `cargo codegen generate` from /components/schemas/Company. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
-- and what stands for the run below: SET processedAt = 2026-06-15T02:00:00.000000Z, SET batchId = …
SELECT
  e.parentId,
  CAST(e.listIndex AS BIGINT) AS listIndex,
  e.item.id,
  e.item.name,
  TIMESTAMP '${processedAt}' AS _etl_processed_at,
  'connectwise' AS _etl_source,
  '${batchId}' AS _etl_batch_id,
  e.etlDeletedAt AS _etl_deleted_at
FROM (
  SELECT b.id AS parentId, b.etlDeletedAt, posexplode(b.types) AS (listIndex, item)
  FROM bronze.cw_company AS b
) AS e
WHERE e.item IS NOT NULL
""", "merge": r"""
-- @generated by `cargo codegen generate` from /components/schemas/Company. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS silver.cw_company_types (
  parentId BIGINT NOT NULL,
  listIndex BIGINT NOT NULL,
  id BIGINT,
  name STRING,
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
  n.name,
  n._etl_processed_at,
  n._etl_source,
  n._etl_batch_id,
  n._etl_deleted_at,
  n.parentId IS NULL AS _etl_gone
FROM computed AS n
FULL OUTER JOIN silver.cw_company_types AS o ON o.parentId = n.parentId AND o.listIndex = n.listIndex
WHERE n.parentId IS NULL OR o.parentId IS NULL OR NOT (
  n.id <=> o.id AND
  n.name <=> o.name AND
  n._etl_deleted_at <=> o._etl_deleted_at
);
MERGE INTO silver.cw_company_types AS t
USING changed AS s
ON t.parentId = s.parentId AND t.listIndex = s.listIndex
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  id = s.id,
  name = s.name,
  _etl_processed_at = s._etl_processed_at,
  _etl_source = s._etl_source,
  _etl_batch_id = s._etl_batch_id,
  _etl_deleted_at = s._etl_deleted_at
WHEN NOT MATCHED AND NOT s._etl_gone THEN INSERT (
  parentId,
  listIndex,
  id,
  name,
  _etl_processed_at,
  _etl_source,
  _etl_batch_id,
  _etl_deleted_at
) VALUES (
  s.parentId,
  s.listIndex,
  s.id,
  s.name,
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

steps.append({"layer": "silver", "table": "cw_company_customfields", "bronze": "cw_company", "select": r"""
-- @generated by `cargo codegen generate` from /components/schemas/Company. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
-- and what stands for the run below: SET processedAt = 2026-06-15T02:00:00.000000Z, SET batchId = …
SELECT
  e.parentId,
  CAST(e.listIndex AS BIGINT) AS listIndex,
  e.item.id,
  e.item.caption,
  e.item.type,
  e.item.entryMethod,
  e.item.numberOfDecimals,
  e.item.value,
  e.item.connectWiseId,
  TIMESTAMP '${processedAt}' AS _etl_processed_at,
  'connectwise' AS _etl_source,
  '${batchId}' AS _etl_batch_id,
  e.etlDeletedAt AS _etl_deleted_at
FROM (
  SELECT b.id AS parentId, b.etlDeletedAt, posexplode(b.customFields) AS (listIndex, item)
  FROM bronze.cw_company AS b
) AS e
WHERE e.item IS NOT NULL
""", "merge": r"""
-- @generated by `cargo codegen generate` from /components/schemas/Company. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS silver.cw_company_customfields (
  parentId BIGINT NOT NULL,
  listIndex BIGINT NOT NULL,
  id BIGINT,
  caption STRING,
  type STRING,
  entryMethod STRING,
  numberOfDecimals BIGINT,
  value STRING,
  connectWiseId STRING,
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
  n.type,
  n.entryMethod,
  n.numberOfDecimals,
  n.value,
  n.connectWiseId,
  n._etl_processed_at,
  n._etl_source,
  n._etl_batch_id,
  n._etl_deleted_at,
  n.parentId IS NULL AS _etl_gone
FROM computed AS n
FULL OUTER JOIN silver.cw_company_customfields AS o ON o.parentId = n.parentId AND o.listIndex = n.listIndex
WHERE n.parentId IS NULL OR o.parentId IS NULL OR NOT (
  n.id <=> o.id AND
  n.caption <=> o.caption AND
  n.type <=> o.type AND
  n.entryMethod <=> o.entryMethod AND
  n.numberOfDecimals <=> o.numberOfDecimals AND
  n.value <=> o.value AND
  n.connectWiseId <=> o.connectWiseId AND
  n._etl_deleted_at <=> o._etl_deleted_at
);
MERGE INTO silver.cw_company_customfields AS t
USING changed AS s
ON t.parentId = s.parentId AND t.listIndex = s.listIndex
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  id = s.id,
  caption = s.caption,
  type = s.type,
  entryMethod = s.entryMethod,
  numberOfDecimals = s.numberOfDecimals,
  value = s.value,
  connectWiseId = s.connectWiseId,
  _etl_processed_at = s._etl_processed_at,
  _etl_source = s._etl_source,
  _etl_batch_id = s._etl_batch_id,
  _etl_deleted_at = s._etl_deleted_at
WHEN NOT MATCHED AND NOT s._etl_gone THEN INSERT (
  parentId,
  listIndex,
  id,
  caption,
  type,
  entryMethod,
  numberOfDecimals,
  value,
  connectWiseId,
  _etl_processed_at,
  _etl_source,
  _etl_batch_id,
  _etl_deleted_at
) VALUES (
  s.parentId,
  s.listIndex,
  s.id,
  s.caption,
  s.type,
  s.entryMethod,
  s.numberOfDecimals,
  s.value,
  s.connectWiseId,
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

steps.append({"layer": "silver", "table": "cw_expenseentry", "bronze": "cw_expenseentry", "select": r"""
-- @generated by `cargo codegen generate` from /components/schemas/ExpenseEntry. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
-- and what stands for the run below: SET processedAt = 2026-06-15T02:00:00.000000Z, SET batchId = …
SELECT
  b.id,
  b.expenseReport.id AS expenseReportId,
  b.expenseReport.name AS expenseReportName,
  b.company.id AS companyId,
  b.company.identifier AS companyIdentifier,
  b.company.name AS companyName,
  b.chargeToId,
  b.chargeToType,
  b.type.id AS typeId,
  b.type.name AS typeName,
  b.member.id AS memberId,
  b.member.identifier AS memberIdentifier,
  b.member.name AS memberName,
  b.member.dailyCapacity AS memberDailyCapacity,
  b.paymentMethod.id AS paymentMethodId,
  b.paymentMethod.name AS paymentMethodName,
  b.classification.id AS classificationId,
  b.classification.name AS classificationName,
  b.amount,
  b.billableOption,
  b.date,
  b.locationId,
  b.businessUnitId,
  b.notes,
  b.agreement.id AS agreementId,
  b.agreement.name AS agreementName,
  b.agreement.type AS agreementType,
  b.agreement.chargeFirmFlag AS agreementChargeFirmFlag,
  b.invoiceAmount,
  b.mobileGuid,
  transform(b.taxes, x0 -> CASE WHEN x0 IS NOT NULL THEN named_struct('id', x0.id, 'amount', x0.amount, 'type', CASE WHEN x0.type IS NOT NULL THEN named_struct('id', x0.type.id, 'name', x0.type.name) END) END) AS taxes,
  b.invoice.id AS invoiceId,
  b.invoice.identifier AS invoiceIdentifier,
  b.invoice.billingType AS invoiceBillingType,
  b.invoice.applyToType AS invoiceApplyToType,
  b.invoice.invoiceDate AS invoiceInvoiceDate,
  b.invoice.chargeFirmFlag AS invoiceChargeFirmFlag,
  b.currency.id AS currencyId,
  b.currency.symbol AS currencySymbol,
  b.currency.currencyCode AS currencyCurrencyCode,
  b.currency.decimalSeparator AS currencyDecimalSeparator,
  b.currency.numberOfDecimals AS currencyNumberOfDecimals,
  b.currency.thousandsSeparator AS currencyThousandsSeparator,
  b.currency.negativeParenthesesFlag AS currencyNegativeParenthesesFlag,
  b.currency.displaySymbolFlag AS currencyDisplaySymbolFlag,
  b.currency.currencyIdentifier AS currencyCurrencyIdentifier,
  b.currency.displayIdFlag AS currencyDisplayIdFlag,
  b.currency.rightAlign AS currencyRightAlign,
  b.currency.name AS currencyName,
  b.status,
  b.billAmount,
  b.agreementAmount,
  b.odometerStart,
  b.odometerEnd,
  b.ticket.id AS ticketId,
  b.ticket.summary AS ticketSummary,
  b.project.id AS projectId,
  b.project.name AS projectName,
  b.phase.id AS phaseId,
  b.phase.name AS phaseName,
  transform(b.customFields, x0 -> CASE WHEN x0 IS NOT NULL THEN named_struct('id', x0.id, 'caption', x0.caption, 'type', x0.type, 'entryMethod', x0.entryMethod, 'numberOfDecimals', x0.numberOfDecimals, 'value', x0.value, 'connectWiseId', x0.connectWiseId) END) AS customFields,
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
  FROM bronze.cw_expenseentry AS r
) AS b
""", "merge": r"""
-- @generated by `cargo codegen generate` from /components/schemas/ExpenseEntry. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS silver.cw_expenseentry (
  id BIGINT NOT NULL,
  expenseReportId BIGINT,
  expenseReportName STRING,
  companyId BIGINT,
  companyIdentifier STRING,
  companyName STRING,
  chargeToId BIGINT,
  chargeToType STRING,
  typeId BIGINT,
  typeName STRING,
  memberId BIGINT,
  memberIdentifier STRING,
  memberName STRING,
  memberDailyCapacity DOUBLE,
  paymentMethodId BIGINT,
  paymentMethodName STRING,
  classificationId BIGINT,
  classificationName STRING,
  amount DOUBLE,
  billableOption STRING,
  date TIMESTAMP,
  locationId BIGINT,
  businessUnitId BIGINT,
  notes STRING,
  agreementId BIGINT,
  agreementName STRING,
  agreementType STRING,
  agreementChargeFirmFlag BOOLEAN,
  invoiceAmount DOUBLE,
  mobileGuid STRING,
  taxes ARRAY<STRUCT<id: BIGINT, amount: DOUBLE, type: STRUCT<id: BIGINT, name: STRING>>>,
  invoiceId BIGINT,
  invoiceIdentifier STRING,
  invoiceBillingType STRING,
  invoiceApplyToType STRING,
  invoiceInvoiceDate STRING,
  invoiceChargeFirmFlag BOOLEAN,
  currencyId BIGINT,
  currencySymbol STRING,
  currencyCurrencyCode STRING,
  currencyDecimalSeparator STRING,
  currencyNumberOfDecimals BIGINT,
  currencyThousandsSeparator STRING,
  currencyNegativeParenthesesFlag BOOLEAN,
  currencyDisplaySymbolFlag BOOLEAN,
  currencyCurrencyIdentifier STRING,
  currencyDisplayIdFlag BOOLEAN,
  currencyRightAlign BOOLEAN,
  currencyName STRING,
  status STRING,
  billAmount DOUBLE,
  agreementAmount DOUBLE,
  odometerStart DOUBLE,
  odometerEnd DOUBLE,
  ticketId BIGINT,
  ticketSummary STRING,
  projectId BIGINT,
  projectName STRING,
  phaseId BIGINT,
  phaseName STRING,
  customFields ARRAY<STRUCT<id: BIGINT, caption: STRING, type: STRING, entryMethod: STRING, numberOfDecimals: BIGINT, value: STRING, connectWiseId: STRING>>,
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
  n.expenseReportId,
  n.expenseReportName,
  n.companyId,
  n.companyIdentifier,
  n.companyName,
  n.chargeToId,
  n.chargeToType,
  n.typeId,
  n.typeName,
  n.memberId,
  n.memberIdentifier,
  n.memberName,
  n.memberDailyCapacity,
  n.paymentMethodId,
  n.paymentMethodName,
  n.classificationId,
  n.classificationName,
  n.amount,
  n.billableOption,
  n.date,
  n.locationId,
  n.businessUnitId,
  n.notes,
  n.agreementId,
  n.agreementName,
  n.agreementType,
  n.agreementChargeFirmFlag,
  n.invoiceAmount,
  n.mobileGuid,
  n.taxes,
  n.invoiceId,
  n.invoiceIdentifier,
  n.invoiceBillingType,
  n.invoiceApplyToType,
  n.invoiceInvoiceDate,
  n.invoiceChargeFirmFlag,
  n.currencyId,
  n.currencySymbol,
  n.currencyCurrencyCode,
  n.currencyDecimalSeparator,
  n.currencyNumberOfDecimals,
  n.currencyThousandsSeparator,
  n.currencyNegativeParenthesesFlag,
  n.currencyDisplaySymbolFlag,
  n.currencyCurrencyIdentifier,
  n.currencyDisplayIdFlag,
  n.currencyRightAlign,
  n.currencyName,
  n.status,
  n.billAmount,
  n.agreementAmount,
  n.odometerStart,
  n.odometerEnd,
  n.ticketId,
  n.ticketSummary,
  n.projectId,
  n.projectName,
  n.phaseId,
  n.phaseName,
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
FULL OUTER JOIN silver.cw_expenseentry AS o ON o.id = n.id
WHERE n.id IS NULL OR o.id IS NULL OR NOT (
  n.expenseReportId <=> o.expenseReportId AND
  n.expenseReportName <=> o.expenseReportName AND
  n.companyId <=> o.companyId AND
  n.companyIdentifier <=> o.companyIdentifier AND
  n.companyName <=> o.companyName AND
  n.chargeToId <=> o.chargeToId AND
  n.chargeToType <=> o.chargeToType AND
  n.typeId <=> o.typeId AND
  n.typeName <=> o.typeName AND
  n.memberId <=> o.memberId AND
  n.memberIdentifier <=> o.memberIdentifier AND
  n.memberName <=> o.memberName AND
  n.memberDailyCapacity <=> o.memberDailyCapacity AND
  n.paymentMethodId <=> o.paymentMethodId AND
  n.paymentMethodName <=> o.paymentMethodName AND
  n.classificationId <=> o.classificationId AND
  n.classificationName <=> o.classificationName AND
  n.amount <=> o.amount AND
  n.billableOption <=> o.billableOption AND
  n.date <=> o.date AND
  n.locationId <=> o.locationId AND
  n.businessUnitId <=> o.businessUnitId AND
  n.notes <=> o.notes AND
  n.agreementId <=> o.agreementId AND
  n.agreementName <=> o.agreementName AND
  n.agreementType <=> o.agreementType AND
  n.agreementChargeFirmFlag <=> o.agreementChargeFirmFlag AND
  n.invoiceAmount <=> o.invoiceAmount AND
  n.mobileGuid <=> o.mobileGuid AND
  n.taxes <=> o.taxes AND
  n.invoiceId <=> o.invoiceId AND
  n.invoiceIdentifier <=> o.invoiceIdentifier AND
  n.invoiceBillingType <=> o.invoiceBillingType AND
  n.invoiceApplyToType <=> o.invoiceApplyToType AND
  n.invoiceInvoiceDate <=> o.invoiceInvoiceDate AND
  n.invoiceChargeFirmFlag <=> o.invoiceChargeFirmFlag AND
  n.currencyId <=> o.currencyId AND
  n.currencySymbol <=> o.currencySymbol AND
  n.currencyCurrencyCode <=> o.currencyCurrencyCode AND
  n.currencyDecimalSeparator <=> o.currencyDecimalSeparator AND
  n.currencyNumberOfDecimals <=> o.currencyNumberOfDecimals AND
  n.currencyThousandsSeparator <=> o.currencyThousandsSeparator AND
  n.currencyNegativeParenthesesFlag <=> o.currencyNegativeParenthesesFlag AND
  n.currencyDisplaySymbolFlag <=> o.currencyDisplaySymbolFlag AND
  n.currencyCurrencyIdentifier <=> o.currencyCurrencyIdentifier AND
  n.currencyDisplayIdFlag <=> o.currencyDisplayIdFlag AND
  n.currencyRightAlign <=> o.currencyRightAlign AND
  n.currencyName <=> o.currencyName AND
  n.status <=> o.status AND
  n.billAmount <=> o.billAmount AND
  n.agreementAmount <=> o.agreementAmount AND
  n.odometerStart <=> o.odometerStart AND
  n.odometerEnd <=> o.odometerEnd AND
  n.ticketId <=> o.ticketId AND
  n.ticketSummary <=> o.ticketSummary AND
  n.projectId <=> o.projectId AND
  n.projectName <=> o.projectName AND
  n.phaseId <=> o.phaseId AND
  n.phaseName <=> o.phaseName AND
  n.customFields <=> o.customFields AND
  n.infoLastUpdated <=> o.infoLastUpdated AND
  n.infoUpdatedBy <=> o.infoUpdatedBy AND
  n.infoDateEntered <=> o.infoDateEntered AND
  n.infoEnteredBy <=> o.infoEnteredBy AND
  n._etl_deleted_at <=> o._etl_deleted_at
);
MERGE INTO silver.cw_expenseentry AS t
USING changed AS s
ON t.id = s.id
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  expenseReportId = s.expenseReportId,
  expenseReportName = s.expenseReportName,
  companyId = s.companyId,
  companyIdentifier = s.companyIdentifier,
  companyName = s.companyName,
  chargeToId = s.chargeToId,
  chargeToType = s.chargeToType,
  typeId = s.typeId,
  typeName = s.typeName,
  memberId = s.memberId,
  memberIdentifier = s.memberIdentifier,
  memberName = s.memberName,
  memberDailyCapacity = s.memberDailyCapacity,
  paymentMethodId = s.paymentMethodId,
  paymentMethodName = s.paymentMethodName,
  classificationId = s.classificationId,
  classificationName = s.classificationName,
  amount = s.amount,
  billableOption = s.billableOption,
  date = s.date,
  locationId = s.locationId,
  businessUnitId = s.businessUnitId,
  notes = s.notes,
  agreementId = s.agreementId,
  agreementName = s.agreementName,
  agreementType = s.agreementType,
  agreementChargeFirmFlag = s.agreementChargeFirmFlag,
  invoiceAmount = s.invoiceAmount,
  mobileGuid = s.mobileGuid,
  taxes = s.taxes,
  invoiceId = s.invoiceId,
  invoiceIdentifier = s.invoiceIdentifier,
  invoiceBillingType = s.invoiceBillingType,
  invoiceApplyToType = s.invoiceApplyToType,
  invoiceInvoiceDate = s.invoiceInvoiceDate,
  invoiceChargeFirmFlag = s.invoiceChargeFirmFlag,
  currencyId = s.currencyId,
  currencySymbol = s.currencySymbol,
  currencyCurrencyCode = s.currencyCurrencyCode,
  currencyDecimalSeparator = s.currencyDecimalSeparator,
  currencyNumberOfDecimals = s.currencyNumberOfDecimals,
  currencyThousandsSeparator = s.currencyThousandsSeparator,
  currencyNegativeParenthesesFlag = s.currencyNegativeParenthesesFlag,
  currencyDisplaySymbolFlag = s.currencyDisplaySymbolFlag,
  currencyCurrencyIdentifier = s.currencyCurrencyIdentifier,
  currencyDisplayIdFlag = s.currencyDisplayIdFlag,
  currencyRightAlign = s.currencyRightAlign,
  currencyName = s.currencyName,
  status = s.status,
  billAmount = s.billAmount,
  agreementAmount = s.agreementAmount,
  odometerStart = s.odometerStart,
  odometerEnd = s.odometerEnd,
  ticketId = s.ticketId,
  ticketSummary = s.ticketSummary,
  projectId = s.projectId,
  projectName = s.projectName,
  phaseId = s.phaseId,
  phaseName = s.phaseName,
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
  expenseReportId,
  expenseReportName,
  companyId,
  companyIdentifier,
  companyName,
  chargeToId,
  chargeToType,
  typeId,
  typeName,
  memberId,
  memberIdentifier,
  memberName,
  memberDailyCapacity,
  paymentMethodId,
  paymentMethodName,
  classificationId,
  classificationName,
  amount,
  billableOption,
  date,
  locationId,
  businessUnitId,
  notes,
  agreementId,
  agreementName,
  agreementType,
  agreementChargeFirmFlag,
  invoiceAmount,
  mobileGuid,
  taxes,
  invoiceId,
  invoiceIdentifier,
  invoiceBillingType,
  invoiceApplyToType,
  invoiceInvoiceDate,
  invoiceChargeFirmFlag,
  currencyId,
  currencySymbol,
  currencyCurrencyCode,
  currencyDecimalSeparator,
  currencyNumberOfDecimals,
  currencyThousandsSeparator,
  currencyNegativeParenthesesFlag,
  currencyDisplaySymbolFlag,
  currencyCurrencyIdentifier,
  currencyDisplayIdFlag,
  currencyRightAlign,
  currencyName,
  status,
  billAmount,
  agreementAmount,
  odometerStart,
  odometerEnd,
  ticketId,
  ticketSummary,
  projectId,
  projectName,
  phaseId,
  phaseName,
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
  s.expenseReportId,
  s.expenseReportName,
  s.companyId,
  s.companyIdentifier,
  s.companyName,
  s.chargeToId,
  s.chargeToType,
  s.typeId,
  s.typeName,
  s.memberId,
  s.memberIdentifier,
  s.memberName,
  s.memberDailyCapacity,
  s.paymentMethodId,
  s.paymentMethodName,
  s.classificationId,
  s.classificationName,
  s.amount,
  s.billableOption,
  s.date,
  s.locationId,
  s.businessUnitId,
  s.notes,
  s.agreementId,
  s.agreementName,
  s.agreementType,
  s.agreementChargeFirmFlag,
  s.invoiceAmount,
  s.mobileGuid,
  s.taxes,
  s.invoiceId,
  s.invoiceIdentifier,
  s.invoiceBillingType,
  s.invoiceApplyToType,
  s.invoiceInvoiceDate,
  s.invoiceChargeFirmFlag,
  s.currencyId,
  s.currencySymbol,
  s.currencyCurrencyCode,
  s.currencyDecimalSeparator,
  s.currencyNumberOfDecimals,
  s.currencyThousandsSeparator,
  s.currencyNegativeParenthesesFlag,
  s.currencyDisplaySymbolFlag,
  s.currencyCurrencyIdentifier,
  s.currencyDisplayIdFlag,
  s.currencyRightAlign,
  s.currencyName,
  s.status,
  s.billAmount,
  s.agreementAmount,
  s.odometerStart,
  s.odometerEnd,
  s.ticketId,
  s.ticketSummary,
  s.projectId,
  s.projectName,
  s.phaseId,
  s.phaseName,
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

steps.append({"layer": "silver", "table": "cw_expenseentry_customfields", "bronze": "cw_expenseentry", "select": r"""
-- @generated by `cargo codegen generate` from /components/schemas/ExpenseEntry. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
-- and what stands for the run below: SET processedAt = 2026-06-15T02:00:00.000000Z, SET batchId = …
SELECT
  e.parentId,
  CAST(e.listIndex AS BIGINT) AS listIndex,
  e.item.id,
  e.item.caption,
  e.item.type,
  e.item.entryMethod,
  e.item.numberOfDecimals,
  e.item.value,
  e.item.connectWiseId,
  TIMESTAMP '${processedAt}' AS _etl_processed_at,
  'connectwise' AS _etl_source,
  '${batchId}' AS _etl_batch_id,
  e.etlDeletedAt AS _etl_deleted_at
FROM (
  SELECT b.id AS parentId, b.etlDeletedAt, posexplode(b.customFields) AS (listIndex, item)
  FROM bronze.cw_expenseentry AS b
) AS e
WHERE e.item IS NOT NULL
""", "merge": r"""
-- @generated by `cargo codegen generate` from /components/schemas/ExpenseEntry. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS silver.cw_expenseentry_customfields (
  parentId BIGINT NOT NULL,
  listIndex BIGINT NOT NULL,
  id BIGINT,
  caption STRING,
  type STRING,
  entryMethod STRING,
  numberOfDecimals BIGINT,
  value STRING,
  connectWiseId STRING,
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
  n.type,
  n.entryMethod,
  n.numberOfDecimals,
  n.value,
  n.connectWiseId,
  n._etl_processed_at,
  n._etl_source,
  n._etl_batch_id,
  n._etl_deleted_at,
  n.parentId IS NULL AS _etl_gone
FROM computed AS n
FULL OUTER JOIN silver.cw_expenseentry_customfields AS o ON o.parentId = n.parentId AND o.listIndex = n.listIndex
WHERE n.parentId IS NULL OR o.parentId IS NULL OR NOT (
  n.id <=> o.id AND
  n.caption <=> o.caption AND
  n.type <=> o.type AND
  n.entryMethod <=> o.entryMethod AND
  n.numberOfDecimals <=> o.numberOfDecimals AND
  n.value <=> o.value AND
  n.connectWiseId <=> o.connectWiseId AND
  n._etl_deleted_at <=> o._etl_deleted_at
);
MERGE INTO silver.cw_expenseentry_customfields AS t
USING changed AS s
ON t.parentId = s.parentId AND t.listIndex = s.listIndex
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  id = s.id,
  caption = s.caption,
  type = s.type,
  entryMethod = s.entryMethod,
  numberOfDecimals = s.numberOfDecimals,
  value = s.value,
  connectWiseId = s.connectWiseId,
  _etl_processed_at = s._etl_processed_at,
  _etl_source = s._etl_source,
  _etl_batch_id = s._etl_batch_id,
  _etl_deleted_at = s._etl_deleted_at
WHEN NOT MATCHED AND NOT s._etl_gone THEN INSERT (
  parentId,
  listIndex,
  id,
  caption,
  type,
  entryMethod,
  numberOfDecimals,
  value,
  connectWiseId,
  _etl_processed_at,
  _etl_source,
  _etl_batch_id,
  _etl_deleted_at
) VALUES (
  s.parentId,
  s.listIndex,
  s.id,
  s.caption,
  s.type,
  s.entryMethod,
  s.numberOfDecimals,
  s.value,
  s.connectWiseId,
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

steps.append({"layer": "silver", "table": "cw_invoice", "bronze": "cw_invoice", "select": r"""
-- @generated by `cargo codegen generate` from /components/schemas/Invoice. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
-- and what stands for the run below: SET processedAt = 2026-06-15T02:00:00.000000Z, SET batchId = …
SELECT
  b.id,
  b.invoiceNumber,
  b.type,
  b.status.id AS statusId,
  b.status.name AS statusName,
  b.status.isClosed AS statusIsClosed,
  b.company.id AS companyId,
  b.company.identifier AS companyIdentifier,
  b.company.name AS companyName,
  b.billToCompany.id AS billToCompanyId,
  b.billToCompany.identifier AS billToCompanyIdentifier,
  b.billToCompany.name AS billToCompanyName,
  b.shipToCompany.id AS shipToCompanyId,
  b.shipToCompany.identifier AS shipToCompanyIdentifier,
  b.shipToCompany.name AS shipToCompanyName,
  b.accountNumber,
  b.applyToType,
  b.applyToId,
  b.attention,
  b.shipToAttention,
  b.billingSite.id AS billingSiteId,
  b.billingSite.name AS billingSiteName,
  b.billingSiteAddressLine1,
  b.billingSiteAddressLine2,
  b.billingSiteCity,
  b.billingSiteState,
  b.billingSiteZip,
  b.billingSiteCountry,
  b.shippingSite.id AS shippingSiteId,
  b.shippingSite.name AS shippingSiteName,
  b.shippingSiteAddressLine1,
  b.shippingSiteAddressLine2,
  b.shippingSiteCity,
  b.shippingSiteState,
  b.shippingSiteZip,
  b.shippingSiteCountry,
  b.billingTerms.id AS billingTermsId,
  b.billingTerms.name AS billingTermsName,
  b.reference,
  b.customerPO,
  b.templateSetupId,
  b.invoiceTemplate.id AS invoiceTemplateId,
  b.invoiceTemplate.name AS invoiceTemplateName,
  b.emailTemplateId,
  b.addToBatchEmailList,
  b.date,
  b.restrictDownpaymentFlag,
  b.locationId,
  b.location.id AS locationId_1,
  b.location.name AS locationName,
  b.departmentId,
  b.department.id AS departmentId_1,
  b.department.name AS departmentName,
  b.territoryId,
  b.territory.id AS territoryId_1,
  b.territory.name AS territoryName,
  b.topComment,
  b.bottomComment,
  b.taxableFlag,
  b.taxCode.id AS taxCodeId,
  b.taxCode.name AS taxCodeName,
  b.internalNotes,
  b.downpaymentPreviouslyTaxedFlag,
  b.serviceTotal,
  b.overrideDownPaymentAmountFlag,
  b.currency.id AS currencyId,
  b.currency.symbol AS currencySymbol,
  b.currency.currencyCode AS currencyCurrencyCode,
  b.currency.decimalSeparator AS currencyDecimalSeparator,
  b.currency.numberOfDecimals AS currencyNumberOfDecimals,
  b.currency.thousandsSeparator AS currencyThousandsSeparator,
  b.currency.negativeParenthesesFlag AS currencyNegativeParenthesesFlag,
  b.currency.displaySymbolFlag AS currencyDisplaySymbolFlag,
  b.currency.currencyIdentifier AS currencyCurrencyIdentifier,
  b.currency.displayIdFlag AS currencyDisplayIdFlag,
  b.currency.rightAlign AS currencyRightAlign,
  b.currency.name AS currencyName,
  b.dueDate,
  b.expenseTotal,
  b.productTotal,
  b.previousProgressApplied,
  b.serviceAdjustmentAmount,
  b.agreementAmount,
  b.downpaymentApplied,
  b.subtotal,
  b.total,
  b.remainingDownpayment,
  b.salesTax,
  b.adjustmentReason,
  b.adjustedBy,
  b.closedBy,
  b.payments,
  b.credits,
  b.balance,
  b.specialInvoiceFlag,
  b.billingSetupReference.id AS billingSetupReferenceId,
  b.billingSetupReference.name AS billingSetupReferenceName,
  b.ticket.id AS ticketId,
  b.ticket.summary AS ticketSummary,
  b.project.id AS projectId,
  b.project.name AS projectName,
  b.phase.id AS phaseId,
  b.phase.name AS phaseName,
  b.salesOrder.id AS salesOrderId,
  b.salesOrder.identifier AS salesOrderIdentifier,
  b.agreement.id AS agreementId,
  b.agreement.name AS agreementName,
  b.agreement.type AS agreementType,
  b.agreement.chargeFirmFlag AS agreementChargeFirmFlag,
  b.glBatch.id AS glBatchId,
  b.glBatch.name AS glBatchName,
  b.unbatchedBatch.id AS unbatchedBatchId,
  b.unbatchedBatch.name AS unbatchedBatchName,
  transform(b.customFields, x0 -> CASE WHEN x0 IS NOT NULL THEN named_struct('id', x0.id, 'caption', x0.caption, 'type', x0.type, 'entryMethod', x0.entryMethod, 'numberOfDecimals', x0.numberOfDecimals, 'value', x0.value, 'connectWiseId', x0.connectWiseId) END) AS customFields,
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
  FROM bronze.cw_invoice AS r
) AS b
""", "merge": r"""
-- @generated by `cargo codegen generate` from /components/schemas/Invoice. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS silver.cw_invoice (
  id BIGINT NOT NULL,
  invoiceNumber STRING,
  type STRING,
  statusId BIGINT,
  statusName STRING,
  statusIsClosed BOOLEAN,
  companyId BIGINT,
  companyIdentifier STRING,
  companyName STRING,
  billToCompanyId BIGINT,
  billToCompanyIdentifier STRING,
  billToCompanyName STRING,
  shipToCompanyId BIGINT,
  shipToCompanyIdentifier STRING,
  shipToCompanyName STRING,
  accountNumber STRING,
  applyToType STRING,
  applyToId BIGINT,
  attention STRING,
  shipToAttention STRING,
  billingSiteId BIGINT,
  billingSiteName STRING,
  billingSiteAddressLine1 STRING,
  billingSiteAddressLine2 STRING,
  billingSiteCity STRING,
  billingSiteState STRING,
  billingSiteZip STRING,
  billingSiteCountry STRING,
  shippingSiteId BIGINT,
  shippingSiteName STRING,
  shippingSiteAddressLine1 STRING,
  shippingSiteAddressLine2 STRING,
  shippingSiteCity STRING,
  shippingSiteState STRING,
  shippingSiteZip STRING,
  shippingSiteCountry STRING,
  billingTermsId BIGINT,
  billingTermsName STRING,
  reference STRING,
  customerPO STRING,
  templateSetupId BIGINT,
  invoiceTemplateId BIGINT,
  invoiceTemplateName STRING,
  emailTemplateId BIGINT,
  addToBatchEmailList BOOLEAN,
  date TIMESTAMP,
  restrictDownpaymentFlag BOOLEAN,
  locationId BIGINT,
  locationId_1 BIGINT,
  locationName STRING,
  departmentId BIGINT,
  departmentId_1 BIGINT,
  departmentName STRING,
  territoryId BIGINT,
  territoryId_1 BIGINT,
  territoryName STRING,
  topComment STRING,
  bottomComment STRING,
  taxableFlag BOOLEAN,
  taxCodeId BIGINT,
  taxCodeName STRING,
  internalNotes STRING,
  downpaymentPreviouslyTaxedFlag BOOLEAN,
  serviceTotal DOUBLE,
  overrideDownPaymentAmountFlag BOOLEAN,
  currencyId BIGINT,
  currencySymbol STRING,
  currencyCurrencyCode STRING,
  currencyDecimalSeparator STRING,
  currencyNumberOfDecimals BIGINT,
  currencyThousandsSeparator STRING,
  currencyNegativeParenthesesFlag BOOLEAN,
  currencyDisplaySymbolFlag BOOLEAN,
  currencyCurrencyIdentifier STRING,
  currencyDisplayIdFlag BOOLEAN,
  currencyRightAlign BOOLEAN,
  currencyName STRING,
  dueDate TIMESTAMP,
  expenseTotal DOUBLE,
  productTotal DOUBLE,
  previousProgressApplied DOUBLE,
  serviceAdjustmentAmount DOUBLE,
  agreementAmount DOUBLE,
  downpaymentApplied DOUBLE,
  subtotal DOUBLE,
  total DOUBLE,
  remainingDownpayment DOUBLE,
  salesTax DOUBLE,
  adjustmentReason STRING,
  adjustedBy STRING,
  closedBy STRING,
  payments DOUBLE,
  credits DOUBLE,
  balance DOUBLE,
  specialInvoiceFlag BOOLEAN,
  billingSetupReferenceId BIGINT,
  billingSetupReferenceName STRING,
  ticketId BIGINT,
  ticketSummary STRING,
  projectId BIGINT,
  projectName STRING,
  phaseId BIGINT,
  phaseName STRING,
  salesOrderId BIGINT,
  salesOrderIdentifier STRING,
  agreementId BIGINT,
  agreementName STRING,
  agreementType STRING,
  agreementChargeFirmFlag BOOLEAN,
  glBatchId BIGINT,
  glBatchName STRING,
  unbatchedBatchId BIGINT,
  unbatchedBatchName STRING,
  customFields ARRAY<STRUCT<id: BIGINT, caption: STRING, type: STRING, entryMethod: STRING, numberOfDecimals: BIGINT, value: STRING, connectWiseId: STRING>>,
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
  n.invoiceNumber,
  n.type,
  n.statusId,
  n.statusName,
  n.statusIsClosed,
  n.companyId,
  n.companyIdentifier,
  n.companyName,
  n.billToCompanyId,
  n.billToCompanyIdentifier,
  n.billToCompanyName,
  n.shipToCompanyId,
  n.shipToCompanyIdentifier,
  n.shipToCompanyName,
  n.accountNumber,
  n.applyToType,
  n.applyToId,
  n.attention,
  n.shipToAttention,
  n.billingSiteId,
  n.billingSiteName,
  n.billingSiteAddressLine1,
  n.billingSiteAddressLine2,
  n.billingSiteCity,
  n.billingSiteState,
  n.billingSiteZip,
  n.billingSiteCountry,
  n.shippingSiteId,
  n.shippingSiteName,
  n.shippingSiteAddressLine1,
  n.shippingSiteAddressLine2,
  n.shippingSiteCity,
  n.shippingSiteState,
  n.shippingSiteZip,
  n.shippingSiteCountry,
  n.billingTermsId,
  n.billingTermsName,
  n.reference,
  n.customerPO,
  n.templateSetupId,
  n.invoiceTemplateId,
  n.invoiceTemplateName,
  n.emailTemplateId,
  n.addToBatchEmailList,
  n.date,
  n.restrictDownpaymentFlag,
  n.locationId,
  n.locationId_1,
  n.locationName,
  n.departmentId,
  n.departmentId_1,
  n.departmentName,
  n.territoryId,
  n.territoryId_1,
  n.territoryName,
  n.topComment,
  n.bottomComment,
  n.taxableFlag,
  n.taxCodeId,
  n.taxCodeName,
  n.internalNotes,
  n.downpaymentPreviouslyTaxedFlag,
  n.serviceTotal,
  n.overrideDownPaymentAmountFlag,
  n.currencyId,
  n.currencySymbol,
  n.currencyCurrencyCode,
  n.currencyDecimalSeparator,
  n.currencyNumberOfDecimals,
  n.currencyThousandsSeparator,
  n.currencyNegativeParenthesesFlag,
  n.currencyDisplaySymbolFlag,
  n.currencyCurrencyIdentifier,
  n.currencyDisplayIdFlag,
  n.currencyRightAlign,
  n.currencyName,
  n.dueDate,
  n.expenseTotal,
  n.productTotal,
  n.previousProgressApplied,
  n.serviceAdjustmentAmount,
  n.agreementAmount,
  n.downpaymentApplied,
  n.subtotal,
  n.total,
  n.remainingDownpayment,
  n.salesTax,
  n.adjustmentReason,
  n.adjustedBy,
  n.closedBy,
  n.payments,
  n.credits,
  n.balance,
  n.specialInvoiceFlag,
  n.billingSetupReferenceId,
  n.billingSetupReferenceName,
  n.ticketId,
  n.ticketSummary,
  n.projectId,
  n.projectName,
  n.phaseId,
  n.phaseName,
  n.salesOrderId,
  n.salesOrderIdentifier,
  n.agreementId,
  n.agreementName,
  n.agreementType,
  n.agreementChargeFirmFlag,
  n.glBatchId,
  n.glBatchName,
  n.unbatchedBatchId,
  n.unbatchedBatchName,
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
FULL OUTER JOIN silver.cw_invoice AS o ON o.id = n.id
WHERE n.id IS NULL OR o.id IS NULL OR NOT (
  n.invoiceNumber <=> o.invoiceNumber AND
  n.type <=> o.type AND
  n.statusId <=> o.statusId AND
  n.statusName <=> o.statusName AND
  n.statusIsClosed <=> o.statusIsClosed AND
  n.companyId <=> o.companyId AND
  n.companyIdentifier <=> o.companyIdentifier AND
  n.companyName <=> o.companyName AND
  n.billToCompanyId <=> o.billToCompanyId AND
  n.billToCompanyIdentifier <=> o.billToCompanyIdentifier AND
  n.billToCompanyName <=> o.billToCompanyName AND
  n.shipToCompanyId <=> o.shipToCompanyId AND
  n.shipToCompanyIdentifier <=> o.shipToCompanyIdentifier AND
  n.shipToCompanyName <=> o.shipToCompanyName AND
  n.accountNumber <=> o.accountNumber AND
  n.applyToType <=> o.applyToType AND
  n.applyToId <=> o.applyToId AND
  n.attention <=> o.attention AND
  n.shipToAttention <=> o.shipToAttention AND
  n.billingSiteId <=> o.billingSiteId AND
  n.billingSiteName <=> o.billingSiteName AND
  n.billingSiteAddressLine1 <=> o.billingSiteAddressLine1 AND
  n.billingSiteAddressLine2 <=> o.billingSiteAddressLine2 AND
  n.billingSiteCity <=> o.billingSiteCity AND
  n.billingSiteState <=> o.billingSiteState AND
  n.billingSiteZip <=> o.billingSiteZip AND
  n.billingSiteCountry <=> o.billingSiteCountry AND
  n.shippingSiteId <=> o.shippingSiteId AND
  n.shippingSiteName <=> o.shippingSiteName AND
  n.shippingSiteAddressLine1 <=> o.shippingSiteAddressLine1 AND
  n.shippingSiteAddressLine2 <=> o.shippingSiteAddressLine2 AND
  n.shippingSiteCity <=> o.shippingSiteCity AND
  n.shippingSiteState <=> o.shippingSiteState AND
  n.shippingSiteZip <=> o.shippingSiteZip AND
  n.shippingSiteCountry <=> o.shippingSiteCountry AND
  n.billingTermsId <=> o.billingTermsId AND
  n.billingTermsName <=> o.billingTermsName AND
  n.reference <=> o.reference AND
  n.customerPO <=> o.customerPO AND
  n.templateSetupId <=> o.templateSetupId AND
  n.invoiceTemplateId <=> o.invoiceTemplateId AND
  n.invoiceTemplateName <=> o.invoiceTemplateName AND
  n.emailTemplateId <=> o.emailTemplateId AND
  n.addToBatchEmailList <=> o.addToBatchEmailList AND
  n.date <=> o.date AND
  n.restrictDownpaymentFlag <=> o.restrictDownpaymentFlag AND
  n.locationId <=> o.locationId AND
  n.locationId_1 <=> o.locationId_1 AND
  n.locationName <=> o.locationName AND
  n.departmentId <=> o.departmentId AND
  n.departmentId_1 <=> o.departmentId_1 AND
  n.departmentName <=> o.departmentName AND
  n.territoryId <=> o.territoryId AND
  n.territoryId_1 <=> o.territoryId_1 AND
  n.territoryName <=> o.territoryName AND
  n.topComment <=> o.topComment AND
  n.bottomComment <=> o.bottomComment AND
  n.taxableFlag <=> o.taxableFlag AND
  n.taxCodeId <=> o.taxCodeId AND
  n.taxCodeName <=> o.taxCodeName AND
  n.internalNotes <=> o.internalNotes AND
  n.downpaymentPreviouslyTaxedFlag <=> o.downpaymentPreviouslyTaxedFlag AND
  n.serviceTotal <=> o.serviceTotal AND
  n.overrideDownPaymentAmountFlag <=> o.overrideDownPaymentAmountFlag AND
  n.currencyId <=> o.currencyId AND
  n.currencySymbol <=> o.currencySymbol AND
  n.currencyCurrencyCode <=> o.currencyCurrencyCode AND
  n.currencyDecimalSeparator <=> o.currencyDecimalSeparator AND
  n.currencyNumberOfDecimals <=> o.currencyNumberOfDecimals AND
  n.currencyThousandsSeparator <=> o.currencyThousandsSeparator AND
  n.currencyNegativeParenthesesFlag <=> o.currencyNegativeParenthesesFlag AND
  n.currencyDisplaySymbolFlag <=> o.currencyDisplaySymbolFlag AND
  n.currencyCurrencyIdentifier <=> o.currencyCurrencyIdentifier AND
  n.currencyDisplayIdFlag <=> o.currencyDisplayIdFlag AND
  n.currencyRightAlign <=> o.currencyRightAlign AND
  n.currencyName <=> o.currencyName AND
  n.dueDate <=> o.dueDate AND
  n.expenseTotal <=> o.expenseTotal AND
  n.productTotal <=> o.productTotal AND
  n.previousProgressApplied <=> o.previousProgressApplied AND
  n.serviceAdjustmentAmount <=> o.serviceAdjustmentAmount AND
  n.agreementAmount <=> o.agreementAmount AND
  n.downpaymentApplied <=> o.downpaymentApplied AND
  n.subtotal <=> o.subtotal AND
  n.total <=> o.total AND
  n.remainingDownpayment <=> o.remainingDownpayment AND
  n.salesTax <=> o.salesTax AND
  n.adjustmentReason <=> o.adjustmentReason AND
  n.adjustedBy <=> o.adjustedBy AND
  n.closedBy <=> o.closedBy AND
  n.payments <=> o.payments AND
  n.credits <=> o.credits AND
  n.balance <=> o.balance AND
  n.specialInvoiceFlag <=> o.specialInvoiceFlag AND
  n.billingSetupReferenceId <=> o.billingSetupReferenceId AND
  n.billingSetupReferenceName <=> o.billingSetupReferenceName AND
  n.ticketId <=> o.ticketId AND
  n.ticketSummary <=> o.ticketSummary AND
  n.projectId <=> o.projectId AND
  n.projectName <=> o.projectName AND
  n.phaseId <=> o.phaseId AND
  n.phaseName <=> o.phaseName AND
  n.salesOrderId <=> o.salesOrderId AND
  n.salesOrderIdentifier <=> o.salesOrderIdentifier AND
  n.agreementId <=> o.agreementId AND
  n.agreementName <=> o.agreementName AND
  n.agreementType <=> o.agreementType AND
  n.agreementChargeFirmFlag <=> o.agreementChargeFirmFlag AND
  n.glBatchId <=> o.glBatchId AND
  n.glBatchName <=> o.glBatchName AND
  n.unbatchedBatchId <=> o.unbatchedBatchId AND
  n.unbatchedBatchName <=> o.unbatchedBatchName AND
  n.customFields <=> o.customFields AND
  n.infoLastUpdated <=> o.infoLastUpdated AND
  n.infoUpdatedBy <=> o.infoUpdatedBy AND
  n.infoDateEntered <=> o.infoDateEntered AND
  n.infoEnteredBy <=> o.infoEnteredBy AND
  n._etl_deleted_at <=> o._etl_deleted_at
);
MERGE INTO silver.cw_invoice AS t
USING changed AS s
ON t.id = s.id
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  invoiceNumber = s.invoiceNumber,
  type = s.type,
  statusId = s.statusId,
  statusName = s.statusName,
  statusIsClosed = s.statusIsClosed,
  companyId = s.companyId,
  companyIdentifier = s.companyIdentifier,
  companyName = s.companyName,
  billToCompanyId = s.billToCompanyId,
  billToCompanyIdentifier = s.billToCompanyIdentifier,
  billToCompanyName = s.billToCompanyName,
  shipToCompanyId = s.shipToCompanyId,
  shipToCompanyIdentifier = s.shipToCompanyIdentifier,
  shipToCompanyName = s.shipToCompanyName,
  accountNumber = s.accountNumber,
  applyToType = s.applyToType,
  applyToId = s.applyToId,
  attention = s.attention,
  shipToAttention = s.shipToAttention,
  billingSiteId = s.billingSiteId,
  billingSiteName = s.billingSiteName,
  billingSiteAddressLine1 = s.billingSiteAddressLine1,
  billingSiteAddressLine2 = s.billingSiteAddressLine2,
  billingSiteCity = s.billingSiteCity,
  billingSiteState = s.billingSiteState,
  billingSiteZip = s.billingSiteZip,
  billingSiteCountry = s.billingSiteCountry,
  shippingSiteId = s.shippingSiteId,
  shippingSiteName = s.shippingSiteName,
  shippingSiteAddressLine1 = s.shippingSiteAddressLine1,
  shippingSiteAddressLine2 = s.shippingSiteAddressLine2,
  shippingSiteCity = s.shippingSiteCity,
  shippingSiteState = s.shippingSiteState,
  shippingSiteZip = s.shippingSiteZip,
  shippingSiteCountry = s.shippingSiteCountry,
  billingTermsId = s.billingTermsId,
  billingTermsName = s.billingTermsName,
  reference = s.reference,
  customerPO = s.customerPO,
  templateSetupId = s.templateSetupId,
  invoiceTemplateId = s.invoiceTemplateId,
  invoiceTemplateName = s.invoiceTemplateName,
  emailTemplateId = s.emailTemplateId,
  addToBatchEmailList = s.addToBatchEmailList,
  date = s.date,
  restrictDownpaymentFlag = s.restrictDownpaymentFlag,
  locationId = s.locationId,
  locationId_1 = s.locationId_1,
  locationName = s.locationName,
  departmentId = s.departmentId,
  departmentId_1 = s.departmentId_1,
  departmentName = s.departmentName,
  territoryId = s.territoryId,
  territoryId_1 = s.territoryId_1,
  territoryName = s.territoryName,
  topComment = s.topComment,
  bottomComment = s.bottomComment,
  taxableFlag = s.taxableFlag,
  taxCodeId = s.taxCodeId,
  taxCodeName = s.taxCodeName,
  internalNotes = s.internalNotes,
  downpaymentPreviouslyTaxedFlag = s.downpaymentPreviouslyTaxedFlag,
  serviceTotal = s.serviceTotal,
  overrideDownPaymentAmountFlag = s.overrideDownPaymentAmountFlag,
  currencyId = s.currencyId,
  currencySymbol = s.currencySymbol,
  currencyCurrencyCode = s.currencyCurrencyCode,
  currencyDecimalSeparator = s.currencyDecimalSeparator,
  currencyNumberOfDecimals = s.currencyNumberOfDecimals,
  currencyThousandsSeparator = s.currencyThousandsSeparator,
  currencyNegativeParenthesesFlag = s.currencyNegativeParenthesesFlag,
  currencyDisplaySymbolFlag = s.currencyDisplaySymbolFlag,
  currencyCurrencyIdentifier = s.currencyCurrencyIdentifier,
  currencyDisplayIdFlag = s.currencyDisplayIdFlag,
  currencyRightAlign = s.currencyRightAlign,
  currencyName = s.currencyName,
  dueDate = s.dueDate,
  expenseTotal = s.expenseTotal,
  productTotal = s.productTotal,
  previousProgressApplied = s.previousProgressApplied,
  serviceAdjustmentAmount = s.serviceAdjustmentAmount,
  agreementAmount = s.agreementAmount,
  downpaymentApplied = s.downpaymentApplied,
  subtotal = s.subtotal,
  total = s.total,
  remainingDownpayment = s.remainingDownpayment,
  salesTax = s.salesTax,
  adjustmentReason = s.adjustmentReason,
  adjustedBy = s.adjustedBy,
  closedBy = s.closedBy,
  payments = s.payments,
  credits = s.credits,
  balance = s.balance,
  specialInvoiceFlag = s.specialInvoiceFlag,
  billingSetupReferenceId = s.billingSetupReferenceId,
  billingSetupReferenceName = s.billingSetupReferenceName,
  ticketId = s.ticketId,
  ticketSummary = s.ticketSummary,
  projectId = s.projectId,
  projectName = s.projectName,
  phaseId = s.phaseId,
  phaseName = s.phaseName,
  salesOrderId = s.salesOrderId,
  salesOrderIdentifier = s.salesOrderIdentifier,
  agreementId = s.agreementId,
  agreementName = s.agreementName,
  agreementType = s.agreementType,
  agreementChargeFirmFlag = s.agreementChargeFirmFlag,
  glBatchId = s.glBatchId,
  glBatchName = s.glBatchName,
  unbatchedBatchId = s.unbatchedBatchId,
  unbatchedBatchName = s.unbatchedBatchName,
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
  invoiceNumber,
  type,
  statusId,
  statusName,
  statusIsClosed,
  companyId,
  companyIdentifier,
  companyName,
  billToCompanyId,
  billToCompanyIdentifier,
  billToCompanyName,
  shipToCompanyId,
  shipToCompanyIdentifier,
  shipToCompanyName,
  accountNumber,
  applyToType,
  applyToId,
  attention,
  shipToAttention,
  billingSiteId,
  billingSiteName,
  billingSiteAddressLine1,
  billingSiteAddressLine2,
  billingSiteCity,
  billingSiteState,
  billingSiteZip,
  billingSiteCountry,
  shippingSiteId,
  shippingSiteName,
  shippingSiteAddressLine1,
  shippingSiteAddressLine2,
  shippingSiteCity,
  shippingSiteState,
  shippingSiteZip,
  shippingSiteCountry,
  billingTermsId,
  billingTermsName,
  reference,
  customerPO,
  templateSetupId,
  invoiceTemplateId,
  invoiceTemplateName,
  emailTemplateId,
  addToBatchEmailList,
  date,
  restrictDownpaymentFlag,
  locationId,
  locationId_1,
  locationName,
  departmentId,
  departmentId_1,
  departmentName,
  territoryId,
  territoryId_1,
  territoryName,
  topComment,
  bottomComment,
  taxableFlag,
  taxCodeId,
  taxCodeName,
  internalNotes,
  downpaymentPreviouslyTaxedFlag,
  serviceTotal,
  overrideDownPaymentAmountFlag,
  currencyId,
  currencySymbol,
  currencyCurrencyCode,
  currencyDecimalSeparator,
  currencyNumberOfDecimals,
  currencyThousandsSeparator,
  currencyNegativeParenthesesFlag,
  currencyDisplaySymbolFlag,
  currencyCurrencyIdentifier,
  currencyDisplayIdFlag,
  currencyRightAlign,
  currencyName,
  dueDate,
  expenseTotal,
  productTotal,
  previousProgressApplied,
  serviceAdjustmentAmount,
  agreementAmount,
  downpaymentApplied,
  subtotal,
  total,
  remainingDownpayment,
  salesTax,
  adjustmentReason,
  adjustedBy,
  closedBy,
  payments,
  credits,
  balance,
  specialInvoiceFlag,
  billingSetupReferenceId,
  billingSetupReferenceName,
  ticketId,
  ticketSummary,
  projectId,
  projectName,
  phaseId,
  phaseName,
  salesOrderId,
  salesOrderIdentifier,
  agreementId,
  agreementName,
  agreementType,
  agreementChargeFirmFlag,
  glBatchId,
  glBatchName,
  unbatchedBatchId,
  unbatchedBatchName,
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
  s.invoiceNumber,
  s.type,
  s.statusId,
  s.statusName,
  s.statusIsClosed,
  s.companyId,
  s.companyIdentifier,
  s.companyName,
  s.billToCompanyId,
  s.billToCompanyIdentifier,
  s.billToCompanyName,
  s.shipToCompanyId,
  s.shipToCompanyIdentifier,
  s.shipToCompanyName,
  s.accountNumber,
  s.applyToType,
  s.applyToId,
  s.attention,
  s.shipToAttention,
  s.billingSiteId,
  s.billingSiteName,
  s.billingSiteAddressLine1,
  s.billingSiteAddressLine2,
  s.billingSiteCity,
  s.billingSiteState,
  s.billingSiteZip,
  s.billingSiteCountry,
  s.shippingSiteId,
  s.shippingSiteName,
  s.shippingSiteAddressLine1,
  s.shippingSiteAddressLine2,
  s.shippingSiteCity,
  s.shippingSiteState,
  s.shippingSiteZip,
  s.shippingSiteCountry,
  s.billingTermsId,
  s.billingTermsName,
  s.reference,
  s.customerPO,
  s.templateSetupId,
  s.invoiceTemplateId,
  s.invoiceTemplateName,
  s.emailTemplateId,
  s.addToBatchEmailList,
  s.date,
  s.restrictDownpaymentFlag,
  s.locationId,
  s.locationId_1,
  s.locationName,
  s.departmentId,
  s.departmentId_1,
  s.departmentName,
  s.territoryId,
  s.territoryId_1,
  s.territoryName,
  s.topComment,
  s.bottomComment,
  s.taxableFlag,
  s.taxCodeId,
  s.taxCodeName,
  s.internalNotes,
  s.downpaymentPreviouslyTaxedFlag,
  s.serviceTotal,
  s.overrideDownPaymentAmountFlag,
  s.currencyId,
  s.currencySymbol,
  s.currencyCurrencyCode,
  s.currencyDecimalSeparator,
  s.currencyNumberOfDecimals,
  s.currencyThousandsSeparator,
  s.currencyNegativeParenthesesFlag,
  s.currencyDisplaySymbolFlag,
  s.currencyCurrencyIdentifier,
  s.currencyDisplayIdFlag,
  s.currencyRightAlign,
  s.currencyName,
  s.dueDate,
  s.expenseTotal,
  s.productTotal,
  s.previousProgressApplied,
  s.serviceAdjustmentAmount,
  s.agreementAmount,
  s.downpaymentApplied,
  s.subtotal,
  s.total,
  s.remainingDownpayment,
  s.salesTax,
  s.adjustmentReason,
  s.adjustedBy,
  s.closedBy,
  s.payments,
  s.credits,
  s.balance,
  s.specialInvoiceFlag,
  s.billingSetupReferenceId,
  s.billingSetupReferenceName,
  s.ticketId,
  s.ticketSummary,
  s.projectId,
  s.projectName,
  s.phaseId,
  s.phaseName,
  s.salesOrderId,
  s.salesOrderIdentifier,
  s.agreementId,
  s.agreementName,
  s.agreementType,
  s.agreementChargeFirmFlag,
  s.glBatchId,
  s.glBatchName,
  s.unbatchedBatchId,
  s.unbatchedBatchName,
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

steps.append({"layer": "silver", "table": "cw_invoice_customfields", "bronze": "cw_invoice", "select": r"""
-- @generated by `cargo codegen generate` from /components/schemas/Invoice. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
-- and what stands for the run below: SET processedAt = 2026-06-15T02:00:00.000000Z, SET batchId = …
SELECT
  e.parentId,
  CAST(e.listIndex AS BIGINT) AS listIndex,
  e.item.id,
  e.item.caption,
  e.item.type,
  e.item.entryMethod,
  e.item.numberOfDecimals,
  e.item.value,
  e.item.connectWiseId,
  TIMESTAMP '${processedAt}' AS _etl_processed_at,
  'connectwise' AS _etl_source,
  '${batchId}' AS _etl_batch_id,
  e.etlDeletedAt AS _etl_deleted_at
FROM (
  SELECT b.id AS parentId, b.etlDeletedAt, posexplode(b.customFields) AS (listIndex, item)
  FROM bronze.cw_invoice AS b
) AS e
WHERE e.item IS NOT NULL
""", "merge": r"""
-- @generated by `cargo codegen generate` from /components/schemas/Invoice. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS silver.cw_invoice_customfields (
  parentId BIGINT NOT NULL,
  listIndex BIGINT NOT NULL,
  id BIGINT,
  caption STRING,
  type STRING,
  entryMethod STRING,
  numberOfDecimals BIGINT,
  value STRING,
  connectWiseId STRING,
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
  n.type,
  n.entryMethod,
  n.numberOfDecimals,
  n.value,
  n.connectWiseId,
  n._etl_processed_at,
  n._etl_source,
  n._etl_batch_id,
  n._etl_deleted_at,
  n.parentId IS NULL AS _etl_gone
FROM computed AS n
FULL OUTER JOIN silver.cw_invoice_customfields AS o ON o.parentId = n.parentId AND o.listIndex = n.listIndex
WHERE n.parentId IS NULL OR o.parentId IS NULL OR NOT (
  n.id <=> o.id AND
  n.caption <=> o.caption AND
  n.type <=> o.type AND
  n.entryMethod <=> o.entryMethod AND
  n.numberOfDecimals <=> o.numberOfDecimals AND
  n.value <=> o.value AND
  n.connectWiseId <=> o.connectWiseId AND
  n._etl_deleted_at <=> o._etl_deleted_at
);
MERGE INTO silver.cw_invoice_customfields AS t
USING changed AS s
ON t.parentId = s.parentId AND t.listIndex = s.listIndex
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  id = s.id,
  caption = s.caption,
  type = s.type,
  entryMethod = s.entryMethod,
  numberOfDecimals = s.numberOfDecimals,
  value = s.value,
  connectWiseId = s.connectWiseId,
  _etl_processed_at = s._etl_processed_at,
  _etl_source = s._etl_source,
  _etl_batch_id = s._etl_batch_id,
  _etl_deleted_at = s._etl_deleted_at
WHEN NOT MATCHED AND NOT s._etl_gone THEN INSERT (
  parentId,
  listIndex,
  id,
  caption,
  type,
  entryMethod,
  numberOfDecimals,
  value,
  connectWiseId,
  _etl_processed_at,
  _etl_source,
  _etl_batch_id,
  _etl_deleted_at
) VALUES (
  s.parentId,
  s.listIndex,
  s.id,
  s.caption,
  s.type,
  s.entryMethod,
  s.numberOfDecimals,
  s.value,
  s.connectWiseId,
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

steps.append({"layer": "silver", "table": "cw_member", "bronze": "cw_member", "select": r"""
-- @generated by `cargo codegen generate` from /components/schemas/Member. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
-- and what stands for the run below: SET processedAt = 2026-06-15T02:00:00.000000Z, SET batchId = …
SELECT
  b.id,
  b.identifier,
  b.disableOnlineFlag,
  b.licenseClass,
  b.notes,
  b.employeeIdentifer,
  b.vendorNumber,
  b.enableMobileGpsFlag,
  b.inactiveDate,
  b.inactiveFlag,
  b.lastLogin,
  b.firstName,
  b.middleInitial,
  b.lastName,
  b.hireDate,
  b.country.id AS countryId,
  b.country.identifier AS countryIdentifier,
  b.country.name AS countryName,
  b.photo.id AS photoId,
  b.photo.name AS photoName,
  b.officeEmail,
  b.mobileEmail,
  b.homeEmail,
  b.defaultEmail,
  b.primaryEmail,
  b.officePhone,
  b.officeExtension,
  b.mobilePhone,
  b.mobileExtension,
  b.homePhone,
  b.homeExtension,
  b.defaultPhone,
  b.securityRole.id AS securityRoleId,
  b.securityRole.name AS securityRoleName,
  b.office365.id AS office365Id,
  b.office365.name AS office365Name,
  b.mapiName,
  b.calendarSyncIntegrationFlag,
  b.authenticationServiceType,
  b.timebasedOneTimePasswordActivated,
  b.enableLdapAuthenticationFlag,
  b.ldapConfiguration.id AS ldapConfigurationId,
  b.ldapConfiguration.name AS ldapConfigurationName,
  b.ldapConfiguration.server AS ldapConfigurationServer,
  b.ldapUserName,
  b.directionalSync.id AS directionalSyncId,
  b.directionalSync.name AS directionalSyncName,
  b.ssoSettings.id AS ssoSettingsId,
  b.ssoSettings.ssoUserId AS ssoSettingsSsoUserId,
  b.ssoSettings.userName AS ssoSettingsUserName,
  b.ssoSettings.email AS ssoSettingsEmail,
  b.signature,
  b.phoneIntegrationType,
  b.useBrowserLanguageFlag,
  b.title,
  b.reportCard.id AS reportCardId,
  b.reportCard.name AS reportCardName,
  b.enableMobileFlag,
  b.type.id AS typeId,
  b.type.name AS typeName,
  b.timeZone.id AS timeZoneId,
  b.timeZone.name AS timeZoneName,
  b.partnerPortalFlag,
  b.stsUserAdminUrl,
  b.toastNotificationFlag,
  b.memberPersonas,
  b.adminFlag,
  b.structureLevel.id AS structureLevelId,
  b.structureLevel.name AS structureLevelName,
  b.securityLocation.id AS securityLocationId,
  b.securityLocation.name AS securityLocationName,
  b.defaultLocation.id AS defaultLocationId,
  b.defaultLocation.name AS defaultLocationName,
  b.defaultDepartment.id AS defaultDepartmentId,
  b.defaultDepartment.identifier AS defaultDepartmentIdentifier,
  b.defaultDepartment.name AS defaultDepartmentName,
  b.reportsTo.id AS reportsToId,
  b.reportsTo.identifier AS reportsToIdentifier,
  b.reportsTo.name AS reportsToName,
  b.reportsTo.dailyCapacity AS reportsToDailyCapacity,
  b.restrictLocationFlag,
  b.restrictDepartmentFlag,
  b.workRole.id AS workRoleId,
  b.workRole.name AS workRoleName,
  b.workType.id AS workTypeId,
  b.workType.name AS workTypeName,
  b.workType.utilizationFlag AS workTypeUtilizationFlag,
  b.timeApprover.id AS timeApproverId,
  b.timeApprover.identifier AS timeApproverIdentifier,
  b.timeApprover.name AS timeApproverName,
  b.timeApprover.dailyCapacity AS timeApproverDailyCapacity,
  b.expenseApprover.id AS expenseApproverId,
  b.expenseApprover.identifier AS expenseApproverIdentifier,
  b.expenseApprover.name AS expenseApproverName,
  b.expenseApprover.dailyCapacity AS expenseApproverDailyCapacity,
  b.billableForecast,
  b.dailyCapacity,
  b.hourlyCost,
  b.hourlyRate,
  b.includeInUtilizationReportingFlag,
  b.requireExpenseEntryFlag,
  b.requireTimeSheetEntryFlag,
  b.requireStartAndEndTimeOnTimeEntryFlag,
  b.allowInCellEntryOnTimeSheet,
  b.enterTimeAgainstCompanyFlag,
  b.allowExpensesEnteredAgainstCompaniesFlag,
  b.timeReminderEmailFlag,
  b.daysTolerance,
  b.minimumHours,
  b.timeSheetStartDate,
  b.serviceDefaultLocation.id AS serviceDefaultLocationId,
  b.serviceDefaultLocation.name AS serviceDefaultLocationName,
  b.serviceDefaultDepartment.id AS serviceDefaultDepartmentId,
  b.serviceDefaultDepartment.identifier AS serviceDefaultDepartmentIdentifier,
  b.serviceDefaultDepartment.name AS serviceDefaultDepartmentName,
  b.serviceDefaultBoard.id AS serviceDefaultBoardId,
  b.serviceDefaultBoard.name AS serviceDefaultBoardName,
  b.restrictServiceDefaultLocationFlag,
  b.restrictServiceDefaultDepartmentFlag,
  b.excludedServiceBoardIds,
  b.teams,
  b.serviceBoardTeamIds,
  b.projectDefaultLocation.id AS projectDefaultLocationId,
  b.projectDefaultLocation.name AS projectDefaultLocationName,
  b.projectDefaultDepartment.id AS projectDefaultDepartmentId,
  b.projectDefaultDepartment.identifier AS projectDefaultDepartmentIdentifier,
  b.projectDefaultDepartment.name AS projectDefaultDepartmentName,
  b.projectDefaultBoard.id AS projectDefaultBoardId,
  b.projectDefaultBoard.name AS projectDefaultBoardName,
  b.restrictProjectDefaultLocationFlag,
  b.restrictProjectDefaultDepartmentFlag,
  b.excludedProjectBoardIds,
  b.scheduleDefaultLocation.id AS scheduleDefaultLocationId,
  b.scheduleDefaultLocation.name AS scheduleDefaultLocationName,
  b.scheduleDefaultDepartment.id AS scheduleDefaultDepartmentId,
  b.scheduleDefaultDepartment.identifier AS scheduleDefaultDepartmentIdentifier,
  b.scheduleDefaultDepartment.name AS scheduleDefaultDepartmentName,
  b.scheduleCapacity,
  b.serviceLocation.id AS serviceLocationId,
  b.serviceLocation.name AS serviceLocationName,
  b.restrictScheduleFlag,
  b.hideMemberInDispatchPortalFlag,
  b.calendar.id AS calendarId,
  b.calendar.name AS calendarName,
  b.salesDefaultLocation.id AS salesDefaultLocationId,
  b.salesDefaultLocation.name AS salesDefaultLocationName,
  b.restrictDefaultSalesTerritoryFlag,
  b.warehouse.id AS warehouseId,
  b.warehouse.name AS warehouseName,
  b.warehouse.lockedFlag AS warehouseLockedFlag,
  b.warehouseBin.id AS warehouseBinId,
  b.warehouseBin.name AS warehouseBinName,
  b.restrictDefaultWarehouseFlag,
  b.restrictDefaultWarehouseBinFlag,
  b.companyActivityTabFormat,
  b.invoiceTimeTabFormat,
  b.invoiceScreenDefaultTabFormat,
  b.invoicingDisplayOptions,
  b.agreementInvoicingDisplayOptions,
  b.autoStartStopwatch,
  b.autoPopupQuickNotesWithStopwatch,
  b.globalSearchDefaultTicketFilter,
  b.globalSearchDefaultSort,
  b.phoneSource,
  b.copyPodLayouts,
  b.copySharedDefaultViews,
  b.copyColumnLayoutsAndFilters,
  b.fromMemberRecId,
  b.fromMemberTemplateRecId,
  transform(b.customFields, x0 -> CASE WHEN x0 IS NOT NULL THEN named_struct('id', x0.id, 'caption', x0.caption, 'type', x0.type, 'entryMethod', x0.entryMethod, 'numberOfDecimals', x0.numberOfDecimals, 'value', x0.value, 'connectWiseId', x0.connectWiseId) END) AS customFields,
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
  FROM bronze.cw_member AS r
) AS b
""", "merge": r"""
-- @generated by `cargo codegen generate` from /components/schemas/Member. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS silver.cw_member (
  id BIGINT NOT NULL,
  identifier STRING,
  disableOnlineFlag BOOLEAN,
  licenseClass STRING,
  notes STRING,
  employeeIdentifer STRING,
  vendorNumber STRING,
  enableMobileGpsFlag BOOLEAN,
  inactiveDate TIMESTAMP,
  inactiveFlag BOOLEAN,
  lastLogin STRING,
  firstName STRING,
  middleInitial STRING,
  lastName STRING,
  hireDate TIMESTAMP,
  countryId BIGINT,
  countryIdentifier STRING,
  countryName STRING,
  photoId BIGINT,
  photoName STRING,
  officeEmail STRING,
  mobileEmail STRING,
  homeEmail STRING,
  defaultEmail STRING,
  primaryEmail STRING,
  officePhone STRING,
  officeExtension STRING,
  mobilePhone STRING,
  mobileExtension STRING,
  homePhone STRING,
  homeExtension STRING,
  defaultPhone STRING,
  securityRoleId BIGINT,
  securityRoleName STRING,
  office365Id STRING,
  office365Name STRING,
  mapiName STRING,
  calendarSyncIntegrationFlag BOOLEAN,
  authenticationServiceType STRING,
  timebasedOneTimePasswordActivated BOOLEAN,
  enableLdapAuthenticationFlag BOOLEAN,
  ldapConfigurationId BIGINT,
  ldapConfigurationName STRING,
  ldapConfigurationServer STRING,
  ldapUserName STRING,
  directionalSyncId BIGINT,
  directionalSyncName STRING,
  ssoSettingsId BIGINT,
  ssoSettingsSsoUserId STRING,
  ssoSettingsUserName STRING,
  ssoSettingsEmail STRING,
  signature STRING,
  phoneIntegrationType STRING,
  useBrowserLanguageFlag BOOLEAN,
  title STRING,
  reportCardId BIGINT,
  reportCardName STRING,
  enableMobileFlag BOOLEAN,
  typeId BIGINT,
  typeName STRING,
  timeZoneId BIGINT,
  timeZoneName STRING,
  partnerPortalFlag BOOLEAN,
  stsUserAdminUrl STRING,
  toastNotificationFlag BOOLEAN,
  memberPersonas ARRAY<BIGINT>,
  adminFlag BOOLEAN,
  structureLevelId BIGINT,
  structureLevelName STRING,
  securityLocationId BIGINT,
  securityLocationName STRING,
  defaultLocationId BIGINT,
  defaultLocationName STRING,
  defaultDepartmentId BIGINT,
  defaultDepartmentIdentifier STRING,
  defaultDepartmentName STRING,
  reportsToId BIGINT,
  reportsToIdentifier STRING,
  reportsToName STRING,
  reportsToDailyCapacity DOUBLE,
  restrictLocationFlag BOOLEAN,
  restrictDepartmentFlag BOOLEAN,
  workRoleId BIGINT,
  workRoleName STRING,
  workTypeId BIGINT,
  workTypeName STRING,
  workTypeUtilizationFlag BOOLEAN,
  timeApproverId BIGINT,
  timeApproverIdentifier STRING,
  timeApproverName STRING,
  timeApproverDailyCapacity DOUBLE,
  expenseApproverId BIGINT,
  expenseApproverIdentifier STRING,
  expenseApproverName STRING,
  expenseApproverDailyCapacity DOUBLE,
  billableForecast DOUBLE,
  dailyCapacity DOUBLE,
  hourlyCost DOUBLE,
  hourlyRate DOUBLE,
  includeInUtilizationReportingFlag BOOLEAN,
  requireExpenseEntryFlag BOOLEAN,
  requireTimeSheetEntryFlag BOOLEAN,
  requireStartAndEndTimeOnTimeEntryFlag BOOLEAN,
  allowInCellEntryOnTimeSheet BOOLEAN,
  enterTimeAgainstCompanyFlag BOOLEAN,
  allowExpensesEnteredAgainstCompaniesFlag BOOLEAN,
  timeReminderEmailFlag BOOLEAN,
  daysTolerance BIGINT,
  minimumHours DOUBLE,
  timeSheetStartDate STRING,
  serviceDefaultLocationId BIGINT,
  serviceDefaultLocationName STRING,
  serviceDefaultDepartmentId BIGINT,
  serviceDefaultDepartmentIdentifier STRING,
  serviceDefaultDepartmentName STRING,
  serviceDefaultBoardId BIGINT,
  serviceDefaultBoardName STRING,
  restrictServiceDefaultLocationFlag BOOLEAN,
  restrictServiceDefaultDepartmentFlag BOOLEAN,
  excludedServiceBoardIds ARRAY<BIGINT>,
  teams ARRAY<BIGINT>,
  serviceBoardTeamIds ARRAY<BIGINT>,
  projectDefaultLocationId BIGINT,
  projectDefaultLocationName STRING,
  projectDefaultDepartmentId BIGINT,
  projectDefaultDepartmentIdentifier STRING,
  projectDefaultDepartmentName STRING,
  projectDefaultBoardId BIGINT,
  projectDefaultBoardName STRING,
  restrictProjectDefaultLocationFlag BOOLEAN,
  restrictProjectDefaultDepartmentFlag BOOLEAN,
  excludedProjectBoardIds ARRAY<BIGINT>,
  scheduleDefaultLocationId BIGINT,
  scheduleDefaultLocationName STRING,
  scheduleDefaultDepartmentId BIGINT,
  scheduleDefaultDepartmentIdentifier STRING,
  scheduleDefaultDepartmentName STRING,
  scheduleCapacity DOUBLE,
  serviceLocationId BIGINT,
  serviceLocationName STRING,
  restrictScheduleFlag BOOLEAN,
  hideMemberInDispatchPortalFlag BOOLEAN,
  calendarId BIGINT,
  calendarName STRING,
  salesDefaultLocationId BIGINT,
  salesDefaultLocationName STRING,
  restrictDefaultSalesTerritoryFlag BOOLEAN,
  warehouseId BIGINT,
  warehouseName STRING,
  warehouseLockedFlag BOOLEAN,
  warehouseBinId BIGINT,
  warehouseBinName STRING,
  restrictDefaultWarehouseFlag BOOLEAN,
  restrictDefaultWarehouseBinFlag BOOLEAN,
  companyActivityTabFormat STRING,
  invoiceTimeTabFormat STRING,
  invoiceScreenDefaultTabFormat STRING,
  invoicingDisplayOptions STRING,
  agreementInvoicingDisplayOptions STRING,
  autoStartStopwatch BOOLEAN,
  autoPopupQuickNotesWithStopwatch BOOLEAN,
  globalSearchDefaultTicketFilter STRING,
  globalSearchDefaultSort STRING,
  phoneSource STRING,
  copyPodLayouts BOOLEAN,
  copySharedDefaultViews BOOLEAN,
  copyColumnLayoutsAndFilters BOOLEAN,
  fromMemberRecId BIGINT,
  fromMemberTemplateRecId BIGINT,
  customFields ARRAY<STRUCT<id: BIGINT, caption: STRING, type: STRING, entryMethod: STRING, numberOfDecimals: BIGINT, value: STRING, connectWiseId: STRING>>,
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
  n.identifier,
  n.disableOnlineFlag,
  n.licenseClass,
  n.notes,
  n.employeeIdentifer,
  n.vendorNumber,
  n.enableMobileGpsFlag,
  n.inactiveDate,
  n.inactiveFlag,
  n.lastLogin,
  n.firstName,
  n.middleInitial,
  n.lastName,
  n.hireDate,
  n.countryId,
  n.countryIdentifier,
  n.countryName,
  n.photoId,
  n.photoName,
  n.officeEmail,
  n.mobileEmail,
  n.homeEmail,
  n.defaultEmail,
  n.primaryEmail,
  n.officePhone,
  n.officeExtension,
  n.mobilePhone,
  n.mobileExtension,
  n.homePhone,
  n.homeExtension,
  n.defaultPhone,
  n.securityRoleId,
  n.securityRoleName,
  n.office365Id,
  n.office365Name,
  n.mapiName,
  n.calendarSyncIntegrationFlag,
  n.authenticationServiceType,
  n.timebasedOneTimePasswordActivated,
  n.enableLdapAuthenticationFlag,
  n.ldapConfigurationId,
  n.ldapConfigurationName,
  n.ldapConfigurationServer,
  n.ldapUserName,
  n.directionalSyncId,
  n.directionalSyncName,
  n.ssoSettingsId,
  n.ssoSettingsSsoUserId,
  n.ssoSettingsUserName,
  n.ssoSettingsEmail,
  n.signature,
  n.phoneIntegrationType,
  n.useBrowserLanguageFlag,
  n.title,
  n.reportCardId,
  n.reportCardName,
  n.enableMobileFlag,
  n.typeId,
  n.typeName,
  n.timeZoneId,
  n.timeZoneName,
  n.partnerPortalFlag,
  n.stsUserAdminUrl,
  n.toastNotificationFlag,
  n.memberPersonas,
  n.adminFlag,
  n.structureLevelId,
  n.structureLevelName,
  n.securityLocationId,
  n.securityLocationName,
  n.defaultLocationId,
  n.defaultLocationName,
  n.defaultDepartmentId,
  n.defaultDepartmentIdentifier,
  n.defaultDepartmentName,
  n.reportsToId,
  n.reportsToIdentifier,
  n.reportsToName,
  n.reportsToDailyCapacity,
  n.restrictLocationFlag,
  n.restrictDepartmentFlag,
  n.workRoleId,
  n.workRoleName,
  n.workTypeId,
  n.workTypeName,
  n.workTypeUtilizationFlag,
  n.timeApproverId,
  n.timeApproverIdentifier,
  n.timeApproverName,
  n.timeApproverDailyCapacity,
  n.expenseApproverId,
  n.expenseApproverIdentifier,
  n.expenseApproverName,
  n.expenseApproverDailyCapacity,
  n.billableForecast,
  n.dailyCapacity,
  n.hourlyCost,
  n.hourlyRate,
  n.includeInUtilizationReportingFlag,
  n.requireExpenseEntryFlag,
  n.requireTimeSheetEntryFlag,
  n.requireStartAndEndTimeOnTimeEntryFlag,
  n.allowInCellEntryOnTimeSheet,
  n.enterTimeAgainstCompanyFlag,
  n.allowExpensesEnteredAgainstCompaniesFlag,
  n.timeReminderEmailFlag,
  n.daysTolerance,
  n.minimumHours,
  n.timeSheetStartDate,
  n.serviceDefaultLocationId,
  n.serviceDefaultLocationName,
  n.serviceDefaultDepartmentId,
  n.serviceDefaultDepartmentIdentifier,
  n.serviceDefaultDepartmentName,
  n.serviceDefaultBoardId,
  n.serviceDefaultBoardName,
  n.restrictServiceDefaultLocationFlag,
  n.restrictServiceDefaultDepartmentFlag,
  n.excludedServiceBoardIds,
  n.teams,
  n.serviceBoardTeamIds,
  n.projectDefaultLocationId,
  n.projectDefaultLocationName,
  n.projectDefaultDepartmentId,
  n.projectDefaultDepartmentIdentifier,
  n.projectDefaultDepartmentName,
  n.projectDefaultBoardId,
  n.projectDefaultBoardName,
  n.restrictProjectDefaultLocationFlag,
  n.restrictProjectDefaultDepartmentFlag,
  n.excludedProjectBoardIds,
  n.scheduleDefaultLocationId,
  n.scheduleDefaultLocationName,
  n.scheduleDefaultDepartmentId,
  n.scheduleDefaultDepartmentIdentifier,
  n.scheduleDefaultDepartmentName,
  n.scheduleCapacity,
  n.serviceLocationId,
  n.serviceLocationName,
  n.restrictScheduleFlag,
  n.hideMemberInDispatchPortalFlag,
  n.calendarId,
  n.calendarName,
  n.salesDefaultLocationId,
  n.salesDefaultLocationName,
  n.restrictDefaultSalesTerritoryFlag,
  n.warehouseId,
  n.warehouseName,
  n.warehouseLockedFlag,
  n.warehouseBinId,
  n.warehouseBinName,
  n.restrictDefaultWarehouseFlag,
  n.restrictDefaultWarehouseBinFlag,
  n.companyActivityTabFormat,
  n.invoiceTimeTabFormat,
  n.invoiceScreenDefaultTabFormat,
  n.invoicingDisplayOptions,
  n.agreementInvoicingDisplayOptions,
  n.autoStartStopwatch,
  n.autoPopupQuickNotesWithStopwatch,
  n.globalSearchDefaultTicketFilter,
  n.globalSearchDefaultSort,
  n.phoneSource,
  n.copyPodLayouts,
  n.copySharedDefaultViews,
  n.copyColumnLayoutsAndFilters,
  n.fromMemberRecId,
  n.fromMemberTemplateRecId,
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
FULL OUTER JOIN silver.cw_member AS o ON o.id = n.id
WHERE n.id IS NULL OR o.id IS NULL OR NOT (
  n.identifier <=> o.identifier AND
  n.disableOnlineFlag <=> o.disableOnlineFlag AND
  n.licenseClass <=> o.licenseClass AND
  n.notes <=> o.notes AND
  n.employeeIdentifer <=> o.employeeIdentifer AND
  n.vendorNumber <=> o.vendorNumber AND
  n.enableMobileGpsFlag <=> o.enableMobileGpsFlag AND
  n.inactiveDate <=> o.inactiveDate AND
  n.inactiveFlag <=> o.inactiveFlag AND
  n.lastLogin <=> o.lastLogin AND
  n.firstName <=> o.firstName AND
  n.middleInitial <=> o.middleInitial AND
  n.lastName <=> o.lastName AND
  n.hireDate <=> o.hireDate AND
  n.countryId <=> o.countryId AND
  n.countryIdentifier <=> o.countryIdentifier AND
  n.countryName <=> o.countryName AND
  n.photoId <=> o.photoId AND
  n.photoName <=> o.photoName AND
  n.officeEmail <=> o.officeEmail AND
  n.mobileEmail <=> o.mobileEmail AND
  n.homeEmail <=> o.homeEmail AND
  n.defaultEmail <=> o.defaultEmail AND
  n.primaryEmail <=> o.primaryEmail AND
  n.officePhone <=> o.officePhone AND
  n.officeExtension <=> o.officeExtension AND
  n.mobilePhone <=> o.mobilePhone AND
  n.mobileExtension <=> o.mobileExtension AND
  n.homePhone <=> o.homePhone AND
  n.homeExtension <=> o.homeExtension AND
  n.defaultPhone <=> o.defaultPhone AND
  n.securityRoleId <=> o.securityRoleId AND
  n.securityRoleName <=> o.securityRoleName AND
  n.office365Id <=> o.office365Id AND
  n.office365Name <=> o.office365Name AND
  n.mapiName <=> o.mapiName AND
  n.calendarSyncIntegrationFlag <=> o.calendarSyncIntegrationFlag AND
  n.authenticationServiceType <=> o.authenticationServiceType AND
  n.timebasedOneTimePasswordActivated <=> o.timebasedOneTimePasswordActivated AND
  n.enableLdapAuthenticationFlag <=> o.enableLdapAuthenticationFlag AND
  n.ldapConfigurationId <=> o.ldapConfigurationId AND
  n.ldapConfigurationName <=> o.ldapConfigurationName AND
  n.ldapConfigurationServer <=> o.ldapConfigurationServer AND
  n.ldapUserName <=> o.ldapUserName AND
  n.directionalSyncId <=> o.directionalSyncId AND
  n.directionalSyncName <=> o.directionalSyncName AND
  n.ssoSettingsId <=> o.ssoSettingsId AND
  n.ssoSettingsSsoUserId <=> o.ssoSettingsSsoUserId AND
  n.ssoSettingsUserName <=> o.ssoSettingsUserName AND
  n.ssoSettingsEmail <=> o.ssoSettingsEmail AND
  n.signature <=> o.signature AND
  n.phoneIntegrationType <=> o.phoneIntegrationType AND
  n.useBrowserLanguageFlag <=> o.useBrowserLanguageFlag AND
  n.title <=> o.title AND
  n.reportCardId <=> o.reportCardId AND
  n.reportCardName <=> o.reportCardName AND
  n.enableMobileFlag <=> o.enableMobileFlag AND
  n.typeId <=> o.typeId AND
  n.typeName <=> o.typeName AND
  n.timeZoneId <=> o.timeZoneId AND
  n.timeZoneName <=> o.timeZoneName AND
  n.partnerPortalFlag <=> o.partnerPortalFlag AND
  n.stsUserAdminUrl <=> o.stsUserAdminUrl AND
  n.toastNotificationFlag <=> o.toastNotificationFlag AND
  n.memberPersonas <=> o.memberPersonas AND
  n.adminFlag <=> o.adminFlag AND
  n.structureLevelId <=> o.structureLevelId AND
  n.structureLevelName <=> o.structureLevelName AND
  n.securityLocationId <=> o.securityLocationId AND
  n.securityLocationName <=> o.securityLocationName AND
  n.defaultLocationId <=> o.defaultLocationId AND
  n.defaultLocationName <=> o.defaultLocationName AND
  n.defaultDepartmentId <=> o.defaultDepartmentId AND
  n.defaultDepartmentIdentifier <=> o.defaultDepartmentIdentifier AND
  n.defaultDepartmentName <=> o.defaultDepartmentName AND
  n.reportsToId <=> o.reportsToId AND
  n.reportsToIdentifier <=> o.reportsToIdentifier AND
  n.reportsToName <=> o.reportsToName AND
  n.reportsToDailyCapacity <=> o.reportsToDailyCapacity AND
  n.restrictLocationFlag <=> o.restrictLocationFlag AND
  n.restrictDepartmentFlag <=> o.restrictDepartmentFlag AND
  n.workRoleId <=> o.workRoleId AND
  n.workRoleName <=> o.workRoleName AND
  n.workTypeId <=> o.workTypeId AND
  n.workTypeName <=> o.workTypeName AND
  n.workTypeUtilizationFlag <=> o.workTypeUtilizationFlag AND
  n.timeApproverId <=> o.timeApproverId AND
  n.timeApproverIdentifier <=> o.timeApproverIdentifier AND
  n.timeApproverName <=> o.timeApproverName AND
  n.timeApproverDailyCapacity <=> o.timeApproverDailyCapacity AND
  n.expenseApproverId <=> o.expenseApproverId AND
  n.expenseApproverIdentifier <=> o.expenseApproverIdentifier AND
  n.expenseApproverName <=> o.expenseApproverName AND
  n.expenseApproverDailyCapacity <=> o.expenseApproverDailyCapacity AND
  n.billableForecast <=> o.billableForecast AND
  n.dailyCapacity <=> o.dailyCapacity AND
  n.hourlyCost <=> o.hourlyCost AND
  n.hourlyRate <=> o.hourlyRate AND
  n.includeInUtilizationReportingFlag <=> o.includeInUtilizationReportingFlag AND
  n.requireExpenseEntryFlag <=> o.requireExpenseEntryFlag AND
  n.requireTimeSheetEntryFlag <=> o.requireTimeSheetEntryFlag AND
  n.requireStartAndEndTimeOnTimeEntryFlag <=> o.requireStartAndEndTimeOnTimeEntryFlag AND
  n.allowInCellEntryOnTimeSheet <=> o.allowInCellEntryOnTimeSheet AND
  n.enterTimeAgainstCompanyFlag <=> o.enterTimeAgainstCompanyFlag AND
  n.allowExpensesEnteredAgainstCompaniesFlag <=> o.allowExpensesEnteredAgainstCompaniesFlag AND
  n.timeReminderEmailFlag <=> o.timeReminderEmailFlag AND
  n.daysTolerance <=> o.daysTolerance AND
  n.minimumHours <=> o.minimumHours AND
  n.timeSheetStartDate <=> o.timeSheetStartDate AND
  n.serviceDefaultLocationId <=> o.serviceDefaultLocationId AND
  n.serviceDefaultLocationName <=> o.serviceDefaultLocationName AND
  n.serviceDefaultDepartmentId <=> o.serviceDefaultDepartmentId AND
  n.serviceDefaultDepartmentIdentifier <=> o.serviceDefaultDepartmentIdentifier AND
  n.serviceDefaultDepartmentName <=> o.serviceDefaultDepartmentName AND
  n.serviceDefaultBoardId <=> o.serviceDefaultBoardId AND
  n.serviceDefaultBoardName <=> o.serviceDefaultBoardName AND
  n.restrictServiceDefaultLocationFlag <=> o.restrictServiceDefaultLocationFlag AND
  n.restrictServiceDefaultDepartmentFlag <=> o.restrictServiceDefaultDepartmentFlag AND
  n.excludedServiceBoardIds <=> o.excludedServiceBoardIds AND
  n.teams <=> o.teams AND
  n.serviceBoardTeamIds <=> o.serviceBoardTeamIds AND
  n.projectDefaultLocationId <=> o.projectDefaultLocationId AND
  n.projectDefaultLocationName <=> o.projectDefaultLocationName AND
  n.projectDefaultDepartmentId <=> o.projectDefaultDepartmentId AND
  n.projectDefaultDepartmentIdentifier <=> o.projectDefaultDepartmentIdentifier AND
  n.projectDefaultDepartmentName <=> o.projectDefaultDepartmentName AND
  n.projectDefaultBoardId <=> o.projectDefaultBoardId AND
  n.projectDefaultBoardName <=> o.projectDefaultBoardName AND
  n.restrictProjectDefaultLocationFlag <=> o.restrictProjectDefaultLocationFlag AND
  n.restrictProjectDefaultDepartmentFlag <=> o.restrictProjectDefaultDepartmentFlag AND
  n.excludedProjectBoardIds <=> o.excludedProjectBoardIds AND
  n.scheduleDefaultLocationId <=> o.scheduleDefaultLocationId AND
  n.scheduleDefaultLocationName <=> o.scheduleDefaultLocationName AND
  n.scheduleDefaultDepartmentId <=> o.scheduleDefaultDepartmentId AND
  n.scheduleDefaultDepartmentIdentifier <=> o.scheduleDefaultDepartmentIdentifier AND
  n.scheduleDefaultDepartmentName <=> o.scheduleDefaultDepartmentName AND
  n.scheduleCapacity <=> o.scheduleCapacity AND
  n.serviceLocationId <=> o.serviceLocationId AND
  n.serviceLocationName <=> o.serviceLocationName AND
  n.restrictScheduleFlag <=> o.restrictScheduleFlag AND
  n.hideMemberInDispatchPortalFlag <=> o.hideMemberInDispatchPortalFlag AND
  n.calendarId <=> o.calendarId AND
  n.calendarName <=> o.calendarName AND
  n.salesDefaultLocationId <=> o.salesDefaultLocationId AND
  n.salesDefaultLocationName <=> o.salesDefaultLocationName AND
  n.restrictDefaultSalesTerritoryFlag <=> o.restrictDefaultSalesTerritoryFlag AND
  n.warehouseId <=> o.warehouseId AND
  n.warehouseName <=> o.warehouseName AND
  n.warehouseLockedFlag <=> o.warehouseLockedFlag AND
  n.warehouseBinId <=> o.warehouseBinId AND
  n.warehouseBinName <=> o.warehouseBinName AND
  n.restrictDefaultWarehouseFlag <=> o.restrictDefaultWarehouseFlag AND
  n.restrictDefaultWarehouseBinFlag <=> o.restrictDefaultWarehouseBinFlag AND
  n.companyActivityTabFormat <=> o.companyActivityTabFormat AND
  n.invoiceTimeTabFormat <=> o.invoiceTimeTabFormat AND
  n.invoiceScreenDefaultTabFormat <=> o.invoiceScreenDefaultTabFormat AND
  n.invoicingDisplayOptions <=> o.invoicingDisplayOptions AND
  n.agreementInvoicingDisplayOptions <=> o.agreementInvoicingDisplayOptions AND
  n.autoStartStopwatch <=> o.autoStartStopwatch AND
  n.autoPopupQuickNotesWithStopwatch <=> o.autoPopupQuickNotesWithStopwatch AND
  n.globalSearchDefaultTicketFilter <=> o.globalSearchDefaultTicketFilter AND
  n.globalSearchDefaultSort <=> o.globalSearchDefaultSort AND
  n.phoneSource <=> o.phoneSource AND
  n.copyPodLayouts <=> o.copyPodLayouts AND
  n.copySharedDefaultViews <=> o.copySharedDefaultViews AND
  n.copyColumnLayoutsAndFilters <=> o.copyColumnLayoutsAndFilters AND
  n.fromMemberRecId <=> o.fromMemberRecId AND
  n.fromMemberTemplateRecId <=> o.fromMemberTemplateRecId AND
  n.customFields <=> o.customFields AND
  n.infoLastUpdated <=> o.infoLastUpdated AND
  n.infoUpdatedBy <=> o.infoUpdatedBy AND
  n.infoDateEntered <=> o.infoDateEntered AND
  n.infoEnteredBy <=> o.infoEnteredBy AND
  n._etl_deleted_at <=> o._etl_deleted_at
);
MERGE INTO silver.cw_member AS t
USING changed AS s
ON t.id = s.id
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  identifier = s.identifier,
  disableOnlineFlag = s.disableOnlineFlag,
  licenseClass = s.licenseClass,
  notes = s.notes,
  employeeIdentifer = s.employeeIdentifer,
  vendorNumber = s.vendorNumber,
  enableMobileGpsFlag = s.enableMobileGpsFlag,
  inactiveDate = s.inactiveDate,
  inactiveFlag = s.inactiveFlag,
  lastLogin = s.lastLogin,
  firstName = s.firstName,
  middleInitial = s.middleInitial,
  lastName = s.lastName,
  hireDate = s.hireDate,
  countryId = s.countryId,
  countryIdentifier = s.countryIdentifier,
  countryName = s.countryName,
  photoId = s.photoId,
  photoName = s.photoName,
  officeEmail = s.officeEmail,
  mobileEmail = s.mobileEmail,
  homeEmail = s.homeEmail,
  defaultEmail = s.defaultEmail,
  primaryEmail = s.primaryEmail,
  officePhone = s.officePhone,
  officeExtension = s.officeExtension,
  mobilePhone = s.mobilePhone,
  mobileExtension = s.mobileExtension,
  homePhone = s.homePhone,
  homeExtension = s.homeExtension,
  defaultPhone = s.defaultPhone,
  securityRoleId = s.securityRoleId,
  securityRoleName = s.securityRoleName,
  office365Id = s.office365Id,
  office365Name = s.office365Name,
  mapiName = s.mapiName,
  calendarSyncIntegrationFlag = s.calendarSyncIntegrationFlag,
  authenticationServiceType = s.authenticationServiceType,
  timebasedOneTimePasswordActivated = s.timebasedOneTimePasswordActivated,
  enableLdapAuthenticationFlag = s.enableLdapAuthenticationFlag,
  ldapConfigurationId = s.ldapConfigurationId,
  ldapConfigurationName = s.ldapConfigurationName,
  ldapConfigurationServer = s.ldapConfigurationServer,
  ldapUserName = s.ldapUserName,
  directionalSyncId = s.directionalSyncId,
  directionalSyncName = s.directionalSyncName,
  ssoSettingsId = s.ssoSettingsId,
  ssoSettingsSsoUserId = s.ssoSettingsSsoUserId,
  ssoSettingsUserName = s.ssoSettingsUserName,
  ssoSettingsEmail = s.ssoSettingsEmail,
  signature = s.signature,
  phoneIntegrationType = s.phoneIntegrationType,
  useBrowserLanguageFlag = s.useBrowserLanguageFlag,
  title = s.title,
  reportCardId = s.reportCardId,
  reportCardName = s.reportCardName,
  enableMobileFlag = s.enableMobileFlag,
  typeId = s.typeId,
  typeName = s.typeName,
  timeZoneId = s.timeZoneId,
  timeZoneName = s.timeZoneName,
  partnerPortalFlag = s.partnerPortalFlag,
  stsUserAdminUrl = s.stsUserAdminUrl,
  toastNotificationFlag = s.toastNotificationFlag,
  memberPersonas = s.memberPersonas,
  adminFlag = s.adminFlag,
  structureLevelId = s.structureLevelId,
  structureLevelName = s.structureLevelName,
  securityLocationId = s.securityLocationId,
  securityLocationName = s.securityLocationName,
  defaultLocationId = s.defaultLocationId,
  defaultLocationName = s.defaultLocationName,
  defaultDepartmentId = s.defaultDepartmentId,
  defaultDepartmentIdentifier = s.defaultDepartmentIdentifier,
  defaultDepartmentName = s.defaultDepartmentName,
  reportsToId = s.reportsToId,
  reportsToIdentifier = s.reportsToIdentifier,
  reportsToName = s.reportsToName,
  reportsToDailyCapacity = s.reportsToDailyCapacity,
  restrictLocationFlag = s.restrictLocationFlag,
  restrictDepartmentFlag = s.restrictDepartmentFlag,
  workRoleId = s.workRoleId,
  workRoleName = s.workRoleName,
  workTypeId = s.workTypeId,
  workTypeName = s.workTypeName,
  workTypeUtilizationFlag = s.workTypeUtilizationFlag,
  timeApproverId = s.timeApproverId,
  timeApproverIdentifier = s.timeApproverIdentifier,
  timeApproverName = s.timeApproverName,
  timeApproverDailyCapacity = s.timeApproverDailyCapacity,
  expenseApproverId = s.expenseApproverId,
  expenseApproverIdentifier = s.expenseApproverIdentifier,
  expenseApproverName = s.expenseApproverName,
  expenseApproverDailyCapacity = s.expenseApproverDailyCapacity,
  billableForecast = s.billableForecast,
  dailyCapacity = s.dailyCapacity,
  hourlyCost = s.hourlyCost,
  hourlyRate = s.hourlyRate,
  includeInUtilizationReportingFlag = s.includeInUtilizationReportingFlag,
  requireExpenseEntryFlag = s.requireExpenseEntryFlag,
  requireTimeSheetEntryFlag = s.requireTimeSheetEntryFlag,
  requireStartAndEndTimeOnTimeEntryFlag = s.requireStartAndEndTimeOnTimeEntryFlag,
  allowInCellEntryOnTimeSheet = s.allowInCellEntryOnTimeSheet,
  enterTimeAgainstCompanyFlag = s.enterTimeAgainstCompanyFlag,
  allowExpensesEnteredAgainstCompaniesFlag = s.allowExpensesEnteredAgainstCompaniesFlag,
  timeReminderEmailFlag = s.timeReminderEmailFlag,
  daysTolerance = s.daysTolerance,
  minimumHours = s.minimumHours,
  timeSheetStartDate = s.timeSheetStartDate,
  serviceDefaultLocationId = s.serviceDefaultLocationId,
  serviceDefaultLocationName = s.serviceDefaultLocationName,
  serviceDefaultDepartmentId = s.serviceDefaultDepartmentId,
  serviceDefaultDepartmentIdentifier = s.serviceDefaultDepartmentIdentifier,
  serviceDefaultDepartmentName = s.serviceDefaultDepartmentName,
  serviceDefaultBoardId = s.serviceDefaultBoardId,
  serviceDefaultBoardName = s.serviceDefaultBoardName,
  restrictServiceDefaultLocationFlag = s.restrictServiceDefaultLocationFlag,
  restrictServiceDefaultDepartmentFlag = s.restrictServiceDefaultDepartmentFlag,
  excludedServiceBoardIds = s.excludedServiceBoardIds,
  teams = s.teams,
  serviceBoardTeamIds = s.serviceBoardTeamIds,
  projectDefaultLocationId = s.projectDefaultLocationId,
  projectDefaultLocationName = s.projectDefaultLocationName,
  projectDefaultDepartmentId = s.projectDefaultDepartmentId,
  projectDefaultDepartmentIdentifier = s.projectDefaultDepartmentIdentifier,
  projectDefaultDepartmentName = s.projectDefaultDepartmentName,
  projectDefaultBoardId = s.projectDefaultBoardId,
  projectDefaultBoardName = s.projectDefaultBoardName,
  restrictProjectDefaultLocationFlag = s.restrictProjectDefaultLocationFlag,
  restrictProjectDefaultDepartmentFlag = s.restrictProjectDefaultDepartmentFlag,
  excludedProjectBoardIds = s.excludedProjectBoardIds,
  scheduleDefaultLocationId = s.scheduleDefaultLocationId,
  scheduleDefaultLocationName = s.scheduleDefaultLocationName,
  scheduleDefaultDepartmentId = s.scheduleDefaultDepartmentId,
  scheduleDefaultDepartmentIdentifier = s.scheduleDefaultDepartmentIdentifier,
  scheduleDefaultDepartmentName = s.scheduleDefaultDepartmentName,
  scheduleCapacity = s.scheduleCapacity,
  serviceLocationId = s.serviceLocationId,
  serviceLocationName = s.serviceLocationName,
  restrictScheduleFlag = s.restrictScheduleFlag,
  hideMemberInDispatchPortalFlag = s.hideMemberInDispatchPortalFlag,
  calendarId = s.calendarId,
  calendarName = s.calendarName,
  salesDefaultLocationId = s.salesDefaultLocationId,
  salesDefaultLocationName = s.salesDefaultLocationName,
  restrictDefaultSalesTerritoryFlag = s.restrictDefaultSalesTerritoryFlag,
  warehouseId = s.warehouseId,
  warehouseName = s.warehouseName,
  warehouseLockedFlag = s.warehouseLockedFlag,
  warehouseBinId = s.warehouseBinId,
  warehouseBinName = s.warehouseBinName,
  restrictDefaultWarehouseFlag = s.restrictDefaultWarehouseFlag,
  restrictDefaultWarehouseBinFlag = s.restrictDefaultWarehouseBinFlag,
  companyActivityTabFormat = s.companyActivityTabFormat,
  invoiceTimeTabFormat = s.invoiceTimeTabFormat,
  invoiceScreenDefaultTabFormat = s.invoiceScreenDefaultTabFormat,
  invoicingDisplayOptions = s.invoicingDisplayOptions,
  agreementInvoicingDisplayOptions = s.agreementInvoicingDisplayOptions,
  autoStartStopwatch = s.autoStartStopwatch,
  autoPopupQuickNotesWithStopwatch = s.autoPopupQuickNotesWithStopwatch,
  globalSearchDefaultTicketFilter = s.globalSearchDefaultTicketFilter,
  globalSearchDefaultSort = s.globalSearchDefaultSort,
  phoneSource = s.phoneSource,
  copyPodLayouts = s.copyPodLayouts,
  copySharedDefaultViews = s.copySharedDefaultViews,
  copyColumnLayoutsAndFilters = s.copyColumnLayoutsAndFilters,
  fromMemberRecId = s.fromMemberRecId,
  fromMemberTemplateRecId = s.fromMemberTemplateRecId,
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
  identifier,
  disableOnlineFlag,
  licenseClass,
  notes,
  employeeIdentifer,
  vendorNumber,
  enableMobileGpsFlag,
  inactiveDate,
  inactiveFlag,
  lastLogin,
  firstName,
  middleInitial,
  lastName,
  hireDate,
  countryId,
  countryIdentifier,
  countryName,
  photoId,
  photoName,
  officeEmail,
  mobileEmail,
  homeEmail,
  defaultEmail,
  primaryEmail,
  officePhone,
  officeExtension,
  mobilePhone,
  mobileExtension,
  homePhone,
  homeExtension,
  defaultPhone,
  securityRoleId,
  securityRoleName,
  office365Id,
  office365Name,
  mapiName,
  calendarSyncIntegrationFlag,
  authenticationServiceType,
  timebasedOneTimePasswordActivated,
  enableLdapAuthenticationFlag,
  ldapConfigurationId,
  ldapConfigurationName,
  ldapConfigurationServer,
  ldapUserName,
  directionalSyncId,
  directionalSyncName,
  ssoSettingsId,
  ssoSettingsSsoUserId,
  ssoSettingsUserName,
  ssoSettingsEmail,
  signature,
  phoneIntegrationType,
  useBrowserLanguageFlag,
  title,
  reportCardId,
  reportCardName,
  enableMobileFlag,
  typeId,
  typeName,
  timeZoneId,
  timeZoneName,
  partnerPortalFlag,
  stsUserAdminUrl,
  toastNotificationFlag,
  memberPersonas,
  adminFlag,
  structureLevelId,
  structureLevelName,
  securityLocationId,
  securityLocationName,
  defaultLocationId,
  defaultLocationName,
  defaultDepartmentId,
  defaultDepartmentIdentifier,
  defaultDepartmentName,
  reportsToId,
  reportsToIdentifier,
  reportsToName,
  reportsToDailyCapacity,
  restrictLocationFlag,
  restrictDepartmentFlag,
  workRoleId,
  workRoleName,
  workTypeId,
  workTypeName,
  workTypeUtilizationFlag,
  timeApproverId,
  timeApproverIdentifier,
  timeApproverName,
  timeApproverDailyCapacity,
  expenseApproverId,
  expenseApproverIdentifier,
  expenseApproverName,
  expenseApproverDailyCapacity,
  billableForecast,
  dailyCapacity,
  hourlyCost,
  hourlyRate,
  includeInUtilizationReportingFlag,
  requireExpenseEntryFlag,
  requireTimeSheetEntryFlag,
  requireStartAndEndTimeOnTimeEntryFlag,
  allowInCellEntryOnTimeSheet,
  enterTimeAgainstCompanyFlag,
  allowExpensesEnteredAgainstCompaniesFlag,
  timeReminderEmailFlag,
  daysTolerance,
  minimumHours,
  timeSheetStartDate,
  serviceDefaultLocationId,
  serviceDefaultLocationName,
  serviceDefaultDepartmentId,
  serviceDefaultDepartmentIdentifier,
  serviceDefaultDepartmentName,
  serviceDefaultBoardId,
  serviceDefaultBoardName,
  restrictServiceDefaultLocationFlag,
  restrictServiceDefaultDepartmentFlag,
  excludedServiceBoardIds,
  teams,
  serviceBoardTeamIds,
  projectDefaultLocationId,
  projectDefaultLocationName,
  projectDefaultDepartmentId,
  projectDefaultDepartmentIdentifier,
  projectDefaultDepartmentName,
  projectDefaultBoardId,
  projectDefaultBoardName,
  restrictProjectDefaultLocationFlag,
  restrictProjectDefaultDepartmentFlag,
  excludedProjectBoardIds,
  scheduleDefaultLocationId,
  scheduleDefaultLocationName,
  scheduleDefaultDepartmentId,
  scheduleDefaultDepartmentIdentifier,
  scheduleDefaultDepartmentName,
  scheduleCapacity,
  serviceLocationId,
  serviceLocationName,
  restrictScheduleFlag,
  hideMemberInDispatchPortalFlag,
  calendarId,
  calendarName,
  salesDefaultLocationId,
  salesDefaultLocationName,
  restrictDefaultSalesTerritoryFlag,
  warehouseId,
  warehouseName,
  warehouseLockedFlag,
  warehouseBinId,
  warehouseBinName,
  restrictDefaultWarehouseFlag,
  restrictDefaultWarehouseBinFlag,
  companyActivityTabFormat,
  invoiceTimeTabFormat,
  invoiceScreenDefaultTabFormat,
  invoicingDisplayOptions,
  agreementInvoicingDisplayOptions,
  autoStartStopwatch,
  autoPopupQuickNotesWithStopwatch,
  globalSearchDefaultTicketFilter,
  globalSearchDefaultSort,
  phoneSource,
  copyPodLayouts,
  copySharedDefaultViews,
  copyColumnLayoutsAndFilters,
  fromMemberRecId,
  fromMemberTemplateRecId,
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
  s.identifier,
  s.disableOnlineFlag,
  s.licenseClass,
  s.notes,
  s.employeeIdentifer,
  s.vendorNumber,
  s.enableMobileGpsFlag,
  s.inactiveDate,
  s.inactiveFlag,
  s.lastLogin,
  s.firstName,
  s.middleInitial,
  s.lastName,
  s.hireDate,
  s.countryId,
  s.countryIdentifier,
  s.countryName,
  s.photoId,
  s.photoName,
  s.officeEmail,
  s.mobileEmail,
  s.homeEmail,
  s.defaultEmail,
  s.primaryEmail,
  s.officePhone,
  s.officeExtension,
  s.mobilePhone,
  s.mobileExtension,
  s.homePhone,
  s.homeExtension,
  s.defaultPhone,
  s.securityRoleId,
  s.securityRoleName,
  s.office365Id,
  s.office365Name,
  s.mapiName,
  s.calendarSyncIntegrationFlag,
  s.authenticationServiceType,
  s.timebasedOneTimePasswordActivated,
  s.enableLdapAuthenticationFlag,
  s.ldapConfigurationId,
  s.ldapConfigurationName,
  s.ldapConfigurationServer,
  s.ldapUserName,
  s.directionalSyncId,
  s.directionalSyncName,
  s.ssoSettingsId,
  s.ssoSettingsSsoUserId,
  s.ssoSettingsUserName,
  s.ssoSettingsEmail,
  s.signature,
  s.phoneIntegrationType,
  s.useBrowserLanguageFlag,
  s.title,
  s.reportCardId,
  s.reportCardName,
  s.enableMobileFlag,
  s.typeId,
  s.typeName,
  s.timeZoneId,
  s.timeZoneName,
  s.partnerPortalFlag,
  s.stsUserAdminUrl,
  s.toastNotificationFlag,
  s.memberPersonas,
  s.adminFlag,
  s.structureLevelId,
  s.structureLevelName,
  s.securityLocationId,
  s.securityLocationName,
  s.defaultLocationId,
  s.defaultLocationName,
  s.defaultDepartmentId,
  s.defaultDepartmentIdentifier,
  s.defaultDepartmentName,
  s.reportsToId,
  s.reportsToIdentifier,
  s.reportsToName,
  s.reportsToDailyCapacity,
  s.restrictLocationFlag,
  s.restrictDepartmentFlag,
  s.workRoleId,
  s.workRoleName,
  s.workTypeId,
  s.workTypeName,
  s.workTypeUtilizationFlag,
  s.timeApproverId,
  s.timeApproverIdentifier,
  s.timeApproverName,
  s.timeApproverDailyCapacity,
  s.expenseApproverId,
  s.expenseApproverIdentifier,
  s.expenseApproverName,
  s.expenseApproverDailyCapacity,
  s.billableForecast,
  s.dailyCapacity,
  s.hourlyCost,
  s.hourlyRate,
  s.includeInUtilizationReportingFlag,
  s.requireExpenseEntryFlag,
  s.requireTimeSheetEntryFlag,
  s.requireStartAndEndTimeOnTimeEntryFlag,
  s.allowInCellEntryOnTimeSheet,
  s.enterTimeAgainstCompanyFlag,
  s.allowExpensesEnteredAgainstCompaniesFlag,
  s.timeReminderEmailFlag,
  s.daysTolerance,
  s.minimumHours,
  s.timeSheetStartDate,
  s.serviceDefaultLocationId,
  s.serviceDefaultLocationName,
  s.serviceDefaultDepartmentId,
  s.serviceDefaultDepartmentIdentifier,
  s.serviceDefaultDepartmentName,
  s.serviceDefaultBoardId,
  s.serviceDefaultBoardName,
  s.restrictServiceDefaultLocationFlag,
  s.restrictServiceDefaultDepartmentFlag,
  s.excludedServiceBoardIds,
  s.teams,
  s.serviceBoardTeamIds,
  s.projectDefaultLocationId,
  s.projectDefaultLocationName,
  s.projectDefaultDepartmentId,
  s.projectDefaultDepartmentIdentifier,
  s.projectDefaultDepartmentName,
  s.projectDefaultBoardId,
  s.projectDefaultBoardName,
  s.restrictProjectDefaultLocationFlag,
  s.restrictProjectDefaultDepartmentFlag,
  s.excludedProjectBoardIds,
  s.scheduleDefaultLocationId,
  s.scheduleDefaultLocationName,
  s.scheduleDefaultDepartmentId,
  s.scheduleDefaultDepartmentIdentifier,
  s.scheduleDefaultDepartmentName,
  s.scheduleCapacity,
  s.serviceLocationId,
  s.serviceLocationName,
  s.restrictScheduleFlag,
  s.hideMemberInDispatchPortalFlag,
  s.calendarId,
  s.calendarName,
  s.salesDefaultLocationId,
  s.salesDefaultLocationName,
  s.restrictDefaultSalesTerritoryFlag,
  s.warehouseId,
  s.warehouseName,
  s.warehouseLockedFlag,
  s.warehouseBinId,
  s.warehouseBinName,
  s.restrictDefaultWarehouseFlag,
  s.restrictDefaultWarehouseBinFlag,
  s.companyActivityTabFormat,
  s.invoiceTimeTabFormat,
  s.invoiceScreenDefaultTabFormat,
  s.invoicingDisplayOptions,
  s.agreementInvoicingDisplayOptions,
  s.autoStartStopwatch,
  s.autoPopupQuickNotesWithStopwatch,
  s.globalSearchDefaultTicketFilter,
  s.globalSearchDefaultSort,
  s.phoneSource,
  s.copyPodLayouts,
  s.copySharedDefaultViews,
  s.copyColumnLayoutsAndFilters,
  s.fromMemberRecId,
  s.fromMemberTemplateRecId,
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

steps.append({"layer": "silver", "table": "cw_member_customfields", "bronze": "cw_member", "select": r"""
-- @generated by `cargo codegen generate` from /components/schemas/Member. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
-- and what stands for the run below: SET processedAt = 2026-06-15T02:00:00.000000Z, SET batchId = …
SELECT
  e.parentId,
  CAST(e.listIndex AS BIGINT) AS listIndex,
  e.item.id,
  e.item.caption,
  e.item.type,
  e.item.entryMethod,
  e.item.numberOfDecimals,
  e.item.value,
  e.item.connectWiseId,
  TIMESTAMP '${processedAt}' AS _etl_processed_at,
  'connectwise' AS _etl_source,
  '${batchId}' AS _etl_batch_id,
  e.etlDeletedAt AS _etl_deleted_at
FROM (
  SELECT b.id AS parentId, b.etlDeletedAt, posexplode(b.customFields) AS (listIndex, item)
  FROM bronze.cw_member AS b
) AS e
WHERE e.item IS NOT NULL
""", "merge": r"""
-- @generated by `cargo codegen generate` from /components/schemas/Member. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS silver.cw_member_customfields (
  parentId BIGINT NOT NULL,
  listIndex BIGINT NOT NULL,
  id BIGINT,
  caption STRING,
  type STRING,
  entryMethod STRING,
  numberOfDecimals BIGINT,
  value STRING,
  connectWiseId STRING,
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
  n.type,
  n.entryMethod,
  n.numberOfDecimals,
  n.value,
  n.connectWiseId,
  n._etl_processed_at,
  n._etl_source,
  n._etl_batch_id,
  n._etl_deleted_at,
  n.parentId IS NULL AS _etl_gone
FROM computed AS n
FULL OUTER JOIN silver.cw_member_customfields AS o ON o.parentId = n.parentId AND o.listIndex = n.listIndex
WHERE n.parentId IS NULL OR o.parentId IS NULL OR NOT (
  n.id <=> o.id AND
  n.caption <=> o.caption AND
  n.type <=> o.type AND
  n.entryMethod <=> o.entryMethod AND
  n.numberOfDecimals <=> o.numberOfDecimals AND
  n.value <=> o.value AND
  n.connectWiseId <=> o.connectWiseId AND
  n._etl_deleted_at <=> o._etl_deleted_at
);
MERGE INTO silver.cw_member_customfields AS t
USING changed AS s
ON t.parentId = s.parentId AND t.listIndex = s.listIndex
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  id = s.id,
  caption = s.caption,
  type = s.type,
  entryMethod = s.entryMethod,
  numberOfDecimals = s.numberOfDecimals,
  value = s.value,
  connectWiseId = s.connectWiseId,
  _etl_processed_at = s._etl_processed_at,
  _etl_source = s._etl_source,
  _etl_batch_id = s._etl_batch_id,
  _etl_deleted_at = s._etl_deleted_at
WHEN NOT MATCHED AND NOT s._etl_gone THEN INSERT (
  parentId,
  listIndex,
  id,
  caption,
  type,
  entryMethod,
  numberOfDecimals,
  value,
  connectWiseId,
  _etl_processed_at,
  _etl_source,
  _etl_batch_id,
  _etl_deleted_at
) VALUES (
  s.parentId,
  s.listIndex,
  s.id,
  s.caption,
  s.type,
  s.entryMethod,
  s.numberOfDecimals,
  s.value,
  s.connectWiseId,
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

steps.append({"layer": "silver", "table": "cw_productitem", "bronze": "cw_productitem", "select": r"""
-- @generated by `cargo codegen generate` from /components/schemas/ProductItem. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
-- and what stands for the run below: SET processedAt = 2026-06-15T02:00:00.000000Z, SET batchId = …
SELECT
  b.id,
  b.catalogItem.id AS catalogItemId,
  b.catalogItem.identifier AS catalogItemIdentifier,
  b.catalogItem.name AS catalogItemName,
  b.description,
  b.sequenceNumber,
  b.quantity,
  b.unitOfMeasure.id AS unitOfMeasureId,
  b.unitOfMeasure.name AS unitOfMeasureName,
  b.price,
  b.cost,
  b.extPrice,
  b.extCost,
  b.discount,
  b.margin,
  b.agreementAmount,
  b.priceMethod,
  b.billableOption,
  b.agreement.id AS agreementId,
  b.agreement.name AS agreementName,
  b.agreement.type AS agreementType,
  b.agreement.chargeFirmFlag AS agreementChargeFirmFlag,
  b.locationId,
  b.location.id AS locationId_1,
  b.location.name AS locationName,
  b.businessUnitId,
  b.businessUnit.id AS businessUnitId_1,
  b.businessUnit.name AS businessUnitName,
  b.vendor.id AS vendorId,
  b.vendor.identifier AS vendorIdentifier,
  b.vendor.name AS vendorName,
  b.vendorSku,
  b.taxableFlag,
  b.dropshipFlag,
  b.specialOrderFlag,
  b.phaseProductFlag,
  b.cancelledFlag,
  b.quantityCancelled,
  b.cancelledReason,
  b.customerDescription,
  b.internalNotes,
  b.productSuppliedFlag,
  b.subContractorShipToId,
  b.subContractorAmountLimit,
  b.recurring.recurringRevenue AS recurringRecurringRevenue,
  b.recurring.recurringCost AS recurringRecurringCost,
  b.recurring.startDate AS recurringStartDate,
  b.recurring.endDate AS recurringEndDate,
  b.recurring.billCycleId AS recurringBillCycleId,
  b.recurring.billCycle.id AS recurringBillCycleId_1,
  b.recurring.billCycle.name AS recurringBillCycleName,
  b.recurring.cycles AS recurringCycles,
  b.recurring.cycleType AS recurringCycleType,
  b.recurring.agreementType.id AS recurringAgreementTypeId,
  b.recurring.agreementType.name AS recurringAgreementTypeName,
  b.sla.id AS slaId,
  b.sla.name AS slaName,
  b.entityType.id AS entityTypeId,
  b.entityType.name AS entityTypeName,
  b.ticket.id AS ticketId,
  b.ticket.summary AS ticketSummary,
  b.project.id AS projectId,
  b.project.name AS projectName,
  b.phase.id AS phaseId,
  b.phase.name AS phaseName,
  b.salesOrder.id AS salesOrderId,
  b.salesOrder.identifier AS salesOrderIdentifier,
  b.opportunity.id AS opportunityId,
  b.opportunity.name AS opportunityName,
  b.invoice.id AS invoiceId,
  b.invoice.identifier AS invoiceIdentifier,
  b.invoice.billingType AS invoiceBillingType,
  b.invoice.applyToType AS invoiceApplyToType,
  b.invoice.invoiceDate AS invoiceInvoiceDate,
  b.invoice.chargeFirmFlag AS invoiceChargeFirmFlag,
  b.warehouseId,
  b.warehouseIdObject.id AS warehouseIdObjectId,
  b.warehouseIdObject.name AS warehouseIdObjectName,
  b.warehouseIdObject.lockedFlag AS warehouseIdObjectLockedFlag,
  b.warehouseBinId,
  b.warehouseBinIdObject.id AS warehouseBinIdObjectId,
  b.warehouseBinIdObject.name AS warehouseBinIdObjectName,
  b.calculatedPriceFlag,
  b.calculatedCostFlag,
  b.forecastDetailId,
  b.cancelledBy,
  b.cancelledDate,
  b.warehouse,
  b.warehouseBin,
  b.purchaseDate,
  b.taxCode.id AS taxCodeId,
  b.taxCode.name AS taxCodeName,
  b.integrationXRef,
  b.listPrice,
  b.serialNumberIds,
  b.serialNumbers,
  b.company.id AS companyId,
  b.company.identifier AS companyIdentifier,
  b.company.name AS companyName,
  b.forecastStatus.id AS forecastStatusId,
  b.forecastStatus.name AS forecastStatusName,
  b.productClass,
  b.needToPurchaseFlag,
  b.needToOrderQuantity,
  b.minimumStockFlag,
  b.shipSet,
  b.calculatedPrice,
  b.calculatedCost,
  b.invoiceGrouping.id AS invoiceGroupingId,
  b.invoiceGrouping.name AS invoiceGroupingName,
  b.invoiceGrouping.description AS invoiceGroupingDescription,
  b.invoiceGrouping.showPriceFlag AS invoiceGroupingShowPriceFlag,
  b.invoiceGrouping.showSubItemsFlag AS invoiceGroupingShowSubItemsFlag,
  b.invoiceGrouping.groupParentChildAdditionsFlag AS invoiceGroupingGroupParentChildAdditionsFlag,
  b.poApprovedFlag,
  b.uom,
  b.addComponentsFlag,
  b.ignorePricingSchedulesFlag,
  b.asioSubscriptionsID,
  b.bypassForecastUpdate,
  transform(b.customFields, x0 -> CASE WHEN x0 IS NOT NULL THEN named_struct('id', x0.id, 'caption', x0.caption, 'type', x0.type, 'entryMethod', x0.entryMethod, 'numberOfDecimals', x0.numberOfDecimals, 'value', x0.value, 'connectWiseId', x0.connectWiseId) END) AS customFields,
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
  FROM bronze.cw_productitem AS r
) AS b
""", "merge": r"""
-- @generated by `cargo codegen generate` from /components/schemas/ProductItem. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS silver.cw_productitem (
  id BIGINT NOT NULL,
  catalogItemId BIGINT,
  catalogItemIdentifier STRING,
  catalogItemName STRING,
  description STRING,
  sequenceNumber DOUBLE,
  quantity DOUBLE,
  unitOfMeasureId BIGINT,
  unitOfMeasureName STRING,
  price DOUBLE,
  cost DOUBLE,
  extPrice DOUBLE,
  extCost DOUBLE,
  discount DOUBLE,
  margin DOUBLE,
  agreementAmount DOUBLE,
  priceMethod STRING,
  billableOption STRING,
  agreementId BIGINT,
  agreementName STRING,
  agreementType STRING,
  agreementChargeFirmFlag BOOLEAN,
  locationId BIGINT,
  locationId_1 BIGINT,
  locationName STRING,
  businessUnitId BIGINT,
  businessUnitId_1 BIGINT,
  businessUnitName STRING,
  vendorId BIGINT,
  vendorIdentifier STRING,
  vendorName STRING,
  vendorSku STRING,
  taxableFlag BOOLEAN,
  dropshipFlag BOOLEAN,
  specialOrderFlag BOOLEAN,
  phaseProductFlag BOOLEAN,
  cancelledFlag BOOLEAN,
  quantityCancelled DOUBLE,
  cancelledReason STRING,
  customerDescription STRING,
  internalNotes STRING,
  productSuppliedFlag BOOLEAN,
  subContractorShipToId BIGINT,
  subContractorAmountLimit DOUBLE,
  recurringRecurringRevenue DOUBLE,
  recurringRecurringCost DOUBLE,
  recurringStartDate STRING,
  recurringEndDate STRING,
  recurringBillCycleId BIGINT,
  recurringBillCycleId_1 BIGINT,
  recurringBillCycleName STRING,
  recurringCycles BIGINT,
  recurringCycleType STRING,
  recurringAgreementTypeId BIGINT,
  recurringAgreementTypeName STRING,
  slaId BIGINT,
  slaName STRING,
  entityTypeId BIGINT,
  entityTypeName STRING,
  ticketId BIGINT,
  ticketSummary STRING,
  projectId BIGINT,
  projectName STRING,
  phaseId BIGINT,
  phaseName STRING,
  salesOrderId BIGINT,
  salesOrderIdentifier STRING,
  opportunityId BIGINT,
  opportunityName STRING,
  invoiceId BIGINT,
  invoiceIdentifier STRING,
  invoiceBillingType STRING,
  invoiceApplyToType STRING,
  invoiceInvoiceDate STRING,
  invoiceChargeFirmFlag BOOLEAN,
  warehouseId BIGINT,
  warehouseIdObjectId BIGINT,
  warehouseIdObjectName STRING,
  warehouseIdObjectLockedFlag BOOLEAN,
  warehouseBinId BIGINT,
  warehouseBinIdObjectId BIGINT,
  warehouseBinIdObjectName STRING,
  calculatedPriceFlag BOOLEAN,
  calculatedCostFlag BOOLEAN,
  forecastDetailId BIGINT,
  cancelledBy BIGINT,
  cancelledDate TIMESTAMP,
  warehouse STRING,
  warehouseBin STRING,
  purchaseDate TIMESTAMP,
  taxCodeId BIGINT,
  taxCodeName STRING,
  integrationXRef STRING,
  listPrice DOUBLE,
  serialNumberIds ARRAY<BIGINT>,
  serialNumbers ARRAY<STRING>,
  companyId BIGINT,
  companyIdentifier STRING,
  companyName STRING,
  forecastStatusId BIGINT,
  forecastStatusName STRING,
  productClass STRING,
  needToPurchaseFlag BOOLEAN,
  needToOrderQuantity BIGINT,
  minimumStockFlag BOOLEAN,
  shipSet STRING,
  calculatedPrice DOUBLE,
  calculatedCost DOUBLE,
  invoiceGroupingId BIGINT,
  invoiceGroupingName STRING,
  invoiceGroupingDescription STRING,
  invoiceGroupingShowPriceFlag BOOLEAN,
  invoiceGroupingShowSubItemsFlag BOOLEAN,
  invoiceGroupingGroupParentChildAdditionsFlag BOOLEAN,
  poApprovedFlag BOOLEAN,
  uom STRING,
  addComponentsFlag BOOLEAN,
  ignorePricingSchedulesFlag BOOLEAN,
  asioSubscriptionsID STRING,
  bypassForecastUpdate BOOLEAN,
  customFields ARRAY<STRUCT<id: BIGINT, caption: STRING, type: STRING, entryMethod: STRING, numberOfDecimals: BIGINT, value: STRING, connectWiseId: STRING>>,
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
  n.catalogItemId,
  n.catalogItemIdentifier,
  n.catalogItemName,
  n.description,
  n.sequenceNumber,
  n.quantity,
  n.unitOfMeasureId,
  n.unitOfMeasureName,
  n.price,
  n.cost,
  n.extPrice,
  n.extCost,
  n.discount,
  n.margin,
  n.agreementAmount,
  n.priceMethod,
  n.billableOption,
  n.agreementId,
  n.agreementName,
  n.agreementType,
  n.agreementChargeFirmFlag,
  n.locationId,
  n.locationId_1,
  n.locationName,
  n.businessUnitId,
  n.businessUnitId_1,
  n.businessUnitName,
  n.vendorId,
  n.vendorIdentifier,
  n.vendorName,
  n.vendorSku,
  n.taxableFlag,
  n.dropshipFlag,
  n.specialOrderFlag,
  n.phaseProductFlag,
  n.cancelledFlag,
  n.quantityCancelled,
  n.cancelledReason,
  n.customerDescription,
  n.internalNotes,
  n.productSuppliedFlag,
  n.subContractorShipToId,
  n.subContractorAmountLimit,
  n.recurringRecurringRevenue,
  n.recurringRecurringCost,
  n.recurringStartDate,
  n.recurringEndDate,
  n.recurringBillCycleId,
  n.recurringBillCycleId_1,
  n.recurringBillCycleName,
  n.recurringCycles,
  n.recurringCycleType,
  n.recurringAgreementTypeId,
  n.recurringAgreementTypeName,
  n.slaId,
  n.slaName,
  n.entityTypeId,
  n.entityTypeName,
  n.ticketId,
  n.ticketSummary,
  n.projectId,
  n.projectName,
  n.phaseId,
  n.phaseName,
  n.salesOrderId,
  n.salesOrderIdentifier,
  n.opportunityId,
  n.opportunityName,
  n.invoiceId,
  n.invoiceIdentifier,
  n.invoiceBillingType,
  n.invoiceApplyToType,
  n.invoiceInvoiceDate,
  n.invoiceChargeFirmFlag,
  n.warehouseId,
  n.warehouseIdObjectId,
  n.warehouseIdObjectName,
  n.warehouseIdObjectLockedFlag,
  n.warehouseBinId,
  n.warehouseBinIdObjectId,
  n.warehouseBinIdObjectName,
  n.calculatedPriceFlag,
  n.calculatedCostFlag,
  n.forecastDetailId,
  n.cancelledBy,
  n.cancelledDate,
  n.warehouse,
  n.warehouseBin,
  n.purchaseDate,
  n.taxCodeId,
  n.taxCodeName,
  n.integrationXRef,
  n.listPrice,
  n.serialNumberIds,
  n.serialNumbers,
  n.companyId,
  n.companyIdentifier,
  n.companyName,
  n.forecastStatusId,
  n.forecastStatusName,
  n.productClass,
  n.needToPurchaseFlag,
  n.needToOrderQuantity,
  n.minimumStockFlag,
  n.shipSet,
  n.calculatedPrice,
  n.calculatedCost,
  n.invoiceGroupingId,
  n.invoiceGroupingName,
  n.invoiceGroupingDescription,
  n.invoiceGroupingShowPriceFlag,
  n.invoiceGroupingShowSubItemsFlag,
  n.invoiceGroupingGroupParentChildAdditionsFlag,
  n.poApprovedFlag,
  n.uom,
  n.addComponentsFlag,
  n.ignorePricingSchedulesFlag,
  n.asioSubscriptionsID,
  n.bypassForecastUpdate,
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
FULL OUTER JOIN silver.cw_productitem AS o ON o.id = n.id
WHERE n.id IS NULL OR o.id IS NULL OR NOT (
  n.catalogItemId <=> o.catalogItemId AND
  n.catalogItemIdentifier <=> o.catalogItemIdentifier AND
  n.catalogItemName <=> o.catalogItemName AND
  n.description <=> o.description AND
  n.sequenceNumber <=> o.sequenceNumber AND
  n.quantity <=> o.quantity AND
  n.unitOfMeasureId <=> o.unitOfMeasureId AND
  n.unitOfMeasureName <=> o.unitOfMeasureName AND
  n.price <=> o.price AND
  n.cost <=> o.cost AND
  n.extPrice <=> o.extPrice AND
  n.extCost <=> o.extCost AND
  n.discount <=> o.discount AND
  n.margin <=> o.margin AND
  n.agreementAmount <=> o.agreementAmount AND
  n.priceMethod <=> o.priceMethod AND
  n.billableOption <=> o.billableOption AND
  n.agreementId <=> o.agreementId AND
  n.agreementName <=> o.agreementName AND
  n.agreementType <=> o.agreementType AND
  n.agreementChargeFirmFlag <=> o.agreementChargeFirmFlag AND
  n.locationId <=> o.locationId AND
  n.locationId_1 <=> o.locationId_1 AND
  n.locationName <=> o.locationName AND
  n.businessUnitId <=> o.businessUnitId AND
  n.businessUnitId_1 <=> o.businessUnitId_1 AND
  n.businessUnitName <=> o.businessUnitName AND
  n.vendorId <=> o.vendorId AND
  n.vendorIdentifier <=> o.vendorIdentifier AND
  n.vendorName <=> o.vendorName AND
  n.vendorSku <=> o.vendorSku AND
  n.taxableFlag <=> o.taxableFlag AND
  n.dropshipFlag <=> o.dropshipFlag AND
  n.specialOrderFlag <=> o.specialOrderFlag AND
  n.phaseProductFlag <=> o.phaseProductFlag AND
  n.cancelledFlag <=> o.cancelledFlag AND
  n.quantityCancelled <=> o.quantityCancelled AND
  n.cancelledReason <=> o.cancelledReason AND
  n.customerDescription <=> o.customerDescription AND
  n.internalNotes <=> o.internalNotes AND
  n.productSuppliedFlag <=> o.productSuppliedFlag AND
  n.subContractorShipToId <=> o.subContractorShipToId AND
  n.subContractorAmountLimit <=> o.subContractorAmountLimit AND
  n.recurringRecurringRevenue <=> o.recurringRecurringRevenue AND
  n.recurringRecurringCost <=> o.recurringRecurringCost AND
  n.recurringStartDate <=> o.recurringStartDate AND
  n.recurringEndDate <=> o.recurringEndDate AND
  n.recurringBillCycleId <=> o.recurringBillCycleId AND
  n.recurringBillCycleId_1 <=> o.recurringBillCycleId_1 AND
  n.recurringBillCycleName <=> o.recurringBillCycleName AND
  n.recurringCycles <=> o.recurringCycles AND
  n.recurringCycleType <=> o.recurringCycleType AND
  n.recurringAgreementTypeId <=> o.recurringAgreementTypeId AND
  n.recurringAgreementTypeName <=> o.recurringAgreementTypeName AND
  n.slaId <=> o.slaId AND
  n.slaName <=> o.slaName AND
  n.entityTypeId <=> o.entityTypeId AND
  n.entityTypeName <=> o.entityTypeName AND
  n.ticketId <=> o.ticketId AND
  n.ticketSummary <=> o.ticketSummary AND
  n.projectId <=> o.projectId AND
  n.projectName <=> o.projectName AND
  n.phaseId <=> o.phaseId AND
  n.phaseName <=> o.phaseName AND
  n.salesOrderId <=> o.salesOrderId AND
  n.salesOrderIdentifier <=> o.salesOrderIdentifier AND
  n.opportunityId <=> o.opportunityId AND
  n.opportunityName <=> o.opportunityName AND
  n.invoiceId <=> o.invoiceId AND
  n.invoiceIdentifier <=> o.invoiceIdentifier AND
  n.invoiceBillingType <=> o.invoiceBillingType AND
  n.invoiceApplyToType <=> o.invoiceApplyToType AND
  n.invoiceInvoiceDate <=> o.invoiceInvoiceDate AND
  n.invoiceChargeFirmFlag <=> o.invoiceChargeFirmFlag AND
  n.warehouseId <=> o.warehouseId AND
  n.warehouseIdObjectId <=> o.warehouseIdObjectId AND
  n.warehouseIdObjectName <=> o.warehouseIdObjectName AND
  n.warehouseIdObjectLockedFlag <=> o.warehouseIdObjectLockedFlag AND
  n.warehouseBinId <=> o.warehouseBinId AND
  n.warehouseBinIdObjectId <=> o.warehouseBinIdObjectId AND
  n.warehouseBinIdObjectName <=> o.warehouseBinIdObjectName AND
  n.calculatedPriceFlag <=> o.calculatedPriceFlag AND
  n.calculatedCostFlag <=> o.calculatedCostFlag AND
  n.forecastDetailId <=> o.forecastDetailId AND
  n.cancelledBy <=> o.cancelledBy AND
  n.cancelledDate <=> o.cancelledDate AND
  n.warehouse <=> o.warehouse AND
  n.warehouseBin <=> o.warehouseBin AND
  n.purchaseDate <=> o.purchaseDate AND
  n.taxCodeId <=> o.taxCodeId AND
  n.taxCodeName <=> o.taxCodeName AND
  n.integrationXRef <=> o.integrationXRef AND
  n.listPrice <=> o.listPrice AND
  n.serialNumberIds <=> o.serialNumberIds AND
  n.serialNumbers <=> o.serialNumbers AND
  n.companyId <=> o.companyId AND
  n.companyIdentifier <=> o.companyIdentifier AND
  n.companyName <=> o.companyName AND
  n.forecastStatusId <=> o.forecastStatusId AND
  n.forecastStatusName <=> o.forecastStatusName AND
  n.productClass <=> o.productClass AND
  n.needToPurchaseFlag <=> o.needToPurchaseFlag AND
  n.needToOrderQuantity <=> o.needToOrderQuantity AND
  n.minimumStockFlag <=> o.minimumStockFlag AND
  n.shipSet <=> o.shipSet AND
  n.calculatedPrice <=> o.calculatedPrice AND
  n.calculatedCost <=> o.calculatedCost AND
  n.invoiceGroupingId <=> o.invoiceGroupingId AND
  n.invoiceGroupingName <=> o.invoiceGroupingName AND
  n.invoiceGroupingDescription <=> o.invoiceGroupingDescription AND
  n.invoiceGroupingShowPriceFlag <=> o.invoiceGroupingShowPriceFlag AND
  n.invoiceGroupingShowSubItemsFlag <=> o.invoiceGroupingShowSubItemsFlag AND
  n.invoiceGroupingGroupParentChildAdditionsFlag <=> o.invoiceGroupingGroupParentChildAdditionsFlag AND
  n.poApprovedFlag <=> o.poApprovedFlag AND
  n.uom <=> o.uom AND
  n.addComponentsFlag <=> o.addComponentsFlag AND
  n.ignorePricingSchedulesFlag <=> o.ignorePricingSchedulesFlag AND
  n.asioSubscriptionsID <=> o.asioSubscriptionsID AND
  n.bypassForecastUpdate <=> o.bypassForecastUpdate AND
  n.customFields <=> o.customFields AND
  n.infoLastUpdated <=> o.infoLastUpdated AND
  n.infoUpdatedBy <=> o.infoUpdatedBy AND
  n.infoDateEntered <=> o.infoDateEntered AND
  n.infoEnteredBy <=> o.infoEnteredBy AND
  n._etl_deleted_at <=> o._etl_deleted_at
);
MERGE INTO silver.cw_productitem AS t
USING changed AS s
ON t.id = s.id
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  catalogItemId = s.catalogItemId,
  catalogItemIdentifier = s.catalogItemIdentifier,
  catalogItemName = s.catalogItemName,
  description = s.description,
  sequenceNumber = s.sequenceNumber,
  quantity = s.quantity,
  unitOfMeasureId = s.unitOfMeasureId,
  unitOfMeasureName = s.unitOfMeasureName,
  price = s.price,
  cost = s.cost,
  extPrice = s.extPrice,
  extCost = s.extCost,
  discount = s.discount,
  margin = s.margin,
  agreementAmount = s.agreementAmount,
  priceMethod = s.priceMethod,
  billableOption = s.billableOption,
  agreementId = s.agreementId,
  agreementName = s.agreementName,
  agreementType = s.agreementType,
  agreementChargeFirmFlag = s.agreementChargeFirmFlag,
  locationId = s.locationId,
  locationId_1 = s.locationId_1,
  locationName = s.locationName,
  businessUnitId = s.businessUnitId,
  businessUnitId_1 = s.businessUnitId_1,
  businessUnitName = s.businessUnitName,
  vendorId = s.vendorId,
  vendorIdentifier = s.vendorIdentifier,
  vendorName = s.vendorName,
  vendorSku = s.vendorSku,
  taxableFlag = s.taxableFlag,
  dropshipFlag = s.dropshipFlag,
  specialOrderFlag = s.specialOrderFlag,
  phaseProductFlag = s.phaseProductFlag,
  cancelledFlag = s.cancelledFlag,
  quantityCancelled = s.quantityCancelled,
  cancelledReason = s.cancelledReason,
  customerDescription = s.customerDescription,
  internalNotes = s.internalNotes,
  productSuppliedFlag = s.productSuppliedFlag,
  subContractorShipToId = s.subContractorShipToId,
  subContractorAmountLimit = s.subContractorAmountLimit,
  recurringRecurringRevenue = s.recurringRecurringRevenue,
  recurringRecurringCost = s.recurringRecurringCost,
  recurringStartDate = s.recurringStartDate,
  recurringEndDate = s.recurringEndDate,
  recurringBillCycleId = s.recurringBillCycleId,
  recurringBillCycleId_1 = s.recurringBillCycleId_1,
  recurringBillCycleName = s.recurringBillCycleName,
  recurringCycles = s.recurringCycles,
  recurringCycleType = s.recurringCycleType,
  recurringAgreementTypeId = s.recurringAgreementTypeId,
  recurringAgreementTypeName = s.recurringAgreementTypeName,
  slaId = s.slaId,
  slaName = s.slaName,
  entityTypeId = s.entityTypeId,
  entityTypeName = s.entityTypeName,
  ticketId = s.ticketId,
  ticketSummary = s.ticketSummary,
  projectId = s.projectId,
  projectName = s.projectName,
  phaseId = s.phaseId,
  phaseName = s.phaseName,
  salesOrderId = s.salesOrderId,
  salesOrderIdentifier = s.salesOrderIdentifier,
  opportunityId = s.opportunityId,
  opportunityName = s.opportunityName,
  invoiceId = s.invoiceId,
  invoiceIdentifier = s.invoiceIdentifier,
  invoiceBillingType = s.invoiceBillingType,
  invoiceApplyToType = s.invoiceApplyToType,
  invoiceInvoiceDate = s.invoiceInvoiceDate,
  invoiceChargeFirmFlag = s.invoiceChargeFirmFlag,
  warehouseId = s.warehouseId,
  warehouseIdObjectId = s.warehouseIdObjectId,
  warehouseIdObjectName = s.warehouseIdObjectName,
  warehouseIdObjectLockedFlag = s.warehouseIdObjectLockedFlag,
  warehouseBinId = s.warehouseBinId,
  warehouseBinIdObjectId = s.warehouseBinIdObjectId,
  warehouseBinIdObjectName = s.warehouseBinIdObjectName,
  calculatedPriceFlag = s.calculatedPriceFlag,
  calculatedCostFlag = s.calculatedCostFlag,
  forecastDetailId = s.forecastDetailId,
  cancelledBy = s.cancelledBy,
  cancelledDate = s.cancelledDate,
  warehouse = s.warehouse,
  warehouseBin = s.warehouseBin,
  purchaseDate = s.purchaseDate,
  taxCodeId = s.taxCodeId,
  taxCodeName = s.taxCodeName,
  integrationXRef = s.integrationXRef,
  listPrice = s.listPrice,
  serialNumberIds = s.serialNumberIds,
  serialNumbers = s.serialNumbers,
  companyId = s.companyId,
  companyIdentifier = s.companyIdentifier,
  companyName = s.companyName,
  forecastStatusId = s.forecastStatusId,
  forecastStatusName = s.forecastStatusName,
  productClass = s.productClass,
  needToPurchaseFlag = s.needToPurchaseFlag,
  needToOrderQuantity = s.needToOrderQuantity,
  minimumStockFlag = s.minimumStockFlag,
  shipSet = s.shipSet,
  calculatedPrice = s.calculatedPrice,
  calculatedCost = s.calculatedCost,
  invoiceGroupingId = s.invoiceGroupingId,
  invoiceGroupingName = s.invoiceGroupingName,
  invoiceGroupingDescription = s.invoiceGroupingDescription,
  invoiceGroupingShowPriceFlag = s.invoiceGroupingShowPriceFlag,
  invoiceGroupingShowSubItemsFlag = s.invoiceGroupingShowSubItemsFlag,
  invoiceGroupingGroupParentChildAdditionsFlag = s.invoiceGroupingGroupParentChildAdditionsFlag,
  poApprovedFlag = s.poApprovedFlag,
  uom = s.uom,
  addComponentsFlag = s.addComponentsFlag,
  ignorePricingSchedulesFlag = s.ignorePricingSchedulesFlag,
  asioSubscriptionsID = s.asioSubscriptionsID,
  bypassForecastUpdate = s.bypassForecastUpdate,
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
  catalogItemId,
  catalogItemIdentifier,
  catalogItemName,
  description,
  sequenceNumber,
  quantity,
  unitOfMeasureId,
  unitOfMeasureName,
  price,
  cost,
  extPrice,
  extCost,
  discount,
  margin,
  agreementAmount,
  priceMethod,
  billableOption,
  agreementId,
  agreementName,
  agreementType,
  agreementChargeFirmFlag,
  locationId,
  locationId_1,
  locationName,
  businessUnitId,
  businessUnitId_1,
  businessUnitName,
  vendorId,
  vendorIdentifier,
  vendorName,
  vendorSku,
  taxableFlag,
  dropshipFlag,
  specialOrderFlag,
  phaseProductFlag,
  cancelledFlag,
  quantityCancelled,
  cancelledReason,
  customerDescription,
  internalNotes,
  productSuppliedFlag,
  subContractorShipToId,
  subContractorAmountLimit,
  recurringRecurringRevenue,
  recurringRecurringCost,
  recurringStartDate,
  recurringEndDate,
  recurringBillCycleId,
  recurringBillCycleId_1,
  recurringBillCycleName,
  recurringCycles,
  recurringCycleType,
  recurringAgreementTypeId,
  recurringAgreementTypeName,
  slaId,
  slaName,
  entityTypeId,
  entityTypeName,
  ticketId,
  ticketSummary,
  projectId,
  projectName,
  phaseId,
  phaseName,
  salesOrderId,
  salesOrderIdentifier,
  opportunityId,
  opportunityName,
  invoiceId,
  invoiceIdentifier,
  invoiceBillingType,
  invoiceApplyToType,
  invoiceInvoiceDate,
  invoiceChargeFirmFlag,
  warehouseId,
  warehouseIdObjectId,
  warehouseIdObjectName,
  warehouseIdObjectLockedFlag,
  warehouseBinId,
  warehouseBinIdObjectId,
  warehouseBinIdObjectName,
  calculatedPriceFlag,
  calculatedCostFlag,
  forecastDetailId,
  cancelledBy,
  cancelledDate,
  warehouse,
  warehouseBin,
  purchaseDate,
  taxCodeId,
  taxCodeName,
  integrationXRef,
  listPrice,
  serialNumberIds,
  serialNumbers,
  companyId,
  companyIdentifier,
  companyName,
  forecastStatusId,
  forecastStatusName,
  productClass,
  needToPurchaseFlag,
  needToOrderQuantity,
  minimumStockFlag,
  shipSet,
  calculatedPrice,
  calculatedCost,
  invoiceGroupingId,
  invoiceGroupingName,
  invoiceGroupingDescription,
  invoiceGroupingShowPriceFlag,
  invoiceGroupingShowSubItemsFlag,
  invoiceGroupingGroupParentChildAdditionsFlag,
  poApprovedFlag,
  uom,
  addComponentsFlag,
  ignorePricingSchedulesFlag,
  asioSubscriptionsID,
  bypassForecastUpdate,
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
  s.catalogItemId,
  s.catalogItemIdentifier,
  s.catalogItemName,
  s.description,
  s.sequenceNumber,
  s.quantity,
  s.unitOfMeasureId,
  s.unitOfMeasureName,
  s.price,
  s.cost,
  s.extPrice,
  s.extCost,
  s.discount,
  s.margin,
  s.agreementAmount,
  s.priceMethod,
  s.billableOption,
  s.agreementId,
  s.agreementName,
  s.agreementType,
  s.agreementChargeFirmFlag,
  s.locationId,
  s.locationId_1,
  s.locationName,
  s.businessUnitId,
  s.businessUnitId_1,
  s.businessUnitName,
  s.vendorId,
  s.vendorIdentifier,
  s.vendorName,
  s.vendorSku,
  s.taxableFlag,
  s.dropshipFlag,
  s.specialOrderFlag,
  s.phaseProductFlag,
  s.cancelledFlag,
  s.quantityCancelled,
  s.cancelledReason,
  s.customerDescription,
  s.internalNotes,
  s.productSuppliedFlag,
  s.subContractorShipToId,
  s.subContractorAmountLimit,
  s.recurringRecurringRevenue,
  s.recurringRecurringCost,
  s.recurringStartDate,
  s.recurringEndDate,
  s.recurringBillCycleId,
  s.recurringBillCycleId_1,
  s.recurringBillCycleName,
  s.recurringCycles,
  s.recurringCycleType,
  s.recurringAgreementTypeId,
  s.recurringAgreementTypeName,
  s.slaId,
  s.slaName,
  s.entityTypeId,
  s.entityTypeName,
  s.ticketId,
  s.ticketSummary,
  s.projectId,
  s.projectName,
  s.phaseId,
  s.phaseName,
  s.salesOrderId,
  s.salesOrderIdentifier,
  s.opportunityId,
  s.opportunityName,
  s.invoiceId,
  s.invoiceIdentifier,
  s.invoiceBillingType,
  s.invoiceApplyToType,
  s.invoiceInvoiceDate,
  s.invoiceChargeFirmFlag,
  s.warehouseId,
  s.warehouseIdObjectId,
  s.warehouseIdObjectName,
  s.warehouseIdObjectLockedFlag,
  s.warehouseBinId,
  s.warehouseBinIdObjectId,
  s.warehouseBinIdObjectName,
  s.calculatedPriceFlag,
  s.calculatedCostFlag,
  s.forecastDetailId,
  s.cancelledBy,
  s.cancelledDate,
  s.warehouse,
  s.warehouseBin,
  s.purchaseDate,
  s.taxCodeId,
  s.taxCodeName,
  s.integrationXRef,
  s.listPrice,
  s.serialNumberIds,
  s.serialNumbers,
  s.companyId,
  s.companyIdentifier,
  s.companyName,
  s.forecastStatusId,
  s.forecastStatusName,
  s.productClass,
  s.needToPurchaseFlag,
  s.needToOrderQuantity,
  s.minimumStockFlag,
  s.shipSet,
  s.calculatedPrice,
  s.calculatedCost,
  s.invoiceGroupingId,
  s.invoiceGroupingName,
  s.invoiceGroupingDescription,
  s.invoiceGroupingShowPriceFlag,
  s.invoiceGroupingShowSubItemsFlag,
  s.invoiceGroupingGroupParentChildAdditionsFlag,
  s.poApprovedFlag,
  s.uom,
  s.addComponentsFlag,
  s.ignorePricingSchedulesFlag,
  s.asioSubscriptionsID,
  s.bypassForecastUpdate,
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

steps.append({"layer": "silver", "table": "cw_productitem_customfields", "bronze": "cw_productitem", "select": r"""
-- @generated by `cargo codegen generate` from /components/schemas/ProductItem. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
-- and what stands for the run below: SET processedAt = 2026-06-15T02:00:00.000000Z, SET batchId = …
SELECT
  e.parentId,
  CAST(e.listIndex AS BIGINT) AS listIndex,
  e.item.id,
  e.item.caption,
  e.item.type,
  e.item.entryMethod,
  e.item.numberOfDecimals,
  e.item.value,
  e.item.connectWiseId,
  TIMESTAMP '${processedAt}' AS _etl_processed_at,
  'connectwise' AS _etl_source,
  '${batchId}' AS _etl_batch_id,
  e.etlDeletedAt AS _etl_deleted_at
FROM (
  SELECT b.id AS parentId, b.etlDeletedAt, posexplode(b.customFields) AS (listIndex, item)
  FROM bronze.cw_productitem AS b
) AS e
WHERE e.item IS NOT NULL
""", "merge": r"""
-- @generated by `cargo codegen generate` from /components/schemas/ProductItem. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS silver.cw_productitem_customfields (
  parentId BIGINT NOT NULL,
  listIndex BIGINT NOT NULL,
  id BIGINT,
  caption STRING,
  type STRING,
  entryMethod STRING,
  numberOfDecimals BIGINT,
  value STRING,
  connectWiseId STRING,
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
  n.type,
  n.entryMethod,
  n.numberOfDecimals,
  n.value,
  n.connectWiseId,
  n._etl_processed_at,
  n._etl_source,
  n._etl_batch_id,
  n._etl_deleted_at,
  n.parentId IS NULL AS _etl_gone
FROM computed AS n
FULL OUTER JOIN silver.cw_productitem_customfields AS o ON o.parentId = n.parentId AND o.listIndex = n.listIndex
WHERE n.parentId IS NULL OR o.parentId IS NULL OR NOT (
  n.id <=> o.id AND
  n.caption <=> o.caption AND
  n.type <=> o.type AND
  n.entryMethod <=> o.entryMethod AND
  n.numberOfDecimals <=> o.numberOfDecimals AND
  n.value <=> o.value AND
  n.connectWiseId <=> o.connectWiseId AND
  n._etl_deleted_at <=> o._etl_deleted_at
);
MERGE INTO silver.cw_productitem_customfields AS t
USING changed AS s
ON t.parentId = s.parentId AND t.listIndex = s.listIndex
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  id = s.id,
  caption = s.caption,
  type = s.type,
  entryMethod = s.entryMethod,
  numberOfDecimals = s.numberOfDecimals,
  value = s.value,
  connectWiseId = s.connectWiseId,
  _etl_processed_at = s._etl_processed_at,
  _etl_source = s._etl_source,
  _etl_batch_id = s._etl_batch_id,
  _etl_deleted_at = s._etl_deleted_at
WHEN NOT MATCHED AND NOT s._etl_gone THEN INSERT (
  parentId,
  listIndex,
  id,
  caption,
  type,
  entryMethod,
  numberOfDecimals,
  value,
  connectWiseId,
  _etl_processed_at,
  _etl_source,
  _etl_batch_id,
  _etl_deleted_at
) VALUES (
  s.parentId,
  s.listIndex,
  s.id,
  s.caption,
  s.type,
  s.entryMethod,
  s.numberOfDecimals,
  s.value,
  s.connectWiseId,
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

steps.append({"layer": "silver", "table": "cw_project", "bronze": "cw_project", "select": r"""
-- @generated by `cargo codegen generate` from /components/schemas/Project. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
-- and what stands for the run below: SET processedAt = 2026-06-15T02:00:00.000000Z, SET batchId = …
SELECT
  b.id,
  b.actualEnd,
  b.actualHours,
  b.actualStart,
  b.agreement.id AS agreementId,
  b.agreement.name AS agreementName,
  b.agreement.type AS agreementType,
  b.agreement.chargeFirmFlag AS agreementChargeFirmFlag,
  b.billExpenses,
  b.billingAmount,
  b.billingAttention,
  b.billingMethod,
  b.billingRateType,
  b.billingTerms.id AS billingTermsId,
  b.billingTerms.name AS billingTermsName,
  b.billProducts,
  b.billProjectAfterClosedFlag,
  b.billTime,
  b.billToCompany.id AS billToCompanyId,
  b.billToCompany.identifier AS billToCompanyIdentifier,
  b.billToCompany.name AS billToCompanyName,
  b.billToContact.id AS billToContactId,
  b.billToContact.name AS billToContactName,
  b.billToSite.id AS billToSiteId,
  b.billToSite.name AS billToSiteName,
  b.billUnapprovedTimeAndExpense,
  b.board.id AS boardId,
  b.board.name AS boardName,
  b.budgetAnalysis,
  b.budgetFlag,
  b.budgetHours,
  b.company.id AS companyId,
  b.company.identifier AS companyIdentifier,
  b.company.name AS companyName,
  b.contact.id AS contactId,
  b.contact.name AS contactName,
  b.customerPO,
  b.description,
  b.currency.id AS currencyId,
  b.currency.symbol AS currencySymbol,
  b.currency.currencyCode AS currencyCurrencyCode,
  b.currency.decimalSeparator AS currencyDecimalSeparator,
  b.currency.numberOfDecimals AS currencyNumberOfDecimals,
  b.currency.thousandsSeparator AS currencyThousandsSeparator,
  b.currency.negativeParenthesesFlag AS currencyNegativeParenthesesFlag,
  b.currency.displaySymbolFlag AS currencyDisplaySymbolFlag,
  b.currency.currencyIdentifier AS currencyCurrencyIdentifier,
  b.currency.displayIdFlag AS currencyDisplayIdFlag,
  b.currency.rightAlign AS currencyRightAlign,
  b.currency.name AS currencyName,
  b.downpayment,
  b.estimatedEnd,
  b.percentComplete,
  b.estimatedExpenseRevenue,
  b.estimatedHours,
  b.estimatedProductRevenue,
  b.estimatedStart,
  b.estimatedTimeRevenue,
  b.expenseApprover.id AS expenseApproverId,
  b.expenseApprover.identifier AS expenseApproverIdentifier,
  b.expenseApprover.name AS expenseApproverName,
  b.expenseApprover.dailyCapacity AS expenseApproverDailyCapacity,
  b.includeDependenciesFlag,
  b.includeEstimatesFlag,
  b.location.id AS locationId,
  b.location.name AS locationName,
  b.department.id AS departmentId,
  b.department.identifier AS departmentIdentifier,
  b.department.name AS departmentName,
  b.manager.id AS managerId,
  b.manager.identifier AS managerIdentifier,
  b.manager.name AS managerName,
  b.manager.dailyCapacity AS managerDailyCapacity,
  b.name,
  b.opportunity.id AS opportunityId,
  b.opportunity.name AS opportunityName,
  b.projectTemplateId,
  b.restrictDownPaymentFlag,
  b.scheduledEnd,
  b.scheduledHours,
  b.scheduledStart,
  b.shipToCompany.id AS shipToCompanyId,
  b.shipToCompany.identifier AS shipToCompanyIdentifier,
  b.shipToCompany.name AS shipToCompanyName,
  b.shipToContact.id AS shipToContactId,
  b.shipToContact.name AS shipToContactName,
  b.shipToSite.id AS shipToSiteId,
  b.shipToSite.name AS shipToSiteName,
  b.site.id AS siteId,
  b.site.name AS siteName,
  b.status.id AS statusId,
  b.status.name AS statusName,
  b.closedFlag,
  b.timeApprover.id AS timeApproverId,
  b.timeApprover.identifier AS timeApproverIdentifier,
  b.timeApprover.name AS timeApproverName,
  b.timeApprover.dailyCapacity AS timeApproverDailyCapacity,
  b.type.id AS typeId,
  b.type.name AS typeName,
  b.doNotDisplayInPortalFlag,
  b.billingStartDate,
  b.poAmount,
  b.estimatedTimeCost,
  b.estimatedExpenseCost,
  b.estimatedProductCost,
  b.taxCode.id AS taxCodeId,
  b.taxCode.name AS taxCodeName,
  b.companyLocation.id AS companyLocationId,
  b.companyLocation.name AS companyLocationName,
  transform(b.customFields, x0 -> CASE WHEN x0 IS NOT NULL THEN named_struct('id', x0.id, 'caption', x0.caption, 'type', x0.type, 'entryMethod', x0.entryMethod, 'numberOfDecimals', x0.numberOfDecimals, 'value', x0.value, 'connectWiseId', x0.connectWiseId) END) AS customFields,
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
  FROM bronze.cw_project AS r
) AS b
""", "merge": r"""
-- @generated by `cargo codegen generate` from /components/schemas/Project. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS silver.cw_project (
  id BIGINT NOT NULL,
  actualEnd TIMESTAMP,
  actualHours DOUBLE,
  actualStart TIMESTAMP,
  agreementId BIGINT,
  agreementName STRING,
  agreementType STRING,
  agreementChargeFirmFlag BOOLEAN,
  billExpenses STRING,
  billingAmount DOUBLE,
  billingAttention STRING,
  billingMethod STRING,
  billingRateType STRING,
  billingTermsId BIGINT,
  billingTermsName STRING,
  billProducts STRING,
  billProjectAfterClosedFlag BOOLEAN,
  billTime STRING,
  billToCompanyId BIGINT,
  billToCompanyIdentifier STRING,
  billToCompanyName STRING,
  billToContactId BIGINT,
  billToContactName STRING,
  billToSiteId BIGINT,
  billToSiteName STRING,
  billUnapprovedTimeAndExpense BOOLEAN,
  boardId BIGINT,
  boardName STRING,
  budgetAnalysis STRING,
  budgetFlag BOOLEAN,
  budgetHours DOUBLE,
  companyId BIGINT,
  companyIdentifier STRING,
  companyName STRING,
  contactId BIGINT,
  contactName STRING,
  customerPO STRING,
  description STRING,
  currencyId BIGINT,
  currencySymbol STRING,
  currencyCurrencyCode STRING,
  currencyDecimalSeparator STRING,
  currencyNumberOfDecimals BIGINT,
  currencyThousandsSeparator STRING,
  currencyNegativeParenthesesFlag BOOLEAN,
  currencyDisplaySymbolFlag BOOLEAN,
  currencyCurrencyIdentifier STRING,
  currencyDisplayIdFlag BOOLEAN,
  currencyRightAlign BOOLEAN,
  currencyName STRING,
  downpayment DOUBLE,
  estimatedEnd TIMESTAMP,
  percentComplete DOUBLE,
  estimatedExpenseRevenue DOUBLE,
  estimatedHours DOUBLE,
  estimatedProductRevenue DOUBLE,
  estimatedStart TIMESTAMP,
  estimatedTimeRevenue DOUBLE,
  expenseApproverId BIGINT,
  expenseApproverIdentifier STRING,
  expenseApproverName STRING,
  expenseApproverDailyCapacity DOUBLE,
  includeDependenciesFlag BOOLEAN,
  includeEstimatesFlag BOOLEAN,
  locationId BIGINT,
  locationName STRING,
  departmentId BIGINT,
  departmentIdentifier STRING,
  departmentName STRING,
  managerId BIGINT,
  managerIdentifier STRING,
  managerName STRING,
  managerDailyCapacity DOUBLE,
  name STRING,
  opportunityId BIGINT,
  opportunityName STRING,
  projectTemplateId BIGINT,
  restrictDownPaymentFlag BOOLEAN,
  scheduledEnd TIMESTAMP,
  scheduledHours DOUBLE,
  scheduledStart TIMESTAMP,
  shipToCompanyId BIGINT,
  shipToCompanyIdentifier STRING,
  shipToCompanyName STRING,
  shipToContactId BIGINT,
  shipToContactName STRING,
  shipToSiteId BIGINT,
  shipToSiteName STRING,
  siteId BIGINT,
  siteName STRING,
  statusId BIGINT,
  statusName STRING,
  closedFlag BOOLEAN,
  timeApproverId BIGINT,
  timeApproverIdentifier STRING,
  timeApproverName STRING,
  timeApproverDailyCapacity DOUBLE,
  typeId BIGINT,
  typeName STRING,
  doNotDisplayInPortalFlag BOOLEAN,
  billingStartDate TIMESTAMP,
  poAmount DOUBLE,
  estimatedTimeCost DOUBLE,
  estimatedExpenseCost DOUBLE,
  estimatedProductCost DOUBLE,
  taxCodeId BIGINT,
  taxCodeName STRING,
  companyLocationId BIGINT,
  companyLocationName STRING,
  customFields ARRAY<STRUCT<id: BIGINT, caption: STRING, type: STRING, entryMethod: STRING, numberOfDecimals: BIGINT, value: STRING, connectWiseId: STRING>>,
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
  n.actualEnd,
  n.actualHours,
  n.actualStart,
  n.agreementId,
  n.agreementName,
  n.agreementType,
  n.agreementChargeFirmFlag,
  n.billExpenses,
  n.billingAmount,
  n.billingAttention,
  n.billingMethod,
  n.billingRateType,
  n.billingTermsId,
  n.billingTermsName,
  n.billProducts,
  n.billProjectAfterClosedFlag,
  n.billTime,
  n.billToCompanyId,
  n.billToCompanyIdentifier,
  n.billToCompanyName,
  n.billToContactId,
  n.billToContactName,
  n.billToSiteId,
  n.billToSiteName,
  n.billUnapprovedTimeAndExpense,
  n.boardId,
  n.boardName,
  n.budgetAnalysis,
  n.budgetFlag,
  n.budgetHours,
  n.companyId,
  n.companyIdentifier,
  n.companyName,
  n.contactId,
  n.contactName,
  n.customerPO,
  n.description,
  n.currencyId,
  n.currencySymbol,
  n.currencyCurrencyCode,
  n.currencyDecimalSeparator,
  n.currencyNumberOfDecimals,
  n.currencyThousandsSeparator,
  n.currencyNegativeParenthesesFlag,
  n.currencyDisplaySymbolFlag,
  n.currencyCurrencyIdentifier,
  n.currencyDisplayIdFlag,
  n.currencyRightAlign,
  n.currencyName,
  n.downpayment,
  n.estimatedEnd,
  n.percentComplete,
  n.estimatedExpenseRevenue,
  n.estimatedHours,
  n.estimatedProductRevenue,
  n.estimatedStart,
  n.estimatedTimeRevenue,
  n.expenseApproverId,
  n.expenseApproverIdentifier,
  n.expenseApproverName,
  n.expenseApproverDailyCapacity,
  n.includeDependenciesFlag,
  n.includeEstimatesFlag,
  n.locationId,
  n.locationName,
  n.departmentId,
  n.departmentIdentifier,
  n.departmentName,
  n.managerId,
  n.managerIdentifier,
  n.managerName,
  n.managerDailyCapacity,
  n.name,
  n.opportunityId,
  n.opportunityName,
  n.projectTemplateId,
  n.restrictDownPaymentFlag,
  n.scheduledEnd,
  n.scheduledHours,
  n.scheduledStart,
  n.shipToCompanyId,
  n.shipToCompanyIdentifier,
  n.shipToCompanyName,
  n.shipToContactId,
  n.shipToContactName,
  n.shipToSiteId,
  n.shipToSiteName,
  n.siteId,
  n.siteName,
  n.statusId,
  n.statusName,
  n.closedFlag,
  n.timeApproverId,
  n.timeApproverIdentifier,
  n.timeApproverName,
  n.timeApproverDailyCapacity,
  n.typeId,
  n.typeName,
  n.doNotDisplayInPortalFlag,
  n.billingStartDate,
  n.poAmount,
  n.estimatedTimeCost,
  n.estimatedExpenseCost,
  n.estimatedProductCost,
  n.taxCodeId,
  n.taxCodeName,
  n.companyLocationId,
  n.companyLocationName,
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
FULL OUTER JOIN silver.cw_project AS o ON o.id = n.id
WHERE n.id IS NULL OR o.id IS NULL OR NOT (
  n.actualEnd <=> o.actualEnd AND
  n.actualHours <=> o.actualHours AND
  n.actualStart <=> o.actualStart AND
  n.agreementId <=> o.agreementId AND
  n.agreementName <=> o.agreementName AND
  n.agreementType <=> o.agreementType AND
  n.agreementChargeFirmFlag <=> o.agreementChargeFirmFlag AND
  n.billExpenses <=> o.billExpenses AND
  n.billingAmount <=> o.billingAmount AND
  n.billingAttention <=> o.billingAttention AND
  n.billingMethod <=> o.billingMethod AND
  n.billingRateType <=> o.billingRateType AND
  n.billingTermsId <=> o.billingTermsId AND
  n.billingTermsName <=> o.billingTermsName AND
  n.billProducts <=> o.billProducts AND
  n.billProjectAfterClosedFlag <=> o.billProjectAfterClosedFlag AND
  n.billTime <=> o.billTime AND
  n.billToCompanyId <=> o.billToCompanyId AND
  n.billToCompanyIdentifier <=> o.billToCompanyIdentifier AND
  n.billToCompanyName <=> o.billToCompanyName AND
  n.billToContactId <=> o.billToContactId AND
  n.billToContactName <=> o.billToContactName AND
  n.billToSiteId <=> o.billToSiteId AND
  n.billToSiteName <=> o.billToSiteName AND
  n.billUnapprovedTimeAndExpense <=> o.billUnapprovedTimeAndExpense AND
  n.boardId <=> o.boardId AND
  n.boardName <=> o.boardName AND
  n.budgetAnalysis <=> o.budgetAnalysis AND
  n.budgetFlag <=> o.budgetFlag AND
  n.budgetHours <=> o.budgetHours AND
  n.companyId <=> o.companyId AND
  n.companyIdentifier <=> o.companyIdentifier AND
  n.companyName <=> o.companyName AND
  n.contactId <=> o.contactId AND
  n.contactName <=> o.contactName AND
  n.customerPO <=> o.customerPO AND
  n.description <=> o.description AND
  n.currencyId <=> o.currencyId AND
  n.currencySymbol <=> o.currencySymbol AND
  n.currencyCurrencyCode <=> o.currencyCurrencyCode AND
  n.currencyDecimalSeparator <=> o.currencyDecimalSeparator AND
  n.currencyNumberOfDecimals <=> o.currencyNumberOfDecimals AND
  n.currencyThousandsSeparator <=> o.currencyThousandsSeparator AND
  n.currencyNegativeParenthesesFlag <=> o.currencyNegativeParenthesesFlag AND
  n.currencyDisplaySymbolFlag <=> o.currencyDisplaySymbolFlag AND
  n.currencyCurrencyIdentifier <=> o.currencyCurrencyIdentifier AND
  n.currencyDisplayIdFlag <=> o.currencyDisplayIdFlag AND
  n.currencyRightAlign <=> o.currencyRightAlign AND
  n.currencyName <=> o.currencyName AND
  n.downpayment <=> o.downpayment AND
  n.estimatedEnd <=> o.estimatedEnd AND
  n.percentComplete <=> o.percentComplete AND
  n.estimatedExpenseRevenue <=> o.estimatedExpenseRevenue AND
  n.estimatedHours <=> o.estimatedHours AND
  n.estimatedProductRevenue <=> o.estimatedProductRevenue AND
  n.estimatedStart <=> o.estimatedStart AND
  n.estimatedTimeRevenue <=> o.estimatedTimeRevenue AND
  n.expenseApproverId <=> o.expenseApproverId AND
  n.expenseApproverIdentifier <=> o.expenseApproverIdentifier AND
  n.expenseApproverName <=> o.expenseApproverName AND
  n.expenseApproverDailyCapacity <=> o.expenseApproverDailyCapacity AND
  n.includeDependenciesFlag <=> o.includeDependenciesFlag AND
  n.includeEstimatesFlag <=> o.includeEstimatesFlag AND
  n.locationId <=> o.locationId AND
  n.locationName <=> o.locationName AND
  n.departmentId <=> o.departmentId AND
  n.departmentIdentifier <=> o.departmentIdentifier AND
  n.departmentName <=> o.departmentName AND
  n.managerId <=> o.managerId AND
  n.managerIdentifier <=> o.managerIdentifier AND
  n.managerName <=> o.managerName AND
  n.managerDailyCapacity <=> o.managerDailyCapacity AND
  n.name <=> o.name AND
  n.opportunityId <=> o.opportunityId AND
  n.opportunityName <=> o.opportunityName AND
  n.projectTemplateId <=> o.projectTemplateId AND
  n.restrictDownPaymentFlag <=> o.restrictDownPaymentFlag AND
  n.scheduledEnd <=> o.scheduledEnd AND
  n.scheduledHours <=> o.scheduledHours AND
  n.scheduledStart <=> o.scheduledStart AND
  n.shipToCompanyId <=> o.shipToCompanyId AND
  n.shipToCompanyIdentifier <=> o.shipToCompanyIdentifier AND
  n.shipToCompanyName <=> o.shipToCompanyName AND
  n.shipToContactId <=> o.shipToContactId AND
  n.shipToContactName <=> o.shipToContactName AND
  n.shipToSiteId <=> o.shipToSiteId AND
  n.shipToSiteName <=> o.shipToSiteName AND
  n.siteId <=> o.siteId AND
  n.siteName <=> o.siteName AND
  n.statusId <=> o.statusId AND
  n.statusName <=> o.statusName AND
  n.closedFlag <=> o.closedFlag AND
  n.timeApproverId <=> o.timeApproverId AND
  n.timeApproverIdentifier <=> o.timeApproverIdentifier AND
  n.timeApproverName <=> o.timeApproverName AND
  n.timeApproverDailyCapacity <=> o.timeApproverDailyCapacity AND
  n.typeId <=> o.typeId AND
  n.typeName <=> o.typeName AND
  n.doNotDisplayInPortalFlag <=> o.doNotDisplayInPortalFlag AND
  n.billingStartDate <=> o.billingStartDate AND
  n.poAmount <=> o.poAmount AND
  n.estimatedTimeCost <=> o.estimatedTimeCost AND
  n.estimatedExpenseCost <=> o.estimatedExpenseCost AND
  n.estimatedProductCost <=> o.estimatedProductCost AND
  n.taxCodeId <=> o.taxCodeId AND
  n.taxCodeName <=> o.taxCodeName AND
  n.companyLocationId <=> o.companyLocationId AND
  n.companyLocationName <=> o.companyLocationName AND
  n.customFields <=> o.customFields AND
  n.infoLastUpdated <=> o.infoLastUpdated AND
  n.infoUpdatedBy <=> o.infoUpdatedBy AND
  n.infoDateEntered <=> o.infoDateEntered AND
  n.infoEnteredBy <=> o.infoEnteredBy AND
  n._etl_deleted_at <=> o._etl_deleted_at
);
MERGE INTO silver.cw_project AS t
USING changed AS s
ON t.id = s.id
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  actualEnd = s.actualEnd,
  actualHours = s.actualHours,
  actualStart = s.actualStart,
  agreementId = s.agreementId,
  agreementName = s.agreementName,
  agreementType = s.agreementType,
  agreementChargeFirmFlag = s.agreementChargeFirmFlag,
  billExpenses = s.billExpenses,
  billingAmount = s.billingAmount,
  billingAttention = s.billingAttention,
  billingMethod = s.billingMethod,
  billingRateType = s.billingRateType,
  billingTermsId = s.billingTermsId,
  billingTermsName = s.billingTermsName,
  billProducts = s.billProducts,
  billProjectAfterClosedFlag = s.billProjectAfterClosedFlag,
  billTime = s.billTime,
  billToCompanyId = s.billToCompanyId,
  billToCompanyIdentifier = s.billToCompanyIdentifier,
  billToCompanyName = s.billToCompanyName,
  billToContactId = s.billToContactId,
  billToContactName = s.billToContactName,
  billToSiteId = s.billToSiteId,
  billToSiteName = s.billToSiteName,
  billUnapprovedTimeAndExpense = s.billUnapprovedTimeAndExpense,
  boardId = s.boardId,
  boardName = s.boardName,
  budgetAnalysis = s.budgetAnalysis,
  budgetFlag = s.budgetFlag,
  budgetHours = s.budgetHours,
  companyId = s.companyId,
  companyIdentifier = s.companyIdentifier,
  companyName = s.companyName,
  contactId = s.contactId,
  contactName = s.contactName,
  customerPO = s.customerPO,
  description = s.description,
  currencyId = s.currencyId,
  currencySymbol = s.currencySymbol,
  currencyCurrencyCode = s.currencyCurrencyCode,
  currencyDecimalSeparator = s.currencyDecimalSeparator,
  currencyNumberOfDecimals = s.currencyNumberOfDecimals,
  currencyThousandsSeparator = s.currencyThousandsSeparator,
  currencyNegativeParenthesesFlag = s.currencyNegativeParenthesesFlag,
  currencyDisplaySymbolFlag = s.currencyDisplaySymbolFlag,
  currencyCurrencyIdentifier = s.currencyCurrencyIdentifier,
  currencyDisplayIdFlag = s.currencyDisplayIdFlag,
  currencyRightAlign = s.currencyRightAlign,
  currencyName = s.currencyName,
  downpayment = s.downpayment,
  estimatedEnd = s.estimatedEnd,
  percentComplete = s.percentComplete,
  estimatedExpenseRevenue = s.estimatedExpenseRevenue,
  estimatedHours = s.estimatedHours,
  estimatedProductRevenue = s.estimatedProductRevenue,
  estimatedStart = s.estimatedStart,
  estimatedTimeRevenue = s.estimatedTimeRevenue,
  expenseApproverId = s.expenseApproverId,
  expenseApproverIdentifier = s.expenseApproverIdentifier,
  expenseApproverName = s.expenseApproverName,
  expenseApproverDailyCapacity = s.expenseApproverDailyCapacity,
  includeDependenciesFlag = s.includeDependenciesFlag,
  includeEstimatesFlag = s.includeEstimatesFlag,
  locationId = s.locationId,
  locationName = s.locationName,
  departmentId = s.departmentId,
  departmentIdentifier = s.departmentIdentifier,
  departmentName = s.departmentName,
  managerId = s.managerId,
  managerIdentifier = s.managerIdentifier,
  managerName = s.managerName,
  managerDailyCapacity = s.managerDailyCapacity,
  name = s.name,
  opportunityId = s.opportunityId,
  opportunityName = s.opportunityName,
  projectTemplateId = s.projectTemplateId,
  restrictDownPaymentFlag = s.restrictDownPaymentFlag,
  scheduledEnd = s.scheduledEnd,
  scheduledHours = s.scheduledHours,
  scheduledStart = s.scheduledStart,
  shipToCompanyId = s.shipToCompanyId,
  shipToCompanyIdentifier = s.shipToCompanyIdentifier,
  shipToCompanyName = s.shipToCompanyName,
  shipToContactId = s.shipToContactId,
  shipToContactName = s.shipToContactName,
  shipToSiteId = s.shipToSiteId,
  shipToSiteName = s.shipToSiteName,
  siteId = s.siteId,
  siteName = s.siteName,
  statusId = s.statusId,
  statusName = s.statusName,
  closedFlag = s.closedFlag,
  timeApproverId = s.timeApproverId,
  timeApproverIdentifier = s.timeApproverIdentifier,
  timeApproverName = s.timeApproverName,
  timeApproverDailyCapacity = s.timeApproverDailyCapacity,
  typeId = s.typeId,
  typeName = s.typeName,
  doNotDisplayInPortalFlag = s.doNotDisplayInPortalFlag,
  billingStartDate = s.billingStartDate,
  poAmount = s.poAmount,
  estimatedTimeCost = s.estimatedTimeCost,
  estimatedExpenseCost = s.estimatedExpenseCost,
  estimatedProductCost = s.estimatedProductCost,
  taxCodeId = s.taxCodeId,
  taxCodeName = s.taxCodeName,
  companyLocationId = s.companyLocationId,
  companyLocationName = s.companyLocationName,
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
  actualEnd,
  actualHours,
  actualStart,
  agreementId,
  agreementName,
  agreementType,
  agreementChargeFirmFlag,
  billExpenses,
  billingAmount,
  billingAttention,
  billingMethod,
  billingRateType,
  billingTermsId,
  billingTermsName,
  billProducts,
  billProjectAfterClosedFlag,
  billTime,
  billToCompanyId,
  billToCompanyIdentifier,
  billToCompanyName,
  billToContactId,
  billToContactName,
  billToSiteId,
  billToSiteName,
  billUnapprovedTimeAndExpense,
  boardId,
  boardName,
  budgetAnalysis,
  budgetFlag,
  budgetHours,
  companyId,
  companyIdentifier,
  companyName,
  contactId,
  contactName,
  customerPO,
  description,
  currencyId,
  currencySymbol,
  currencyCurrencyCode,
  currencyDecimalSeparator,
  currencyNumberOfDecimals,
  currencyThousandsSeparator,
  currencyNegativeParenthesesFlag,
  currencyDisplaySymbolFlag,
  currencyCurrencyIdentifier,
  currencyDisplayIdFlag,
  currencyRightAlign,
  currencyName,
  downpayment,
  estimatedEnd,
  percentComplete,
  estimatedExpenseRevenue,
  estimatedHours,
  estimatedProductRevenue,
  estimatedStart,
  estimatedTimeRevenue,
  expenseApproverId,
  expenseApproverIdentifier,
  expenseApproverName,
  expenseApproverDailyCapacity,
  includeDependenciesFlag,
  includeEstimatesFlag,
  locationId,
  locationName,
  departmentId,
  departmentIdentifier,
  departmentName,
  managerId,
  managerIdentifier,
  managerName,
  managerDailyCapacity,
  name,
  opportunityId,
  opportunityName,
  projectTemplateId,
  restrictDownPaymentFlag,
  scheduledEnd,
  scheduledHours,
  scheduledStart,
  shipToCompanyId,
  shipToCompanyIdentifier,
  shipToCompanyName,
  shipToContactId,
  shipToContactName,
  shipToSiteId,
  shipToSiteName,
  siteId,
  siteName,
  statusId,
  statusName,
  closedFlag,
  timeApproverId,
  timeApproverIdentifier,
  timeApproverName,
  timeApproverDailyCapacity,
  typeId,
  typeName,
  doNotDisplayInPortalFlag,
  billingStartDate,
  poAmount,
  estimatedTimeCost,
  estimatedExpenseCost,
  estimatedProductCost,
  taxCodeId,
  taxCodeName,
  companyLocationId,
  companyLocationName,
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
  s.actualEnd,
  s.actualHours,
  s.actualStart,
  s.agreementId,
  s.agreementName,
  s.agreementType,
  s.agreementChargeFirmFlag,
  s.billExpenses,
  s.billingAmount,
  s.billingAttention,
  s.billingMethod,
  s.billingRateType,
  s.billingTermsId,
  s.billingTermsName,
  s.billProducts,
  s.billProjectAfterClosedFlag,
  s.billTime,
  s.billToCompanyId,
  s.billToCompanyIdentifier,
  s.billToCompanyName,
  s.billToContactId,
  s.billToContactName,
  s.billToSiteId,
  s.billToSiteName,
  s.billUnapprovedTimeAndExpense,
  s.boardId,
  s.boardName,
  s.budgetAnalysis,
  s.budgetFlag,
  s.budgetHours,
  s.companyId,
  s.companyIdentifier,
  s.companyName,
  s.contactId,
  s.contactName,
  s.customerPO,
  s.description,
  s.currencyId,
  s.currencySymbol,
  s.currencyCurrencyCode,
  s.currencyDecimalSeparator,
  s.currencyNumberOfDecimals,
  s.currencyThousandsSeparator,
  s.currencyNegativeParenthesesFlag,
  s.currencyDisplaySymbolFlag,
  s.currencyCurrencyIdentifier,
  s.currencyDisplayIdFlag,
  s.currencyRightAlign,
  s.currencyName,
  s.downpayment,
  s.estimatedEnd,
  s.percentComplete,
  s.estimatedExpenseRevenue,
  s.estimatedHours,
  s.estimatedProductRevenue,
  s.estimatedStart,
  s.estimatedTimeRevenue,
  s.expenseApproverId,
  s.expenseApproverIdentifier,
  s.expenseApproverName,
  s.expenseApproverDailyCapacity,
  s.includeDependenciesFlag,
  s.includeEstimatesFlag,
  s.locationId,
  s.locationName,
  s.departmentId,
  s.departmentIdentifier,
  s.departmentName,
  s.managerId,
  s.managerIdentifier,
  s.managerName,
  s.managerDailyCapacity,
  s.name,
  s.opportunityId,
  s.opportunityName,
  s.projectTemplateId,
  s.restrictDownPaymentFlag,
  s.scheduledEnd,
  s.scheduledHours,
  s.scheduledStart,
  s.shipToCompanyId,
  s.shipToCompanyIdentifier,
  s.shipToCompanyName,
  s.shipToContactId,
  s.shipToContactName,
  s.shipToSiteId,
  s.shipToSiteName,
  s.siteId,
  s.siteName,
  s.statusId,
  s.statusName,
  s.closedFlag,
  s.timeApproverId,
  s.timeApproverIdentifier,
  s.timeApproverName,
  s.timeApproverDailyCapacity,
  s.typeId,
  s.typeName,
  s.doNotDisplayInPortalFlag,
  s.billingStartDate,
  s.poAmount,
  s.estimatedTimeCost,
  s.estimatedExpenseCost,
  s.estimatedProductCost,
  s.taxCodeId,
  s.taxCodeName,
  s.companyLocationId,
  s.companyLocationName,
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

steps.append({"layer": "silver", "table": "cw_project_customfields", "bronze": "cw_project", "select": r"""
-- @generated by `cargo codegen generate` from /components/schemas/Project. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
-- and what stands for the run below: SET processedAt = 2026-06-15T02:00:00.000000Z, SET batchId = …
SELECT
  e.parentId,
  CAST(e.listIndex AS BIGINT) AS listIndex,
  e.item.id,
  e.item.caption,
  e.item.type,
  e.item.entryMethod,
  e.item.numberOfDecimals,
  e.item.value,
  e.item.connectWiseId,
  TIMESTAMP '${processedAt}' AS _etl_processed_at,
  'connectwise' AS _etl_source,
  '${batchId}' AS _etl_batch_id,
  e.etlDeletedAt AS _etl_deleted_at
FROM (
  SELECT b.id AS parentId, b.etlDeletedAt, posexplode(b.customFields) AS (listIndex, item)
  FROM bronze.cw_project AS b
) AS e
WHERE e.item IS NOT NULL
""", "merge": r"""
-- @generated by `cargo codegen generate` from /components/schemas/Project. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS silver.cw_project_customfields (
  parentId BIGINT NOT NULL,
  listIndex BIGINT NOT NULL,
  id BIGINT,
  caption STRING,
  type STRING,
  entryMethod STRING,
  numberOfDecimals BIGINT,
  value STRING,
  connectWiseId STRING,
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
  n.type,
  n.entryMethod,
  n.numberOfDecimals,
  n.value,
  n.connectWiseId,
  n._etl_processed_at,
  n._etl_source,
  n._etl_batch_id,
  n._etl_deleted_at,
  n.parentId IS NULL AS _etl_gone
FROM computed AS n
FULL OUTER JOIN silver.cw_project_customfields AS o ON o.parentId = n.parentId AND o.listIndex = n.listIndex
WHERE n.parentId IS NULL OR o.parentId IS NULL OR NOT (
  n.id <=> o.id AND
  n.caption <=> o.caption AND
  n.type <=> o.type AND
  n.entryMethod <=> o.entryMethod AND
  n.numberOfDecimals <=> o.numberOfDecimals AND
  n.value <=> o.value AND
  n.connectWiseId <=> o.connectWiseId AND
  n._etl_deleted_at <=> o._etl_deleted_at
);
MERGE INTO silver.cw_project_customfields AS t
USING changed AS s
ON t.parentId = s.parentId AND t.listIndex = s.listIndex
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  id = s.id,
  caption = s.caption,
  type = s.type,
  entryMethod = s.entryMethod,
  numberOfDecimals = s.numberOfDecimals,
  value = s.value,
  connectWiseId = s.connectWiseId,
  _etl_processed_at = s._etl_processed_at,
  _etl_source = s._etl_source,
  _etl_batch_id = s._etl_batch_id,
  _etl_deleted_at = s._etl_deleted_at
WHEN NOT MATCHED AND NOT s._etl_gone THEN INSERT (
  parentId,
  listIndex,
  id,
  caption,
  type,
  entryMethod,
  numberOfDecimals,
  value,
  connectWiseId,
  _etl_processed_at,
  _etl_source,
  _etl_batch_id,
  _etl_deleted_at
) VALUES (
  s.parentId,
  s.listIndex,
  s.id,
  s.caption,
  s.type,
  s.entryMethod,
  s.numberOfDecimals,
  s.value,
  s.connectWiseId,
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

steps.append({"layer": "silver", "table": "cw_ticket", "bronze": "cw_ticket", "select": r"""
-- @generated by `cargo codegen generate` from /components/schemas/Ticket. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
-- and what stands for the run below: SET processedAt = 2026-06-15T02:00:00.000000Z, SET batchId = …
SELECT
  b.id,
  b.summary,
  b.recordType,
  b.board.id AS boardId,
  b.board.name AS boardName,
  b.status.id AS statusId,
  b.status.name AS statusName,
  b.status.sort AS statusSort,
  b.workRole.id AS workRoleId,
  b.workRole.name AS workRoleName,
  b.workType.id AS workTypeId,
  b.workType.name AS workTypeName,
  b.workType.utilizationFlag AS workTypeUtilizationFlag,
  b.company.id AS companyId,
  b.company.identifier AS companyIdentifier,
  b.company.name AS companyName,
  b.site.id AS siteId,
  b.site.name AS siteName_1,
  b.siteName,
  b.addressLine1,
  b.addressLine2,
  b.city,
  b.stateIdentifier,
  b.zip,
  b.country.id AS countryId,
  b.country.identifier AS countryIdentifier,
  b.country.name AS countryName,
  b.contact.id AS contactId,
  b.contact.name AS contactName_1,
  b.contactName,
  b.contactPhoneNumber,
  b.contactPhoneExtension,
  b.contactEmailAddress,
  b.type.id AS typeId,
  b.type.name AS typeName,
  b.subType.id AS subTypeId,
  b.subType.name AS subTypeName,
  b.item.id AS itemId,
  b.item.name AS itemName,
  b.team.id AS teamId,
  b.team.name AS teamName,
  b.owner.id AS ownerId,
  b.owner.identifier AS ownerIdentifier,
  b.owner.name AS ownerName,
  b.owner.dailyCapacity AS ownerDailyCapacity,
  b.priority.id AS priorityId,
  b.priority.name AS priorityName,
  b.priority.sort AS prioritySort,
  b.priority.level AS priorityLevel,
  b.serviceLocation.id AS serviceLocationId,
  b.serviceLocation.name AS serviceLocationName,
  b.source.id AS sourceId,
  b.source.name AS sourceName,
  b.requiredDate,
  b.budgetHours,
  b.opportunity.id AS opportunityId,
  b.opportunity.name AS opportunityName,
  b.agreement.id AS agreementId,
  b.agreement.name AS agreementName,
  b.agreement.type AS agreementType_1,
  b.agreement.chargeFirmFlag AS agreementChargeFirmFlag,
  b.agreementType,
  b.severity,
  b.impact,
  b.externalXRef,
  b.poNumber,
  b.knowledgeBaseCategoryId,
  b.knowledgeBaseSubCategoryId,
  b.allowAllClientsPortalView,
  b.customerUpdatedFlag,
  b.automaticEmailContactFlag,
  b.automaticEmailResourceFlag,
  b.automaticEmailCcFlag,
  b.automaticEmailCc,
  b.initialDescription,
  b.initialInternalAnalysis,
  b.initialResolution,
  b.initialDescriptionFrom,
  b.contactEmailLookup,
  b.processNotifications,
  b.skipCallback,
  b.closedDate,
  b.closedBy,
  b.closedFlag,
  b.actualHours,
  b.approved,
  b.estimatedExpenseCost,
  b.estimatedExpenseRevenue,
  b.estimatedProductCost,
  b.estimatedProductRevenue,
  b.estimatedTimeCost,
  b.estimatedTimeRevenue,
  b.billingMethod,
  b.billingAmount,
  b.hourlyRate,
  b.subBillingMethod,
  b.subBillingAmount,
  b.subDateAccepted,
  b.dateResolved,
  b.dateResplan,
  b.dateResponded,
  b.resolveMinutes,
  b.resPlanMinutes,
  b.respondMinutes,
  b.isInSla,
  b.knowledgeBaseLinkId,
  b.resources,
  b.parentTicketId,
  b.hasChildTicket,
  b.hasMergedChildTicketFlag,
  b.knowledgeBaseLinkType,
  b.billTime,
  b.billExpenses,
  b.billProducts,
  b.predecessorType,
  b.predecessorId,
  b.predecessorClosedFlag,
  b.lagDays,
  b.lagNonworkingDaysFlag,
  b.estimatedStartDate,
  b.duration,
  b.location.id AS locationId,
  b.location.name AS locationName,
  b.department.id AS departmentId,
  b.department.identifier AS departmentIdentifier,
  b.department.name AS departmentName,
  b.mobileGuid,
  b.sla.id AS slaId,
  b.sla.name AS slaName,
  b.slaStatus,
  b.requestForChangeFlag,
  b.currency.id AS currencyId,
  b.currency.symbol AS currencySymbol,
  b.currency.currencyCode AS currencyCurrencyCode,
  b.currency.decimalSeparator AS currencyDecimalSeparator,
  b.currency.numberOfDecimals AS currencyNumberOfDecimals,
  b.currency.thousandsSeparator AS currencyThousandsSeparator,
  b.currency.negativeParenthesesFlag AS currencyNegativeParenthesesFlag,
  b.currency.displaySymbolFlag AS currencyDisplaySymbolFlag,
  b.currency.currencyIdentifier AS currencyCurrencyIdentifier,
  b.currency.displayIdFlag AS currencyDisplayIdFlag,
  b.currency.rightAlign AS currencyRightAlign,
  b.currency.name AS currencyName,
  b.mergedParentTicket.id AS mergedParentTicketId,
  b.mergedParentTicket.summary AS mergedParentTicketSummary,
  b.integratorTags,
  b.escalationStartDateUTC,
  b.escalationLevel,
  b.minutesBeforeWaiting,
  b.respondedSkippedMinutes,
  b.resplanSkippedMinutes,
  b.respondedHours,
  b.respondedBy,
  b.resplanHours,
  b.resplanBy,
  b.resolutionHours,
  b.resolvedBy,
  b.minutesWaiting,
  transform(b.customFields, x0 -> CASE WHEN x0 IS NOT NULL THEN named_struct('id', x0.id, 'caption', x0.caption, 'type', x0.type, 'entryMethod', x0.entryMethod, 'numberOfDecimals', x0.numberOfDecimals, 'value', x0.value, 'connectWiseId', x0.connectWiseId) END) AS customFields,
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
  FROM bronze.cw_ticket AS r
) AS b
""", "merge": r"""
-- @generated by `cargo codegen generate` from /components/schemas/Ticket. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS silver.cw_ticket (
  id BIGINT NOT NULL,
  summary STRING,
  recordType STRING,
  boardId BIGINT,
  boardName STRING,
  statusId BIGINT,
  statusName STRING,
  statusSort BIGINT,
  workRoleId BIGINT,
  workRoleName STRING,
  workTypeId BIGINT,
  workTypeName STRING,
  workTypeUtilizationFlag BOOLEAN,
  companyId BIGINT,
  companyIdentifier STRING,
  companyName STRING,
  siteId BIGINT,
  siteName_1 STRING,
  siteName STRING,
  addressLine1 STRING,
  addressLine2 STRING,
  city STRING,
  stateIdentifier STRING,
  zip STRING,
  countryId BIGINT,
  countryIdentifier STRING,
  countryName STRING,
  contactId BIGINT,
  contactName_1 STRING,
  contactName STRING,
  contactPhoneNumber STRING,
  contactPhoneExtension STRING,
  contactEmailAddress STRING,
  typeId BIGINT,
  typeName STRING,
  subTypeId BIGINT,
  subTypeName STRING,
  itemId BIGINT,
  itemName STRING,
  teamId BIGINT,
  teamName STRING,
  ownerId BIGINT,
  ownerIdentifier STRING,
  ownerName STRING,
  ownerDailyCapacity DOUBLE,
  priorityId BIGINT,
  priorityName STRING,
  prioritySort BIGINT,
  priorityLevel STRING,
  serviceLocationId BIGINT,
  serviceLocationName STRING,
  sourceId BIGINT,
  sourceName STRING,
  requiredDate TIMESTAMP,
  budgetHours DOUBLE,
  opportunityId BIGINT,
  opportunityName STRING,
  agreementId BIGINT,
  agreementName STRING,
  agreementType_1 STRING,
  agreementChargeFirmFlag BOOLEAN,
  agreementType STRING,
  severity STRING,
  impact STRING,
  externalXRef STRING,
  poNumber STRING,
  knowledgeBaseCategoryId BIGINT,
  knowledgeBaseSubCategoryId BIGINT,
  allowAllClientsPortalView BOOLEAN,
  customerUpdatedFlag BOOLEAN,
  automaticEmailContactFlag BOOLEAN,
  automaticEmailResourceFlag BOOLEAN,
  automaticEmailCcFlag BOOLEAN,
  automaticEmailCc STRING,
  initialDescription STRING,
  initialInternalAnalysis STRING,
  initialResolution STRING,
  initialDescriptionFrom STRING,
  contactEmailLookup STRING,
  processNotifications BOOLEAN,
  skipCallback BOOLEAN,
  closedDate STRING,
  closedBy STRING,
  closedFlag BOOLEAN,
  actualHours DOUBLE,
  approved BOOLEAN,
  estimatedExpenseCost DOUBLE,
  estimatedExpenseRevenue DOUBLE,
  estimatedProductCost DOUBLE,
  estimatedProductRevenue DOUBLE,
  estimatedTimeCost DOUBLE,
  estimatedTimeRevenue DOUBLE,
  billingMethod STRING,
  billingAmount DOUBLE,
  hourlyRate DOUBLE,
  subBillingMethod STRING,
  subBillingAmount DOUBLE,
  subDateAccepted STRING,
  dateResolved STRING,
  dateResplan STRING,
  dateResponded STRING,
  resolveMinutes BIGINT,
  resPlanMinutes BIGINT,
  respondMinutes BIGINT,
  isInSla BOOLEAN,
  knowledgeBaseLinkId BIGINT,
  resources STRING,
  parentTicketId BIGINT,
  hasChildTicket BOOLEAN,
  hasMergedChildTicketFlag BOOLEAN,
  knowledgeBaseLinkType STRING,
  billTime STRING,
  billExpenses STRING,
  billProducts STRING,
  predecessorType STRING,
  predecessorId BIGINT,
  predecessorClosedFlag BOOLEAN,
  lagDays BIGINT,
  lagNonworkingDaysFlag BOOLEAN,
  estimatedStartDate TIMESTAMP,
  duration BIGINT,
  locationId BIGINT,
  locationName STRING,
  departmentId BIGINT,
  departmentIdentifier STRING,
  departmentName STRING,
  mobileGuid STRING,
  slaId BIGINT,
  slaName STRING,
  slaStatus STRING,
  requestForChangeFlag BOOLEAN,
  currencyId BIGINT,
  currencySymbol STRING,
  currencyCurrencyCode STRING,
  currencyDecimalSeparator STRING,
  currencyNumberOfDecimals BIGINT,
  currencyThousandsSeparator STRING,
  currencyNegativeParenthesesFlag BOOLEAN,
  currencyDisplaySymbolFlag BOOLEAN,
  currencyCurrencyIdentifier STRING,
  currencyDisplayIdFlag BOOLEAN,
  currencyRightAlign BOOLEAN,
  currencyName STRING,
  mergedParentTicketId BIGINT,
  mergedParentTicketSummary STRING,
  integratorTags ARRAY<STRING>,
  escalationStartDateUTC STRING,
  escalationLevel BIGINT,
  minutesBeforeWaiting BIGINT,
  respondedSkippedMinutes BIGINT,
  resplanSkippedMinutes BIGINT,
  respondedHours DOUBLE,
  respondedBy STRING,
  resplanHours DOUBLE,
  resplanBy STRING,
  resolutionHours DOUBLE,
  resolvedBy STRING,
  minutesWaiting BIGINT,
  customFields ARRAY<STRUCT<id: BIGINT, caption: STRING, type: STRING, entryMethod: STRING, numberOfDecimals: BIGINT, value: STRING, connectWiseId: STRING>>,
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
  n.summary,
  n.recordType,
  n.boardId,
  n.boardName,
  n.statusId,
  n.statusName,
  n.statusSort,
  n.workRoleId,
  n.workRoleName,
  n.workTypeId,
  n.workTypeName,
  n.workTypeUtilizationFlag,
  n.companyId,
  n.companyIdentifier,
  n.companyName,
  n.siteId,
  n.siteName_1,
  n.siteName,
  n.addressLine1,
  n.addressLine2,
  n.city,
  n.stateIdentifier,
  n.zip,
  n.countryId,
  n.countryIdentifier,
  n.countryName,
  n.contactId,
  n.contactName_1,
  n.contactName,
  n.contactPhoneNumber,
  n.contactPhoneExtension,
  n.contactEmailAddress,
  n.typeId,
  n.typeName,
  n.subTypeId,
  n.subTypeName,
  n.itemId,
  n.itemName,
  n.teamId,
  n.teamName,
  n.ownerId,
  n.ownerIdentifier,
  n.ownerName,
  n.ownerDailyCapacity,
  n.priorityId,
  n.priorityName,
  n.prioritySort,
  n.priorityLevel,
  n.serviceLocationId,
  n.serviceLocationName,
  n.sourceId,
  n.sourceName,
  n.requiredDate,
  n.budgetHours,
  n.opportunityId,
  n.opportunityName,
  n.agreementId,
  n.agreementName,
  n.agreementType_1,
  n.agreementChargeFirmFlag,
  n.agreementType,
  n.severity,
  n.impact,
  n.externalXRef,
  n.poNumber,
  n.knowledgeBaseCategoryId,
  n.knowledgeBaseSubCategoryId,
  n.allowAllClientsPortalView,
  n.customerUpdatedFlag,
  n.automaticEmailContactFlag,
  n.automaticEmailResourceFlag,
  n.automaticEmailCcFlag,
  n.automaticEmailCc,
  n.initialDescription,
  n.initialInternalAnalysis,
  n.initialResolution,
  n.initialDescriptionFrom,
  n.contactEmailLookup,
  n.processNotifications,
  n.skipCallback,
  n.closedDate,
  n.closedBy,
  n.closedFlag,
  n.actualHours,
  n.approved,
  n.estimatedExpenseCost,
  n.estimatedExpenseRevenue,
  n.estimatedProductCost,
  n.estimatedProductRevenue,
  n.estimatedTimeCost,
  n.estimatedTimeRevenue,
  n.billingMethod,
  n.billingAmount,
  n.hourlyRate,
  n.subBillingMethod,
  n.subBillingAmount,
  n.subDateAccepted,
  n.dateResolved,
  n.dateResplan,
  n.dateResponded,
  n.resolveMinutes,
  n.resPlanMinutes,
  n.respondMinutes,
  n.isInSla,
  n.knowledgeBaseLinkId,
  n.resources,
  n.parentTicketId,
  n.hasChildTicket,
  n.hasMergedChildTicketFlag,
  n.knowledgeBaseLinkType,
  n.billTime,
  n.billExpenses,
  n.billProducts,
  n.predecessorType,
  n.predecessorId,
  n.predecessorClosedFlag,
  n.lagDays,
  n.lagNonworkingDaysFlag,
  n.estimatedStartDate,
  n.duration,
  n.locationId,
  n.locationName,
  n.departmentId,
  n.departmentIdentifier,
  n.departmentName,
  n.mobileGuid,
  n.slaId,
  n.slaName,
  n.slaStatus,
  n.requestForChangeFlag,
  n.currencyId,
  n.currencySymbol,
  n.currencyCurrencyCode,
  n.currencyDecimalSeparator,
  n.currencyNumberOfDecimals,
  n.currencyThousandsSeparator,
  n.currencyNegativeParenthesesFlag,
  n.currencyDisplaySymbolFlag,
  n.currencyCurrencyIdentifier,
  n.currencyDisplayIdFlag,
  n.currencyRightAlign,
  n.currencyName,
  n.mergedParentTicketId,
  n.mergedParentTicketSummary,
  n.integratorTags,
  n.escalationStartDateUTC,
  n.escalationLevel,
  n.minutesBeforeWaiting,
  n.respondedSkippedMinutes,
  n.resplanSkippedMinutes,
  n.respondedHours,
  n.respondedBy,
  n.resplanHours,
  n.resplanBy,
  n.resolutionHours,
  n.resolvedBy,
  n.minutesWaiting,
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
FULL OUTER JOIN silver.cw_ticket AS o ON o.id = n.id
WHERE n.id IS NULL OR o.id IS NULL OR NOT (
  n.summary <=> o.summary AND
  n.recordType <=> o.recordType AND
  n.boardId <=> o.boardId AND
  n.boardName <=> o.boardName AND
  n.statusId <=> o.statusId AND
  n.statusName <=> o.statusName AND
  n.statusSort <=> o.statusSort AND
  n.workRoleId <=> o.workRoleId AND
  n.workRoleName <=> o.workRoleName AND
  n.workTypeId <=> o.workTypeId AND
  n.workTypeName <=> o.workTypeName AND
  n.workTypeUtilizationFlag <=> o.workTypeUtilizationFlag AND
  n.companyId <=> o.companyId AND
  n.companyIdentifier <=> o.companyIdentifier AND
  n.companyName <=> o.companyName AND
  n.siteId <=> o.siteId AND
  n.siteName_1 <=> o.siteName_1 AND
  n.siteName <=> o.siteName AND
  n.addressLine1 <=> o.addressLine1 AND
  n.addressLine2 <=> o.addressLine2 AND
  n.city <=> o.city AND
  n.stateIdentifier <=> o.stateIdentifier AND
  n.zip <=> o.zip AND
  n.countryId <=> o.countryId AND
  n.countryIdentifier <=> o.countryIdentifier AND
  n.countryName <=> o.countryName AND
  n.contactId <=> o.contactId AND
  n.contactName_1 <=> o.contactName_1 AND
  n.contactName <=> o.contactName AND
  n.contactPhoneNumber <=> o.contactPhoneNumber AND
  n.contactPhoneExtension <=> o.contactPhoneExtension AND
  n.contactEmailAddress <=> o.contactEmailAddress AND
  n.typeId <=> o.typeId AND
  n.typeName <=> o.typeName AND
  n.subTypeId <=> o.subTypeId AND
  n.subTypeName <=> o.subTypeName AND
  n.itemId <=> o.itemId AND
  n.itemName <=> o.itemName AND
  n.teamId <=> o.teamId AND
  n.teamName <=> o.teamName AND
  n.ownerId <=> o.ownerId AND
  n.ownerIdentifier <=> o.ownerIdentifier AND
  n.ownerName <=> o.ownerName AND
  n.ownerDailyCapacity <=> o.ownerDailyCapacity AND
  n.priorityId <=> o.priorityId AND
  n.priorityName <=> o.priorityName AND
  n.prioritySort <=> o.prioritySort AND
  n.priorityLevel <=> o.priorityLevel AND
  n.serviceLocationId <=> o.serviceLocationId AND
  n.serviceLocationName <=> o.serviceLocationName AND
  n.sourceId <=> o.sourceId AND
  n.sourceName <=> o.sourceName AND
  n.requiredDate <=> o.requiredDate AND
  n.budgetHours <=> o.budgetHours AND
  n.opportunityId <=> o.opportunityId AND
  n.opportunityName <=> o.opportunityName AND
  n.agreementId <=> o.agreementId AND
  n.agreementName <=> o.agreementName AND
  n.agreementType_1 <=> o.agreementType_1 AND
  n.agreementChargeFirmFlag <=> o.agreementChargeFirmFlag AND
  n.agreementType <=> o.agreementType AND
  n.severity <=> o.severity AND
  n.impact <=> o.impact AND
  n.externalXRef <=> o.externalXRef AND
  n.poNumber <=> o.poNumber AND
  n.knowledgeBaseCategoryId <=> o.knowledgeBaseCategoryId AND
  n.knowledgeBaseSubCategoryId <=> o.knowledgeBaseSubCategoryId AND
  n.allowAllClientsPortalView <=> o.allowAllClientsPortalView AND
  n.customerUpdatedFlag <=> o.customerUpdatedFlag AND
  n.automaticEmailContactFlag <=> o.automaticEmailContactFlag AND
  n.automaticEmailResourceFlag <=> o.automaticEmailResourceFlag AND
  n.automaticEmailCcFlag <=> o.automaticEmailCcFlag AND
  n.automaticEmailCc <=> o.automaticEmailCc AND
  n.initialDescription <=> o.initialDescription AND
  n.initialInternalAnalysis <=> o.initialInternalAnalysis AND
  n.initialResolution <=> o.initialResolution AND
  n.initialDescriptionFrom <=> o.initialDescriptionFrom AND
  n.contactEmailLookup <=> o.contactEmailLookup AND
  n.processNotifications <=> o.processNotifications AND
  n.skipCallback <=> o.skipCallback AND
  n.closedDate <=> o.closedDate AND
  n.closedBy <=> o.closedBy AND
  n.closedFlag <=> o.closedFlag AND
  n.actualHours <=> o.actualHours AND
  n.approved <=> o.approved AND
  n.estimatedExpenseCost <=> o.estimatedExpenseCost AND
  n.estimatedExpenseRevenue <=> o.estimatedExpenseRevenue AND
  n.estimatedProductCost <=> o.estimatedProductCost AND
  n.estimatedProductRevenue <=> o.estimatedProductRevenue AND
  n.estimatedTimeCost <=> o.estimatedTimeCost AND
  n.estimatedTimeRevenue <=> o.estimatedTimeRevenue AND
  n.billingMethod <=> o.billingMethod AND
  n.billingAmount <=> o.billingAmount AND
  n.hourlyRate <=> o.hourlyRate AND
  n.subBillingMethod <=> o.subBillingMethod AND
  n.subBillingAmount <=> o.subBillingAmount AND
  n.subDateAccepted <=> o.subDateAccepted AND
  n.dateResolved <=> o.dateResolved AND
  n.dateResplan <=> o.dateResplan AND
  n.dateResponded <=> o.dateResponded AND
  n.resolveMinutes <=> o.resolveMinutes AND
  n.resPlanMinutes <=> o.resPlanMinutes AND
  n.respondMinutes <=> o.respondMinutes AND
  n.isInSla <=> o.isInSla AND
  n.knowledgeBaseLinkId <=> o.knowledgeBaseLinkId AND
  n.resources <=> o.resources AND
  n.parentTicketId <=> o.parentTicketId AND
  n.hasChildTicket <=> o.hasChildTicket AND
  n.hasMergedChildTicketFlag <=> o.hasMergedChildTicketFlag AND
  n.knowledgeBaseLinkType <=> o.knowledgeBaseLinkType AND
  n.billTime <=> o.billTime AND
  n.billExpenses <=> o.billExpenses AND
  n.billProducts <=> o.billProducts AND
  n.predecessorType <=> o.predecessorType AND
  n.predecessorId <=> o.predecessorId AND
  n.predecessorClosedFlag <=> o.predecessorClosedFlag AND
  n.lagDays <=> o.lagDays AND
  n.lagNonworkingDaysFlag <=> o.lagNonworkingDaysFlag AND
  n.estimatedStartDate <=> o.estimatedStartDate AND
  n.duration <=> o.duration AND
  n.locationId <=> o.locationId AND
  n.locationName <=> o.locationName AND
  n.departmentId <=> o.departmentId AND
  n.departmentIdentifier <=> o.departmentIdentifier AND
  n.departmentName <=> o.departmentName AND
  n.mobileGuid <=> o.mobileGuid AND
  n.slaId <=> o.slaId AND
  n.slaName <=> o.slaName AND
  n.slaStatus <=> o.slaStatus AND
  n.requestForChangeFlag <=> o.requestForChangeFlag AND
  n.currencyId <=> o.currencyId AND
  n.currencySymbol <=> o.currencySymbol AND
  n.currencyCurrencyCode <=> o.currencyCurrencyCode AND
  n.currencyDecimalSeparator <=> o.currencyDecimalSeparator AND
  n.currencyNumberOfDecimals <=> o.currencyNumberOfDecimals AND
  n.currencyThousandsSeparator <=> o.currencyThousandsSeparator AND
  n.currencyNegativeParenthesesFlag <=> o.currencyNegativeParenthesesFlag AND
  n.currencyDisplaySymbolFlag <=> o.currencyDisplaySymbolFlag AND
  n.currencyCurrencyIdentifier <=> o.currencyCurrencyIdentifier AND
  n.currencyDisplayIdFlag <=> o.currencyDisplayIdFlag AND
  n.currencyRightAlign <=> o.currencyRightAlign AND
  n.currencyName <=> o.currencyName AND
  n.mergedParentTicketId <=> o.mergedParentTicketId AND
  n.mergedParentTicketSummary <=> o.mergedParentTicketSummary AND
  n.integratorTags <=> o.integratorTags AND
  n.escalationStartDateUTC <=> o.escalationStartDateUTC AND
  n.escalationLevel <=> o.escalationLevel AND
  n.minutesBeforeWaiting <=> o.minutesBeforeWaiting AND
  n.respondedSkippedMinutes <=> o.respondedSkippedMinutes AND
  n.resplanSkippedMinutes <=> o.resplanSkippedMinutes AND
  n.respondedHours <=> o.respondedHours AND
  n.respondedBy <=> o.respondedBy AND
  n.resplanHours <=> o.resplanHours AND
  n.resplanBy <=> o.resplanBy AND
  n.resolutionHours <=> o.resolutionHours AND
  n.resolvedBy <=> o.resolvedBy AND
  n.minutesWaiting <=> o.minutesWaiting AND
  n.customFields <=> o.customFields AND
  n.infoLastUpdated <=> o.infoLastUpdated AND
  n.infoUpdatedBy <=> o.infoUpdatedBy AND
  n.infoDateEntered <=> o.infoDateEntered AND
  n.infoEnteredBy <=> o.infoEnteredBy AND
  n._etl_deleted_at <=> o._etl_deleted_at
);
MERGE INTO silver.cw_ticket AS t
USING changed AS s
ON t.id = s.id
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  summary = s.summary,
  recordType = s.recordType,
  boardId = s.boardId,
  boardName = s.boardName,
  statusId = s.statusId,
  statusName = s.statusName,
  statusSort = s.statusSort,
  workRoleId = s.workRoleId,
  workRoleName = s.workRoleName,
  workTypeId = s.workTypeId,
  workTypeName = s.workTypeName,
  workTypeUtilizationFlag = s.workTypeUtilizationFlag,
  companyId = s.companyId,
  companyIdentifier = s.companyIdentifier,
  companyName = s.companyName,
  siteId = s.siteId,
  siteName_1 = s.siteName_1,
  siteName = s.siteName,
  addressLine1 = s.addressLine1,
  addressLine2 = s.addressLine2,
  city = s.city,
  stateIdentifier = s.stateIdentifier,
  zip = s.zip,
  countryId = s.countryId,
  countryIdentifier = s.countryIdentifier,
  countryName = s.countryName,
  contactId = s.contactId,
  contactName_1 = s.contactName_1,
  contactName = s.contactName,
  contactPhoneNumber = s.contactPhoneNumber,
  contactPhoneExtension = s.contactPhoneExtension,
  contactEmailAddress = s.contactEmailAddress,
  typeId = s.typeId,
  typeName = s.typeName,
  subTypeId = s.subTypeId,
  subTypeName = s.subTypeName,
  itemId = s.itemId,
  itemName = s.itemName,
  teamId = s.teamId,
  teamName = s.teamName,
  ownerId = s.ownerId,
  ownerIdentifier = s.ownerIdentifier,
  ownerName = s.ownerName,
  ownerDailyCapacity = s.ownerDailyCapacity,
  priorityId = s.priorityId,
  priorityName = s.priorityName,
  prioritySort = s.prioritySort,
  priorityLevel = s.priorityLevel,
  serviceLocationId = s.serviceLocationId,
  serviceLocationName = s.serviceLocationName,
  sourceId = s.sourceId,
  sourceName = s.sourceName,
  requiredDate = s.requiredDate,
  budgetHours = s.budgetHours,
  opportunityId = s.opportunityId,
  opportunityName = s.opportunityName,
  agreementId = s.agreementId,
  agreementName = s.agreementName,
  agreementType_1 = s.agreementType_1,
  agreementChargeFirmFlag = s.agreementChargeFirmFlag,
  agreementType = s.agreementType,
  severity = s.severity,
  impact = s.impact,
  externalXRef = s.externalXRef,
  poNumber = s.poNumber,
  knowledgeBaseCategoryId = s.knowledgeBaseCategoryId,
  knowledgeBaseSubCategoryId = s.knowledgeBaseSubCategoryId,
  allowAllClientsPortalView = s.allowAllClientsPortalView,
  customerUpdatedFlag = s.customerUpdatedFlag,
  automaticEmailContactFlag = s.automaticEmailContactFlag,
  automaticEmailResourceFlag = s.automaticEmailResourceFlag,
  automaticEmailCcFlag = s.automaticEmailCcFlag,
  automaticEmailCc = s.automaticEmailCc,
  initialDescription = s.initialDescription,
  initialInternalAnalysis = s.initialInternalAnalysis,
  initialResolution = s.initialResolution,
  initialDescriptionFrom = s.initialDescriptionFrom,
  contactEmailLookup = s.contactEmailLookup,
  processNotifications = s.processNotifications,
  skipCallback = s.skipCallback,
  closedDate = s.closedDate,
  closedBy = s.closedBy,
  closedFlag = s.closedFlag,
  actualHours = s.actualHours,
  approved = s.approved,
  estimatedExpenseCost = s.estimatedExpenseCost,
  estimatedExpenseRevenue = s.estimatedExpenseRevenue,
  estimatedProductCost = s.estimatedProductCost,
  estimatedProductRevenue = s.estimatedProductRevenue,
  estimatedTimeCost = s.estimatedTimeCost,
  estimatedTimeRevenue = s.estimatedTimeRevenue,
  billingMethod = s.billingMethod,
  billingAmount = s.billingAmount,
  hourlyRate = s.hourlyRate,
  subBillingMethod = s.subBillingMethod,
  subBillingAmount = s.subBillingAmount,
  subDateAccepted = s.subDateAccepted,
  dateResolved = s.dateResolved,
  dateResplan = s.dateResplan,
  dateResponded = s.dateResponded,
  resolveMinutes = s.resolveMinutes,
  resPlanMinutes = s.resPlanMinutes,
  respondMinutes = s.respondMinutes,
  isInSla = s.isInSla,
  knowledgeBaseLinkId = s.knowledgeBaseLinkId,
  resources = s.resources,
  parentTicketId = s.parentTicketId,
  hasChildTicket = s.hasChildTicket,
  hasMergedChildTicketFlag = s.hasMergedChildTicketFlag,
  knowledgeBaseLinkType = s.knowledgeBaseLinkType,
  billTime = s.billTime,
  billExpenses = s.billExpenses,
  billProducts = s.billProducts,
  predecessorType = s.predecessorType,
  predecessorId = s.predecessorId,
  predecessorClosedFlag = s.predecessorClosedFlag,
  lagDays = s.lagDays,
  lagNonworkingDaysFlag = s.lagNonworkingDaysFlag,
  estimatedStartDate = s.estimatedStartDate,
  duration = s.duration,
  locationId = s.locationId,
  locationName = s.locationName,
  departmentId = s.departmentId,
  departmentIdentifier = s.departmentIdentifier,
  departmentName = s.departmentName,
  mobileGuid = s.mobileGuid,
  slaId = s.slaId,
  slaName = s.slaName,
  slaStatus = s.slaStatus,
  requestForChangeFlag = s.requestForChangeFlag,
  currencyId = s.currencyId,
  currencySymbol = s.currencySymbol,
  currencyCurrencyCode = s.currencyCurrencyCode,
  currencyDecimalSeparator = s.currencyDecimalSeparator,
  currencyNumberOfDecimals = s.currencyNumberOfDecimals,
  currencyThousandsSeparator = s.currencyThousandsSeparator,
  currencyNegativeParenthesesFlag = s.currencyNegativeParenthesesFlag,
  currencyDisplaySymbolFlag = s.currencyDisplaySymbolFlag,
  currencyCurrencyIdentifier = s.currencyCurrencyIdentifier,
  currencyDisplayIdFlag = s.currencyDisplayIdFlag,
  currencyRightAlign = s.currencyRightAlign,
  currencyName = s.currencyName,
  mergedParentTicketId = s.mergedParentTicketId,
  mergedParentTicketSummary = s.mergedParentTicketSummary,
  integratorTags = s.integratorTags,
  escalationStartDateUTC = s.escalationStartDateUTC,
  escalationLevel = s.escalationLevel,
  minutesBeforeWaiting = s.minutesBeforeWaiting,
  respondedSkippedMinutes = s.respondedSkippedMinutes,
  resplanSkippedMinutes = s.resplanSkippedMinutes,
  respondedHours = s.respondedHours,
  respondedBy = s.respondedBy,
  resplanHours = s.resplanHours,
  resplanBy = s.resplanBy,
  resolutionHours = s.resolutionHours,
  resolvedBy = s.resolvedBy,
  minutesWaiting = s.minutesWaiting,
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
  summary,
  recordType,
  boardId,
  boardName,
  statusId,
  statusName,
  statusSort,
  workRoleId,
  workRoleName,
  workTypeId,
  workTypeName,
  workTypeUtilizationFlag,
  companyId,
  companyIdentifier,
  companyName,
  siteId,
  siteName_1,
  siteName,
  addressLine1,
  addressLine2,
  city,
  stateIdentifier,
  zip,
  countryId,
  countryIdentifier,
  countryName,
  contactId,
  contactName_1,
  contactName,
  contactPhoneNumber,
  contactPhoneExtension,
  contactEmailAddress,
  typeId,
  typeName,
  subTypeId,
  subTypeName,
  itemId,
  itemName,
  teamId,
  teamName,
  ownerId,
  ownerIdentifier,
  ownerName,
  ownerDailyCapacity,
  priorityId,
  priorityName,
  prioritySort,
  priorityLevel,
  serviceLocationId,
  serviceLocationName,
  sourceId,
  sourceName,
  requiredDate,
  budgetHours,
  opportunityId,
  opportunityName,
  agreementId,
  agreementName,
  agreementType_1,
  agreementChargeFirmFlag,
  agreementType,
  severity,
  impact,
  externalXRef,
  poNumber,
  knowledgeBaseCategoryId,
  knowledgeBaseSubCategoryId,
  allowAllClientsPortalView,
  customerUpdatedFlag,
  automaticEmailContactFlag,
  automaticEmailResourceFlag,
  automaticEmailCcFlag,
  automaticEmailCc,
  initialDescription,
  initialInternalAnalysis,
  initialResolution,
  initialDescriptionFrom,
  contactEmailLookup,
  processNotifications,
  skipCallback,
  closedDate,
  closedBy,
  closedFlag,
  actualHours,
  approved,
  estimatedExpenseCost,
  estimatedExpenseRevenue,
  estimatedProductCost,
  estimatedProductRevenue,
  estimatedTimeCost,
  estimatedTimeRevenue,
  billingMethod,
  billingAmount,
  hourlyRate,
  subBillingMethod,
  subBillingAmount,
  subDateAccepted,
  dateResolved,
  dateResplan,
  dateResponded,
  resolveMinutes,
  resPlanMinutes,
  respondMinutes,
  isInSla,
  knowledgeBaseLinkId,
  resources,
  parentTicketId,
  hasChildTicket,
  hasMergedChildTicketFlag,
  knowledgeBaseLinkType,
  billTime,
  billExpenses,
  billProducts,
  predecessorType,
  predecessorId,
  predecessorClosedFlag,
  lagDays,
  lagNonworkingDaysFlag,
  estimatedStartDate,
  duration,
  locationId,
  locationName,
  departmentId,
  departmentIdentifier,
  departmentName,
  mobileGuid,
  slaId,
  slaName,
  slaStatus,
  requestForChangeFlag,
  currencyId,
  currencySymbol,
  currencyCurrencyCode,
  currencyDecimalSeparator,
  currencyNumberOfDecimals,
  currencyThousandsSeparator,
  currencyNegativeParenthesesFlag,
  currencyDisplaySymbolFlag,
  currencyCurrencyIdentifier,
  currencyDisplayIdFlag,
  currencyRightAlign,
  currencyName,
  mergedParentTicketId,
  mergedParentTicketSummary,
  integratorTags,
  escalationStartDateUTC,
  escalationLevel,
  minutesBeforeWaiting,
  respondedSkippedMinutes,
  resplanSkippedMinutes,
  respondedHours,
  respondedBy,
  resplanHours,
  resplanBy,
  resolutionHours,
  resolvedBy,
  minutesWaiting,
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
  s.summary,
  s.recordType,
  s.boardId,
  s.boardName,
  s.statusId,
  s.statusName,
  s.statusSort,
  s.workRoleId,
  s.workRoleName,
  s.workTypeId,
  s.workTypeName,
  s.workTypeUtilizationFlag,
  s.companyId,
  s.companyIdentifier,
  s.companyName,
  s.siteId,
  s.siteName_1,
  s.siteName,
  s.addressLine1,
  s.addressLine2,
  s.city,
  s.stateIdentifier,
  s.zip,
  s.countryId,
  s.countryIdentifier,
  s.countryName,
  s.contactId,
  s.contactName_1,
  s.contactName,
  s.contactPhoneNumber,
  s.contactPhoneExtension,
  s.contactEmailAddress,
  s.typeId,
  s.typeName,
  s.subTypeId,
  s.subTypeName,
  s.itemId,
  s.itemName,
  s.teamId,
  s.teamName,
  s.ownerId,
  s.ownerIdentifier,
  s.ownerName,
  s.ownerDailyCapacity,
  s.priorityId,
  s.priorityName,
  s.prioritySort,
  s.priorityLevel,
  s.serviceLocationId,
  s.serviceLocationName,
  s.sourceId,
  s.sourceName,
  s.requiredDate,
  s.budgetHours,
  s.opportunityId,
  s.opportunityName,
  s.agreementId,
  s.agreementName,
  s.agreementType_1,
  s.agreementChargeFirmFlag,
  s.agreementType,
  s.severity,
  s.impact,
  s.externalXRef,
  s.poNumber,
  s.knowledgeBaseCategoryId,
  s.knowledgeBaseSubCategoryId,
  s.allowAllClientsPortalView,
  s.customerUpdatedFlag,
  s.automaticEmailContactFlag,
  s.automaticEmailResourceFlag,
  s.automaticEmailCcFlag,
  s.automaticEmailCc,
  s.initialDescription,
  s.initialInternalAnalysis,
  s.initialResolution,
  s.initialDescriptionFrom,
  s.contactEmailLookup,
  s.processNotifications,
  s.skipCallback,
  s.closedDate,
  s.closedBy,
  s.closedFlag,
  s.actualHours,
  s.approved,
  s.estimatedExpenseCost,
  s.estimatedExpenseRevenue,
  s.estimatedProductCost,
  s.estimatedProductRevenue,
  s.estimatedTimeCost,
  s.estimatedTimeRevenue,
  s.billingMethod,
  s.billingAmount,
  s.hourlyRate,
  s.subBillingMethod,
  s.subBillingAmount,
  s.subDateAccepted,
  s.dateResolved,
  s.dateResplan,
  s.dateResponded,
  s.resolveMinutes,
  s.resPlanMinutes,
  s.respondMinutes,
  s.isInSla,
  s.knowledgeBaseLinkId,
  s.resources,
  s.parentTicketId,
  s.hasChildTicket,
  s.hasMergedChildTicketFlag,
  s.knowledgeBaseLinkType,
  s.billTime,
  s.billExpenses,
  s.billProducts,
  s.predecessorType,
  s.predecessorId,
  s.predecessorClosedFlag,
  s.lagDays,
  s.lagNonworkingDaysFlag,
  s.estimatedStartDate,
  s.duration,
  s.locationId,
  s.locationName,
  s.departmentId,
  s.departmentIdentifier,
  s.departmentName,
  s.mobileGuid,
  s.slaId,
  s.slaName,
  s.slaStatus,
  s.requestForChangeFlag,
  s.currencyId,
  s.currencySymbol,
  s.currencyCurrencyCode,
  s.currencyDecimalSeparator,
  s.currencyNumberOfDecimals,
  s.currencyThousandsSeparator,
  s.currencyNegativeParenthesesFlag,
  s.currencyDisplaySymbolFlag,
  s.currencyCurrencyIdentifier,
  s.currencyDisplayIdFlag,
  s.currencyRightAlign,
  s.currencyName,
  s.mergedParentTicketId,
  s.mergedParentTicketSummary,
  s.integratorTags,
  s.escalationStartDateUTC,
  s.escalationLevel,
  s.minutesBeforeWaiting,
  s.respondedSkippedMinutes,
  s.resplanSkippedMinutes,
  s.respondedHours,
  s.respondedBy,
  s.resplanHours,
  s.resplanBy,
  s.resolutionHours,
  s.resolvedBy,
  s.minutesWaiting,
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

steps.append({"layer": "silver", "table": "cw_ticket_customfields", "bronze": "cw_ticket", "select": r"""
-- @generated by `cargo codegen generate` from /components/schemas/Ticket. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
-- and what stands for the run below: SET processedAt = 2026-06-15T02:00:00.000000Z, SET batchId = …
SELECT
  e.parentId,
  CAST(e.listIndex AS BIGINT) AS listIndex,
  e.item.id,
  e.item.caption,
  e.item.type,
  e.item.entryMethod,
  e.item.numberOfDecimals,
  e.item.value,
  e.item.connectWiseId,
  TIMESTAMP '${processedAt}' AS _etl_processed_at,
  'connectwise' AS _etl_source,
  '${batchId}' AS _etl_batch_id,
  e.etlDeletedAt AS _etl_deleted_at
FROM (
  SELECT b.id AS parentId, b.etlDeletedAt, posexplode(b.customFields) AS (listIndex, item)
  FROM bronze.cw_ticket AS b
) AS e
WHERE e.item IS NOT NULL
""", "merge": r"""
-- @generated by `cargo codegen generate` from /components/schemas/Ticket. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS silver.cw_ticket_customfields (
  parentId BIGINT NOT NULL,
  listIndex BIGINT NOT NULL,
  id BIGINT,
  caption STRING,
  type STRING,
  entryMethod STRING,
  numberOfDecimals BIGINT,
  value STRING,
  connectWiseId STRING,
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
  n.type,
  n.entryMethod,
  n.numberOfDecimals,
  n.value,
  n.connectWiseId,
  n._etl_processed_at,
  n._etl_source,
  n._etl_batch_id,
  n._etl_deleted_at,
  n.parentId IS NULL AS _etl_gone
FROM computed AS n
FULL OUTER JOIN silver.cw_ticket_customfields AS o ON o.parentId = n.parentId AND o.listIndex = n.listIndex
WHERE n.parentId IS NULL OR o.parentId IS NULL OR NOT (
  n.id <=> o.id AND
  n.caption <=> o.caption AND
  n.type <=> o.type AND
  n.entryMethod <=> o.entryMethod AND
  n.numberOfDecimals <=> o.numberOfDecimals AND
  n.value <=> o.value AND
  n.connectWiseId <=> o.connectWiseId AND
  n._etl_deleted_at <=> o._etl_deleted_at
);
MERGE INTO silver.cw_ticket_customfields AS t
USING changed AS s
ON t.parentId = s.parentId AND t.listIndex = s.listIndex
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  id = s.id,
  caption = s.caption,
  type = s.type,
  entryMethod = s.entryMethod,
  numberOfDecimals = s.numberOfDecimals,
  value = s.value,
  connectWiseId = s.connectWiseId,
  _etl_processed_at = s._etl_processed_at,
  _etl_source = s._etl_source,
  _etl_batch_id = s._etl_batch_id,
  _etl_deleted_at = s._etl_deleted_at
WHEN NOT MATCHED AND NOT s._etl_gone THEN INSERT (
  parentId,
  listIndex,
  id,
  caption,
  type,
  entryMethod,
  numberOfDecimals,
  value,
  connectWiseId,
  _etl_processed_at,
  _etl_source,
  _etl_batch_id,
  _etl_deleted_at
) VALUES (
  s.parentId,
  s.listIndex,
  s.id,
  s.caption,
  s.type,
  s.entryMethod,
  s.numberOfDecimals,
  s.value,
  s.connectWiseId,
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

steps.append({"layer": "silver", "table": "cw_timeentry", "bronze": "cw_timeentry", "select": r"""
-- @generated by `cargo codegen generate` from /components/schemas/TimeEntry. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
-- and what stands for the run below: SET processedAt = 2026-06-15T02:00:00.000000Z, SET batchId = …
SELECT
  b.id,
  b.company.id AS companyId,
  b.company.identifier AS companyIdentifier,
  b.company.name AS companyName,
  b.companyType,
  b.chargeToId,
  b.chargeToType,
  b.member.id AS memberId,
  b.member.identifier AS memberIdentifier,
  b.member.name AS memberName,
  b.member.dailyCapacity AS memberDailyCapacity,
  b.locationId,
  b.businessUnitId,
  b.businessGroupDesc,
  b.location.id AS locationId_1,
  b.location.name AS locationName_1,
  b.department.id AS departmentId,
  b.department.name AS departmentName,
  b.workType.id AS workTypeId,
  b.workType.name AS workTypeName,
  b.workType.utilizationFlag AS workTypeUtilizationFlag,
  b.workRole.id AS workRoleId,
  b.workRole.name AS workRoleName,
  b.agreement.id AS agreementId,
  b.agreement.name AS agreementName,
  b.agreement.type AS agreementType_1,
  b.agreement.chargeFirmFlag AS agreementChargeFirmFlag,
  b.agreementType,
  b.activity.id AS activityId,
  b.activity.name AS activityName,
  b.opportunityRecid,
  b.projectActivity,
  b.territory,
  b.timeStart,
  b.timeEnd,
  b.hoursDeduct,
  b.actualHours,
  b.billableOption,
  b.notes,
  b.internalNotes,
  b.addToDetailDescriptionFlag,
  b.addToInternalAnalysisFlag,
  b.addToResolutionFlag,
  b.emailResourceFlag,
  b.emailContactFlag,
  b.emailCcFlag,
  b.emailCc,
  b.hoursBilled,
  b.invoiceHours,
  b.hourlyCost,
  b.enteredBy,
  b.dateEntered,
  b.invoice.id AS invoiceId,
  b.invoice.identifier AS invoiceIdentifier,
  b.invoice.billingType AS invoiceBillingType,
  b.invoice.applyToType AS invoiceApplyToType,
  b.invoice.invoiceDate AS invoiceInvoiceDate,
  b.invoice.chargeFirmFlag AS invoiceChargeFirmFlag,
  b.mobileGuid,
  b.hourlyRate,
  b.overageRate,
  b.agreementHours,
  b.agreementAmount,
  b.agreementAdjustment,
  b.adjustment,
  b.invoiceReady,
  b.timeSheet.id AS timeSheetId,
  b.timeSheet.name AS timeSheetName,
  b.status,
  b.ticket.id AS ticketId,
  b.ticket.summary AS ticketSummary,
  b.project.id AS projectId,
  b.project.name AS projectName,
  b.phase.id AS phaseId,
  b.phase.name AS phaseName,
  b.ticketBoard,
  b.ticketStatus,
  b.ticketType,
  b.ticketSubType,
  b.invoiceFlag,
  b.extendedInvoiceAmount,
  b.locationName,
  b.taxCode.id AS taxCodeId,
  b.taxCode.name AS taxCodeName,
  transform(b.customFields, x0 -> CASE WHEN x0 IS NOT NULL THEN named_struct('id', x0.id, 'caption', x0.caption, 'type', x0.type, 'entryMethod', x0.entryMethod, 'numberOfDecimals', x0.numberOfDecimals, 'value', x0.value, 'connectWiseId', x0.connectWiseId) END) AS customFields,
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
  FROM bronze.cw_timeentry AS r
) AS b
""", "merge": r"""
-- @generated by `cargo codegen generate` from /components/schemas/TimeEntry. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS silver.cw_timeentry (
  id BIGINT NOT NULL,
  companyId BIGINT,
  companyIdentifier STRING,
  companyName STRING,
  companyType STRING,
  chargeToId BIGINT,
  chargeToType STRING,
  memberId BIGINT,
  memberIdentifier STRING,
  memberName STRING,
  memberDailyCapacity DOUBLE,
  locationId BIGINT,
  businessUnitId BIGINT,
  businessGroupDesc STRING,
  locationId_1 BIGINT,
  locationName_1 STRING,
  departmentId BIGINT,
  departmentName STRING,
  workTypeId BIGINT,
  workTypeName STRING,
  workTypeUtilizationFlag BOOLEAN,
  workRoleId BIGINT,
  workRoleName STRING,
  agreementId BIGINT,
  agreementName STRING,
  agreementType_1 STRING,
  agreementChargeFirmFlag BOOLEAN,
  agreementType STRING,
  activityId BIGINT,
  activityName STRING,
  opportunityRecid BIGINT,
  projectActivity STRING,
  territory STRING,
  timeStart TIMESTAMP,
  timeEnd TIMESTAMP,
  hoursDeduct DOUBLE,
  actualHours DOUBLE,
  billableOption STRING,
  notes STRING,
  internalNotes STRING,
  addToDetailDescriptionFlag BOOLEAN,
  addToInternalAnalysisFlag BOOLEAN,
  addToResolutionFlag BOOLEAN,
  emailResourceFlag BOOLEAN,
  emailContactFlag BOOLEAN,
  emailCcFlag BOOLEAN,
  emailCc STRING,
  hoursBilled DOUBLE,
  invoiceHours DOUBLE,
  hourlyCost STRING,
  enteredBy STRING,
  dateEntered TIMESTAMP,
  invoiceId BIGINT,
  invoiceIdentifier STRING,
  invoiceBillingType STRING,
  invoiceApplyToType STRING,
  invoiceInvoiceDate STRING,
  invoiceChargeFirmFlag BOOLEAN,
  mobileGuid STRING,
  hourlyRate DOUBLE,
  overageRate DOUBLE,
  agreementHours DOUBLE,
  agreementAmount DOUBLE,
  agreementAdjustment DOUBLE,
  adjustment DOUBLE,
  invoiceReady BIGINT,
  timeSheetId BIGINT,
  timeSheetName STRING,
  status STRING,
  ticketId BIGINT,
  ticketSummary STRING,
  projectId BIGINT,
  projectName STRING,
  phaseId BIGINT,
  phaseName STRING,
  ticketBoard STRING,
  ticketStatus STRING,
  ticketType STRING,
  ticketSubType STRING,
  invoiceFlag BOOLEAN,
  extendedInvoiceAmount DOUBLE,
  locationName STRING,
  taxCodeId BIGINT,
  taxCodeName STRING,
  customFields ARRAY<STRUCT<id: BIGINT, caption: STRING, type: STRING, entryMethod: STRING, numberOfDecimals: BIGINT, value: STRING, connectWiseId: STRING>>,
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
  n.companyId,
  n.companyIdentifier,
  n.companyName,
  n.companyType,
  n.chargeToId,
  n.chargeToType,
  n.memberId,
  n.memberIdentifier,
  n.memberName,
  n.memberDailyCapacity,
  n.locationId,
  n.businessUnitId,
  n.businessGroupDesc,
  n.locationId_1,
  n.locationName_1,
  n.departmentId,
  n.departmentName,
  n.workTypeId,
  n.workTypeName,
  n.workTypeUtilizationFlag,
  n.workRoleId,
  n.workRoleName,
  n.agreementId,
  n.agreementName,
  n.agreementType_1,
  n.agreementChargeFirmFlag,
  n.agreementType,
  n.activityId,
  n.activityName,
  n.opportunityRecid,
  n.projectActivity,
  n.territory,
  n.timeStart,
  n.timeEnd,
  n.hoursDeduct,
  n.actualHours,
  n.billableOption,
  n.notes,
  n.internalNotes,
  n.addToDetailDescriptionFlag,
  n.addToInternalAnalysisFlag,
  n.addToResolutionFlag,
  n.emailResourceFlag,
  n.emailContactFlag,
  n.emailCcFlag,
  n.emailCc,
  n.hoursBilled,
  n.invoiceHours,
  n.hourlyCost,
  n.enteredBy,
  n.dateEntered,
  n.invoiceId,
  n.invoiceIdentifier,
  n.invoiceBillingType,
  n.invoiceApplyToType,
  n.invoiceInvoiceDate,
  n.invoiceChargeFirmFlag,
  n.mobileGuid,
  n.hourlyRate,
  n.overageRate,
  n.agreementHours,
  n.agreementAmount,
  n.agreementAdjustment,
  n.adjustment,
  n.invoiceReady,
  n.timeSheetId,
  n.timeSheetName,
  n.status,
  n.ticketId,
  n.ticketSummary,
  n.projectId,
  n.projectName,
  n.phaseId,
  n.phaseName,
  n.ticketBoard,
  n.ticketStatus,
  n.ticketType,
  n.ticketSubType,
  n.invoiceFlag,
  n.extendedInvoiceAmount,
  n.locationName,
  n.taxCodeId,
  n.taxCodeName,
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
FULL OUTER JOIN silver.cw_timeentry AS o ON o.id = n.id
WHERE n.id IS NULL OR o.id IS NULL OR NOT (
  n.companyId <=> o.companyId AND
  n.companyIdentifier <=> o.companyIdentifier AND
  n.companyName <=> o.companyName AND
  n.companyType <=> o.companyType AND
  n.chargeToId <=> o.chargeToId AND
  n.chargeToType <=> o.chargeToType AND
  n.memberId <=> o.memberId AND
  n.memberIdentifier <=> o.memberIdentifier AND
  n.memberName <=> o.memberName AND
  n.memberDailyCapacity <=> o.memberDailyCapacity AND
  n.locationId <=> o.locationId AND
  n.businessUnitId <=> o.businessUnitId AND
  n.businessGroupDesc <=> o.businessGroupDesc AND
  n.locationId_1 <=> o.locationId_1 AND
  n.locationName_1 <=> o.locationName_1 AND
  n.departmentId <=> o.departmentId AND
  n.departmentName <=> o.departmentName AND
  n.workTypeId <=> o.workTypeId AND
  n.workTypeName <=> o.workTypeName AND
  n.workTypeUtilizationFlag <=> o.workTypeUtilizationFlag AND
  n.workRoleId <=> o.workRoleId AND
  n.workRoleName <=> o.workRoleName AND
  n.agreementId <=> o.agreementId AND
  n.agreementName <=> o.agreementName AND
  n.agreementType_1 <=> o.agreementType_1 AND
  n.agreementChargeFirmFlag <=> o.agreementChargeFirmFlag AND
  n.agreementType <=> o.agreementType AND
  n.activityId <=> o.activityId AND
  n.activityName <=> o.activityName AND
  n.opportunityRecid <=> o.opportunityRecid AND
  n.projectActivity <=> o.projectActivity AND
  n.territory <=> o.territory AND
  n.timeStart <=> o.timeStart AND
  n.timeEnd <=> o.timeEnd AND
  n.hoursDeduct <=> o.hoursDeduct AND
  n.actualHours <=> o.actualHours AND
  n.billableOption <=> o.billableOption AND
  n.notes <=> o.notes AND
  n.internalNotes <=> o.internalNotes AND
  n.addToDetailDescriptionFlag <=> o.addToDetailDescriptionFlag AND
  n.addToInternalAnalysisFlag <=> o.addToInternalAnalysisFlag AND
  n.addToResolutionFlag <=> o.addToResolutionFlag AND
  n.emailResourceFlag <=> o.emailResourceFlag AND
  n.emailContactFlag <=> o.emailContactFlag AND
  n.emailCcFlag <=> o.emailCcFlag AND
  n.emailCc <=> o.emailCc AND
  n.hoursBilled <=> o.hoursBilled AND
  n.invoiceHours <=> o.invoiceHours AND
  n.hourlyCost <=> o.hourlyCost AND
  n.enteredBy <=> o.enteredBy AND
  n.dateEntered <=> o.dateEntered AND
  n.invoiceId <=> o.invoiceId AND
  n.invoiceIdentifier <=> o.invoiceIdentifier AND
  n.invoiceBillingType <=> o.invoiceBillingType AND
  n.invoiceApplyToType <=> o.invoiceApplyToType AND
  n.invoiceInvoiceDate <=> o.invoiceInvoiceDate AND
  n.invoiceChargeFirmFlag <=> o.invoiceChargeFirmFlag AND
  n.mobileGuid <=> o.mobileGuid AND
  n.hourlyRate <=> o.hourlyRate AND
  n.overageRate <=> o.overageRate AND
  n.agreementHours <=> o.agreementHours AND
  n.agreementAmount <=> o.agreementAmount AND
  n.agreementAdjustment <=> o.agreementAdjustment AND
  n.adjustment <=> o.adjustment AND
  n.invoiceReady <=> o.invoiceReady AND
  n.timeSheetId <=> o.timeSheetId AND
  n.timeSheetName <=> o.timeSheetName AND
  n.status <=> o.status AND
  n.ticketId <=> o.ticketId AND
  n.ticketSummary <=> o.ticketSummary AND
  n.projectId <=> o.projectId AND
  n.projectName <=> o.projectName AND
  n.phaseId <=> o.phaseId AND
  n.phaseName <=> o.phaseName AND
  n.ticketBoard <=> o.ticketBoard AND
  n.ticketStatus <=> o.ticketStatus AND
  n.ticketType <=> o.ticketType AND
  n.ticketSubType <=> o.ticketSubType AND
  n.invoiceFlag <=> o.invoiceFlag AND
  n.extendedInvoiceAmount <=> o.extendedInvoiceAmount AND
  n.locationName <=> o.locationName AND
  n.taxCodeId <=> o.taxCodeId AND
  n.taxCodeName <=> o.taxCodeName AND
  n.customFields <=> o.customFields AND
  n.infoLastUpdated <=> o.infoLastUpdated AND
  n.infoUpdatedBy <=> o.infoUpdatedBy AND
  n.infoDateEntered <=> o.infoDateEntered AND
  n.infoEnteredBy <=> o.infoEnteredBy AND
  n._etl_deleted_at <=> o._etl_deleted_at
);
MERGE INTO silver.cw_timeentry AS t
USING changed AS s
ON t.id = s.id
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  companyId = s.companyId,
  companyIdentifier = s.companyIdentifier,
  companyName = s.companyName,
  companyType = s.companyType,
  chargeToId = s.chargeToId,
  chargeToType = s.chargeToType,
  memberId = s.memberId,
  memberIdentifier = s.memberIdentifier,
  memberName = s.memberName,
  memberDailyCapacity = s.memberDailyCapacity,
  locationId = s.locationId,
  businessUnitId = s.businessUnitId,
  businessGroupDesc = s.businessGroupDesc,
  locationId_1 = s.locationId_1,
  locationName_1 = s.locationName_1,
  departmentId = s.departmentId,
  departmentName = s.departmentName,
  workTypeId = s.workTypeId,
  workTypeName = s.workTypeName,
  workTypeUtilizationFlag = s.workTypeUtilizationFlag,
  workRoleId = s.workRoleId,
  workRoleName = s.workRoleName,
  agreementId = s.agreementId,
  agreementName = s.agreementName,
  agreementType_1 = s.agreementType_1,
  agreementChargeFirmFlag = s.agreementChargeFirmFlag,
  agreementType = s.agreementType,
  activityId = s.activityId,
  activityName = s.activityName,
  opportunityRecid = s.opportunityRecid,
  projectActivity = s.projectActivity,
  territory = s.territory,
  timeStart = s.timeStart,
  timeEnd = s.timeEnd,
  hoursDeduct = s.hoursDeduct,
  actualHours = s.actualHours,
  billableOption = s.billableOption,
  notes = s.notes,
  internalNotes = s.internalNotes,
  addToDetailDescriptionFlag = s.addToDetailDescriptionFlag,
  addToInternalAnalysisFlag = s.addToInternalAnalysisFlag,
  addToResolutionFlag = s.addToResolutionFlag,
  emailResourceFlag = s.emailResourceFlag,
  emailContactFlag = s.emailContactFlag,
  emailCcFlag = s.emailCcFlag,
  emailCc = s.emailCc,
  hoursBilled = s.hoursBilled,
  invoiceHours = s.invoiceHours,
  hourlyCost = s.hourlyCost,
  enteredBy = s.enteredBy,
  dateEntered = s.dateEntered,
  invoiceId = s.invoiceId,
  invoiceIdentifier = s.invoiceIdentifier,
  invoiceBillingType = s.invoiceBillingType,
  invoiceApplyToType = s.invoiceApplyToType,
  invoiceInvoiceDate = s.invoiceInvoiceDate,
  invoiceChargeFirmFlag = s.invoiceChargeFirmFlag,
  mobileGuid = s.mobileGuid,
  hourlyRate = s.hourlyRate,
  overageRate = s.overageRate,
  agreementHours = s.agreementHours,
  agreementAmount = s.agreementAmount,
  agreementAdjustment = s.agreementAdjustment,
  adjustment = s.adjustment,
  invoiceReady = s.invoiceReady,
  timeSheetId = s.timeSheetId,
  timeSheetName = s.timeSheetName,
  status = s.status,
  ticketId = s.ticketId,
  ticketSummary = s.ticketSummary,
  projectId = s.projectId,
  projectName = s.projectName,
  phaseId = s.phaseId,
  phaseName = s.phaseName,
  ticketBoard = s.ticketBoard,
  ticketStatus = s.ticketStatus,
  ticketType = s.ticketType,
  ticketSubType = s.ticketSubType,
  invoiceFlag = s.invoiceFlag,
  extendedInvoiceAmount = s.extendedInvoiceAmount,
  locationName = s.locationName,
  taxCodeId = s.taxCodeId,
  taxCodeName = s.taxCodeName,
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
  companyId,
  companyIdentifier,
  companyName,
  companyType,
  chargeToId,
  chargeToType,
  memberId,
  memberIdentifier,
  memberName,
  memberDailyCapacity,
  locationId,
  businessUnitId,
  businessGroupDesc,
  locationId_1,
  locationName_1,
  departmentId,
  departmentName,
  workTypeId,
  workTypeName,
  workTypeUtilizationFlag,
  workRoleId,
  workRoleName,
  agreementId,
  agreementName,
  agreementType_1,
  agreementChargeFirmFlag,
  agreementType,
  activityId,
  activityName,
  opportunityRecid,
  projectActivity,
  territory,
  timeStart,
  timeEnd,
  hoursDeduct,
  actualHours,
  billableOption,
  notes,
  internalNotes,
  addToDetailDescriptionFlag,
  addToInternalAnalysisFlag,
  addToResolutionFlag,
  emailResourceFlag,
  emailContactFlag,
  emailCcFlag,
  emailCc,
  hoursBilled,
  invoiceHours,
  hourlyCost,
  enteredBy,
  dateEntered,
  invoiceId,
  invoiceIdentifier,
  invoiceBillingType,
  invoiceApplyToType,
  invoiceInvoiceDate,
  invoiceChargeFirmFlag,
  mobileGuid,
  hourlyRate,
  overageRate,
  agreementHours,
  agreementAmount,
  agreementAdjustment,
  adjustment,
  invoiceReady,
  timeSheetId,
  timeSheetName,
  status,
  ticketId,
  ticketSummary,
  projectId,
  projectName,
  phaseId,
  phaseName,
  ticketBoard,
  ticketStatus,
  ticketType,
  ticketSubType,
  invoiceFlag,
  extendedInvoiceAmount,
  locationName,
  taxCodeId,
  taxCodeName,
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
  s.companyId,
  s.companyIdentifier,
  s.companyName,
  s.companyType,
  s.chargeToId,
  s.chargeToType,
  s.memberId,
  s.memberIdentifier,
  s.memberName,
  s.memberDailyCapacity,
  s.locationId,
  s.businessUnitId,
  s.businessGroupDesc,
  s.locationId_1,
  s.locationName_1,
  s.departmentId,
  s.departmentName,
  s.workTypeId,
  s.workTypeName,
  s.workTypeUtilizationFlag,
  s.workRoleId,
  s.workRoleName,
  s.agreementId,
  s.agreementName,
  s.agreementType_1,
  s.agreementChargeFirmFlag,
  s.agreementType,
  s.activityId,
  s.activityName,
  s.opportunityRecid,
  s.projectActivity,
  s.territory,
  s.timeStart,
  s.timeEnd,
  s.hoursDeduct,
  s.actualHours,
  s.billableOption,
  s.notes,
  s.internalNotes,
  s.addToDetailDescriptionFlag,
  s.addToInternalAnalysisFlag,
  s.addToResolutionFlag,
  s.emailResourceFlag,
  s.emailContactFlag,
  s.emailCcFlag,
  s.emailCc,
  s.hoursBilled,
  s.invoiceHours,
  s.hourlyCost,
  s.enteredBy,
  s.dateEntered,
  s.invoiceId,
  s.invoiceIdentifier,
  s.invoiceBillingType,
  s.invoiceApplyToType,
  s.invoiceInvoiceDate,
  s.invoiceChargeFirmFlag,
  s.mobileGuid,
  s.hourlyRate,
  s.overageRate,
  s.agreementHours,
  s.agreementAmount,
  s.agreementAdjustment,
  s.adjustment,
  s.invoiceReady,
  s.timeSheetId,
  s.timeSheetName,
  s.status,
  s.ticketId,
  s.ticketSummary,
  s.projectId,
  s.projectName,
  s.phaseId,
  s.phaseName,
  s.ticketBoard,
  s.ticketStatus,
  s.ticketType,
  s.ticketSubType,
  s.invoiceFlag,
  s.extendedInvoiceAmount,
  s.locationName,
  s.taxCodeId,
  s.taxCodeName,
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

steps.append({"layer": "silver", "table": "cw_timeentry_customfields", "bronze": "cw_timeentry", "select": r"""
-- @generated by `cargo codegen generate` from /components/schemas/TimeEntry. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
-- and what stands for the run below: SET processedAt = 2026-06-15T02:00:00.000000Z, SET batchId = …
SELECT
  e.parentId,
  CAST(e.listIndex AS BIGINT) AS listIndex,
  e.item.id,
  e.item.caption,
  e.item.type,
  e.item.entryMethod,
  e.item.numberOfDecimals,
  e.item.value,
  e.item.connectWiseId,
  TIMESTAMP '${processedAt}' AS _etl_processed_at,
  'connectwise' AS _etl_source,
  '${batchId}' AS _etl_batch_id,
  e.etlDeletedAt AS _etl_deleted_at
FROM (
  SELECT b.id AS parentId, b.etlDeletedAt, posexplode(b.customFields) AS (listIndex, item)
  FROM bronze.cw_timeentry AS b
) AS e
WHERE e.item IS NOT NULL
""", "merge": r"""
-- @generated by `cargo codegen generate` from /components/schemas/TimeEntry. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS silver.cw_timeentry_customfields (
  parentId BIGINT NOT NULL,
  listIndex BIGINT NOT NULL,
  id BIGINT,
  caption STRING,
  type STRING,
  entryMethod STRING,
  numberOfDecimals BIGINT,
  value STRING,
  connectWiseId STRING,
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
  n.type,
  n.entryMethod,
  n.numberOfDecimals,
  n.value,
  n.connectWiseId,
  n._etl_processed_at,
  n._etl_source,
  n._etl_batch_id,
  n._etl_deleted_at,
  n.parentId IS NULL AS _etl_gone
FROM computed AS n
FULL OUTER JOIN silver.cw_timeentry_customfields AS o ON o.parentId = n.parentId AND o.listIndex = n.listIndex
WHERE n.parentId IS NULL OR o.parentId IS NULL OR NOT (
  n.id <=> o.id AND
  n.caption <=> o.caption AND
  n.type <=> o.type AND
  n.entryMethod <=> o.entryMethod AND
  n.numberOfDecimals <=> o.numberOfDecimals AND
  n.value <=> o.value AND
  n.connectWiseId <=> o.connectWiseId AND
  n._etl_deleted_at <=> o._etl_deleted_at
);
MERGE INTO silver.cw_timeentry_customfields AS t
USING changed AS s
ON t.parentId = s.parentId AND t.listIndex = s.listIndex
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  id = s.id,
  caption = s.caption,
  type = s.type,
  entryMethod = s.entryMethod,
  numberOfDecimals = s.numberOfDecimals,
  value = s.value,
  connectWiseId = s.connectWiseId,
  _etl_processed_at = s._etl_processed_at,
  _etl_source = s._etl_source,
  _etl_batch_id = s._etl_batch_id,
  _etl_deleted_at = s._etl_deleted_at
WHEN NOT MATCHED AND NOT s._etl_gone THEN INSERT (
  parentId,
  listIndex,
  id,
  caption,
  type,
  entryMethod,
  numberOfDecimals,
  value,
  connectWiseId,
  _etl_processed_at,
  _etl_source,
  _etl_batch_id,
  _etl_deleted_at
) VALUES (
  s.parentId,
  s.listIndex,
  s.id,
  s.caption,
  s.type,
  s.entryMethod,
  s.numberOfDecimals,
  s.value,
  s.connectWiseId,
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

steps.append({"layer": "silver", "table": "cw_unpostedinvoice", "bronze": "cw_unpostedinvoice", "select": r"""
-- @generated by `cargo codegen generate` from /components/schemas/UnpostedInvoice. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
-- and what stands for the run below: SET processedAt = 2026-06-15T02:00:00.000000Z, SET batchId = …
SELECT
  b.id,
  b.billingLogId,
  b.locationId,
  b.location.id AS locationId_1,
  b.location.name AS locationName,
  b.departmentId,
  b.department.id AS departmentId_1,
  b.department.identifier AS departmentIdentifier,
  b.department.name AS departmentName,
  b.company.id AS companyId,
  b.company.identifier AS companyIdentifier,
  b.company.name AS companyName,
  b.accountNumber,
  b.billToCompany.id AS billToCompanyId,
  b.billToCompany.identifier AS billToCompanyIdentifier,
  b.billToCompany.name AS billToCompanyName,
  b.billToSite.id AS billToSiteId,
  b.billToSite.name AS billToSiteName,
  b.shipToCompany.id AS shipToCompanyId,
  b.shipToCompany.identifier AS shipToCompanyIdentifier,
  b.shipToCompany.name AS shipToCompanyName,
  b.shipToSite.id AS shipToSiteId,
  b.shipToSite.name AS shipToSiteName,
  b.invoiceNumber,
  b.invoiceDate,
  b.invoiceType,
  b.description,
  b.billingTerms.id AS billingTermsId,
  b.billingTerms.name AS billingTermsName,
  b.dueDays,
  b.dueDate,
  b.currency.id AS currencyId,
  b.currency.symbol AS currencySymbol,
  b.currency.currencyCode AS currencyCurrencyCode,
  b.currency.decimalSeparator AS currencyDecimalSeparator,
  b.currency.numberOfDecimals AS currencyNumberOfDecimals,
  b.currency.thousandsSeparator AS currencyThousandsSeparator,
  b.currency.negativeParenthesesFlag AS currencyNegativeParenthesesFlag,
  b.currency.displaySymbolFlag AS currencyDisplaySymbolFlag,
  b.currency.currencyIdentifier AS currencyCurrencyIdentifier,
  b.currency.displayIdFlag AS currencyDisplayIdFlag,
  b.currency.rightAlign AS currencyRightAlign,
  b.currency.name AS currencyName,
  b.subTotal,
  b.total,
  b.hasTime,
  b.hasExpenses,
  b.hasProducts,
  b.invoiceTaxableFlag,
  b.taxCode.id AS taxCodeId,
  b.taxCode.name AS taxCodeName,
  b.avalaraTaxFlag,
  b.itemTaxableFlag,
  b.salesTaxAmount,
  b.stateTaxFlag,
  b.stateTaxXref,
  b.stateTaxAmount,
  b.countyTaxFlag,
  b.countyTaxXref,
  b.countyTaxAmount,
  b.cityTaxFlag,
  b.cityTaxXref,
  b.cityTaxAmount,
  b.countryTaxFlag,
  b.countryTaxXref,
  b.countryTaxAmount,
  b.compositeTaxFlag,
  b.compositeTaxXref,
  b.compositeTaxAmount,
  b.levelSixTaxFlag,
  b.levelSixTaxXref,
  b.levelSixTaxAmount,
  b.createdBy,
  b.dateClosed,
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
  FROM bronze.cw_unpostedinvoice AS r
) AS b
""", "merge": r"""
-- @generated by `cargo codegen generate` from /components/schemas/UnpostedInvoice. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS silver.cw_unpostedinvoice (
  id BIGINT NOT NULL,
  billingLogId BIGINT,
  locationId BIGINT,
  locationId_1 BIGINT,
  locationName STRING,
  departmentId BIGINT,
  departmentId_1 BIGINT,
  departmentIdentifier STRING,
  departmentName STRING,
  companyId BIGINT,
  companyIdentifier STRING,
  companyName STRING,
  accountNumber STRING,
  billToCompanyId BIGINT,
  billToCompanyIdentifier STRING,
  billToCompanyName STRING,
  billToSiteId BIGINT,
  billToSiteName STRING,
  shipToCompanyId BIGINT,
  shipToCompanyIdentifier STRING,
  shipToCompanyName STRING,
  shipToSiteId BIGINT,
  shipToSiteName STRING,
  invoiceNumber STRING,
  invoiceDate STRING,
  invoiceType STRING,
  description STRING,
  billingTermsId BIGINT,
  billingTermsName STRING,
  dueDays STRING,
  dueDate STRING,
  currencyId BIGINT,
  currencySymbol STRING,
  currencyCurrencyCode STRING,
  currencyDecimalSeparator STRING,
  currencyNumberOfDecimals BIGINT,
  currencyThousandsSeparator STRING,
  currencyNegativeParenthesesFlag BOOLEAN,
  currencyDisplaySymbolFlag BOOLEAN,
  currencyCurrencyIdentifier STRING,
  currencyDisplayIdFlag BOOLEAN,
  currencyRightAlign BOOLEAN,
  currencyName STRING,
  subTotal DOUBLE,
  total DOUBLE,
  hasTime BOOLEAN,
  hasExpenses BOOLEAN,
  hasProducts BOOLEAN,
  invoiceTaxableFlag BOOLEAN,
  taxCodeId BIGINT,
  taxCodeName STRING,
  avalaraTaxFlag BOOLEAN,
  itemTaxableFlag BOOLEAN,
  salesTaxAmount DOUBLE,
  stateTaxFlag BOOLEAN,
  stateTaxXref STRING,
  stateTaxAmount DOUBLE,
  countyTaxFlag BOOLEAN,
  countyTaxXref STRING,
  countyTaxAmount DOUBLE,
  cityTaxFlag BOOLEAN,
  cityTaxXref STRING,
  cityTaxAmount DOUBLE,
  countryTaxFlag BOOLEAN,
  countryTaxXref STRING,
  countryTaxAmount DOUBLE,
  compositeTaxFlag BOOLEAN,
  compositeTaxXref STRING,
  compositeTaxAmount DOUBLE,
  levelSixTaxFlag BOOLEAN,
  levelSixTaxXref STRING,
  levelSixTaxAmount DOUBLE,
  createdBy STRING,
  dateClosed STRING,
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
  n.billingLogId,
  n.locationId,
  n.locationId_1,
  n.locationName,
  n.departmentId,
  n.departmentId_1,
  n.departmentIdentifier,
  n.departmentName,
  n.companyId,
  n.companyIdentifier,
  n.companyName,
  n.accountNumber,
  n.billToCompanyId,
  n.billToCompanyIdentifier,
  n.billToCompanyName,
  n.billToSiteId,
  n.billToSiteName,
  n.shipToCompanyId,
  n.shipToCompanyIdentifier,
  n.shipToCompanyName,
  n.shipToSiteId,
  n.shipToSiteName,
  n.invoiceNumber,
  n.invoiceDate,
  n.invoiceType,
  n.description,
  n.billingTermsId,
  n.billingTermsName,
  n.dueDays,
  n.dueDate,
  n.currencyId,
  n.currencySymbol,
  n.currencyCurrencyCode,
  n.currencyDecimalSeparator,
  n.currencyNumberOfDecimals,
  n.currencyThousandsSeparator,
  n.currencyNegativeParenthesesFlag,
  n.currencyDisplaySymbolFlag,
  n.currencyCurrencyIdentifier,
  n.currencyDisplayIdFlag,
  n.currencyRightAlign,
  n.currencyName,
  n.subTotal,
  n.total,
  n.hasTime,
  n.hasExpenses,
  n.hasProducts,
  n.invoiceTaxableFlag,
  n.taxCodeId,
  n.taxCodeName,
  n.avalaraTaxFlag,
  n.itemTaxableFlag,
  n.salesTaxAmount,
  n.stateTaxFlag,
  n.stateTaxXref,
  n.stateTaxAmount,
  n.countyTaxFlag,
  n.countyTaxXref,
  n.countyTaxAmount,
  n.cityTaxFlag,
  n.cityTaxXref,
  n.cityTaxAmount,
  n.countryTaxFlag,
  n.countryTaxXref,
  n.countryTaxAmount,
  n.compositeTaxFlag,
  n.compositeTaxXref,
  n.compositeTaxAmount,
  n.levelSixTaxFlag,
  n.levelSixTaxXref,
  n.levelSixTaxAmount,
  n.createdBy,
  n.dateClosed,
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
FULL OUTER JOIN silver.cw_unpostedinvoice AS o ON o.id = n.id
WHERE n.id IS NULL OR o.id IS NULL OR NOT (
  n.billingLogId <=> o.billingLogId AND
  n.locationId <=> o.locationId AND
  n.locationId_1 <=> o.locationId_1 AND
  n.locationName <=> o.locationName AND
  n.departmentId <=> o.departmentId AND
  n.departmentId_1 <=> o.departmentId_1 AND
  n.departmentIdentifier <=> o.departmentIdentifier AND
  n.departmentName <=> o.departmentName AND
  n.companyId <=> o.companyId AND
  n.companyIdentifier <=> o.companyIdentifier AND
  n.companyName <=> o.companyName AND
  n.accountNumber <=> o.accountNumber AND
  n.billToCompanyId <=> o.billToCompanyId AND
  n.billToCompanyIdentifier <=> o.billToCompanyIdentifier AND
  n.billToCompanyName <=> o.billToCompanyName AND
  n.billToSiteId <=> o.billToSiteId AND
  n.billToSiteName <=> o.billToSiteName AND
  n.shipToCompanyId <=> o.shipToCompanyId AND
  n.shipToCompanyIdentifier <=> o.shipToCompanyIdentifier AND
  n.shipToCompanyName <=> o.shipToCompanyName AND
  n.shipToSiteId <=> o.shipToSiteId AND
  n.shipToSiteName <=> o.shipToSiteName AND
  n.invoiceNumber <=> o.invoiceNumber AND
  n.invoiceDate <=> o.invoiceDate AND
  n.invoiceType <=> o.invoiceType AND
  n.description <=> o.description AND
  n.billingTermsId <=> o.billingTermsId AND
  n.billingTermsName <=> o.billingTermsName AND
  n.dueDays <=> o.dueDays AND
  n.dueDate <=> o.dueDate AND
  n.currencyId <=> o.currencyId AND
  n.currencySymbol <=> o.currencySymbol AND
  n.currencyCurrencyCode <=> o.currencyCurrencyCode AND
  n.currencyDecimalSeparator <=> o.currencyDecimalSeparator AND
  n.currencyNumberOfDecimals <=> o.currencyNumberOfDecimals AND
  n.currencyThousandsSeparator <=> o.currencyThousandsSeparator AND
  n.currencyNegativeParenthesesFlag <=> o.currencyNegativeParenthesesFlag AND
  n.currencyDisplaySymbolFlag <=> o.currencyDisplaySymbolFlag AND
  n.currencyCurrencyIdentifier <=> o.currencyCurrencyIdentifier AND
  n.currencyDisplayIdFlag <=> o.currencyDisplayIdFlag AND
  n.currencyRightAlign <=> o.currencyRightAlign AND
  n.currencyName <=> o.currencyName AND
  n.subTotal <=> o.subTotal AND
  n.total <=> o.total AND
  n.hasTime <=> o.hasTime AND
  n.hasExpenses <=> o.hasExpenses AND
  n.hasProducts <=> o.hasProducts AND
  n.invoiceTaxableFlag <=> o.invoiceTaxableFlag AND
  n.taxCodeId <=> o.taxCodeId AND
  n.taxCodeName <=> o.taxCodeName AND
  n.avalaraTaxFlag <=> o.avalaraTaxFlag AND
  n.itemTaxableFlag <=> o.itemTaxableFlag AND
  n.salesTaxAmount <=> o.salesTaxAmount AND
  n.stateTaxFlag <=> o.stateTaxFlag AND
  n.stateTaxXref <=> o.stateTaxXref AND
  n.stateTaxAmount <=> o.stateTaxAmount AND
  n.countyTaxFlag <=> o.countyTaxFlag AND
  n.countyTaxXref <=> o.countyTaxXref AND
  n.countyTaxAmount <=> o.countyTaxAmount AND
  n.cityTaxFlag <=> o.cityTaxFlag AND
  n.cityTaxXref <=> o.cityTaxXref AND
  n.cityTaxAmount <=> o.cityTaxAmount AND
  n.countryTaxFlag <=> o.countryTaxFlag AND
  n.countryTaxXref <=> o.countryTaxXref AND
  n.countryTaxAmount <=> o.countryTaxAmount AND
  n.compositeTaxFlag <=> o.compositeTaxFlag AND
  n.compositeTaxXref <=> o.compositeTaxXref AND
  n.compositeTaxAmount <=> o.compositeTaxAmount AND
  n.levelSixTaxFlag <=> o.levelSixTaxFlag AND
  n.levelSixTaxXref <=> o.levelSixTaxXref AND
  n.levelSixTaxAmount <=> o.levelSixTaxAmount AND
  n.createdBy <=> o.createdBy AND
  n.dateClosed <=> o.dateClosed AND
  n.infoLastUpdated <=> o.infoLastUpdated AND
  n.infoUpdatedBy <=> o.infoUpdatedBy AND
  n.infoDateEntered <=> o.infoDateEntered AND
  n.infoEnteredBy <=> o.infoEnteredBy AND
  n._etl_deleted_at <=> o._etl_deleted_at
);
MERGE INTO silver.cw_unpostedinvoice AS t
USING changed AS s
ON t.id = s.id
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  billingLogId = s.billingLogId,
  locationId = s.locationId,
  locationId_1 = s.locationId_1,
  locationName = s.locationName,
  departmentId = s.departmentId,
  departmentId_1 = s.departmentId_1,
  departmentIdentifier = s.departmentIdentifier,
  departmentName = s.departmentName,
  companyId = s.companyId,
  companyIdentifier = s.companyIdentifier,
  companyName = s.companyName,
  accountNumber = s.accountNumber,
  billToCompanyId = s.billToCompanyId,
  billToCompanyIdentifier = s.billToCompanyIdentifier,
  billToCompanyName = s.billToCompanyName,
  billToSiteId = s.billToSiteId,
  billToSiteName = s.billToSiteName,
  shipToCompanyId = s.shipToCompanyId,
  shipToCompanyIdentifier = s.shipToCompanyIdentifier,
  shipToCompanyName = s.shipToCompanyName,
  shipToSiteId = s.shipToSiteId,
  shipToSiteName = s.shipToSiteName,
  invoiceNumber = s.invoiceNumber,
  invoiceDate = s.invoiceDate,
  invoiceType = s.invoiceType,
  description = s.description,
  billingTermsId = s.billingTermsId,
  billingTermsName = s.billingTermsName,
  dueDays = s.dueDays,
  dueDate = s.dueDate,
  currencyId = s.currencyId,
  currencySymbol = s.currencySymbol,
  currencyCurrencyCode = s.currencyCurrencyCode,
  currencyDecimalSeparator = s.currencyDecimalSeparator,
  currencyNumberOfDecimals = s.currencyNumberOfDecimals,
  currencyThousandsSeparator = s.currencyThousandsSeparator,
  currencyNegativeParenthesesFlag = s.currencyNegativeParenthesesFlag,
  currencyDisplaySymbolFlag = s.currencyDisplaySymbolFlag,
  currencyCurrencyIdentifier = s.currencyCurrencyIdentifier,
  currencyDisplayIdFlag = s.currencyDisplayIdFlag,
  currencyRightAlign = s.currencyRightAlign,
  currencyName = s.currencyName,
  subTotal = s.subTotal,
  total = s.total,
  hasTime = s.hasTime,
  hasExpenses = s.hasExpenses,
  hasProducts = s.hasProducts,
  invoiceTaxableFlag = s.invoiceTaxableFlag,
  taxCodeId = s.taxCodeId,
  taxCodeName = s.taxCodeName,
  avalaraTaxFlag = s.avalaraTaxFlag,
  itemTaxableFlag = s.itemTaxableFlag,
  salesTaxAmount = s.salesTaxAmount,
  stateTaxFlag = s.stateTaxFlag,
  stateTaxXref = s.stateTaxXref,
  stateTaxAmount = s.stateTaxAmount,
  countyTaxFlag = s.countyTaxFlag,
  countyTaxXref = s.countyTaxXref,
  countyTaxAmount = s.countyTaxAmount,
  cityTaxFlag = s.cityTaxFlag,
  cityTaxXref = s.cityTaxXref,
  cityTaxAmount = s.cityTaxAmount,
  countryTaxFlag = s.countryTaxFlag,
  countryTaxXref = s.countryTaxXref,
  countryTaxAmount = s.countryTaxAmount,
  compositeTaxFlag = s.compositeTaxFlag,
  compositeTaxXref = s.compositeTaxXref,
  compositeTaxAmount = s.compositeTaxAmount,
  levelSixTaxFlag = s.levelSixTaxFlag,
  levelSixTaxXref = s.levelSixTaxXref,
  levelSixTaxAmount = s.levelSixTaxAmount,
  createdBy = s.createdBy,
  dateClosed = s.dateClosed,
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
  billingLogId,
  locationId,
  locationId_1,
  locationName,
  departmentId,
  departmentId_1,
  departmentIdentifier,
  departmentName,
  companyId,
  companyIdentifier,
  companyName,
  accountNumber,
  billToCompanyId,
  billToCompanyIdentifier,
  billToCompanyName,
  billToSiteId,
  billToSiteName,
  shipToCompanyId,
  shipToCompanyIdentifier,
  shipToCompanyName,
  shipToSiteId,
  shipToSiteName,
  invoiceNumber,
  invoiceDate,
  invoiceType,
  description,
  billingTermsId,
  billingTermsName,
  dueDays,
  dueDate,
  currencyId,
  currencySymbol,
  currencyCurrencyCode,
  currencyDecimalSeparator,
  currencyNumberOfDecimals,
  currencyThousandsSeparator,
  currencyNegativeParenthesesFlag,
  currencyDisplaySymbolFlag,
  currencyCurrencyIdentifier,
  currencyDisplayIdFlag,
  currencyRightAlign,
  currencyName,
  subTotal,
  total,
  hasTime,
  hasExpenses,
  hasProducts,
  invoiceTaxableFlag,
  taxCodeId,
  taxCodeName,
  avalaraTaxFlag,
  itemTaxableFlag,
  salesTaxAmount,
  stateTaxFlag,
  stateTaxXref,
  stateTaxAmount,
  countyTaxFlag,
  countyTaxXref,
  countyTaxAmount,
  cityTaxFlag,
  cityTaxXref,
  cityTaxAmount,
  countryTaxFlag,
  countryTaxXref,
  countryTaxAmount,
  compositeTaxFlag,
  compositeTaxXref,
  compositeTaxAmount,
  levelSixTaxFlag,
  levelSixTaxXref,
  levelSixTaxAmount,
  createdBy,
  dateClosed,
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
  s.billingLogId,
  s.locationId,
  s.locationId_1,
  s.locationName,
  s.departmentId,
  s.departmentId_1,
  s.departmentIdentifier,
  s.departmentName,
  s.companyId,
  s.companyIdentifier,
  s.companyName,
  s.accountNumber,
  s.billToCompanyId,
  s.billToCompanyIdentifier,
  s.billToCompanyName,
  s.billToSiteId,
  s.billToSiteName,
  s.shipToCompanyId,
  s.shipToCompanyIdentifier,
  s.shipToCompanyName,
  s.shipToSiteId,
  s.shipToSiteName,
  s.invoiceNumber,
  s.invoiceDate,
  s.invoiceType,
  s.description,
  s.billingTermsId,
  s.billingTermsName,
  s.dueDays,
  s.dueDate,
  s.currencyId,
  s.currencySymbol,
  s.currencyCurrencyCode,
  s.currencyDecimalSeparator,
  s.currencyNumberOfDecimals,
  s.currencyThousandsSeparator,
  s.currencyNegativeParenthesesFlag,
  s.currencyDisplaySymbolFlag,
  s.currencyCurrencyIdentifier,
  s.currencyDisplayIdFlag,
  s.currencyRightAlign,
  s.currencyName,
  s.subTotal,
  s.total,
  s.hasTime,
  s.hasExpenses,
  s.hasProducts,
  s.invoiceTaxableFlag,
  s.taxCodeId,
  s.taxCodeName,
  s.avalaraTaxFlag,
  s.itemTaxableFlag,
  s.salesTaxAmount,
  s.stateTaxFlag,
  s.stateTaxXref,
  s.stateTaxAmount,
  s.countyTaxFlag,
  s.countyTaxXref,
  s.countyTaxAmount,
  s.cityTaxFlag,
  s.cityTaxXref,
  s.cityTaxAmount,
  s.countryTaxFlag,
  s.countryTaxXref,
  s.countryTaxAmount,
  s.compositeTaxFlag,
  s.compositeTaxXref,
  s.compositeTaxAmount,
  s.levelSixTaxFlag,
  s.levelSixTaxXref,
  s.levelSixTaxAmount,
  s.createdBy,
  s.dateClosed,
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

steps.append({"layer": "silver", "table": "cw_worktype", "bronze": "cw_worktype", "select": r"""
-- @generated by `cargo codegen generate` from /components/schemas/WorkType. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
-- and what stands for the run below: SET processedAt = 2026-06-15T02:00:00.000000Z, SET batchId = …
SELECT
  b.id,
  b.name,
  b.billTime,
  b.rateType,
  b.rate,
  b.hoursMin,
  b.hoursMax,
  b.roundBillHoursTo,
  b.accrualType,
  b.inactiveFlag,
  b.overallDefaultFlag,
  b.activityDefaultFlag,
  b.utilizationFlag,
  b.costMultiplier,
  b.integrationXRef,
  b.addAllAgreementExclusions,
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
  FROM bronze.cw_worktype AS r
) AS b
""", "merge": r"""
-- @generated by `cargo codegen generate` from /components/schemas/WorkType. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS silver.cw_worktype (
  id BIGINT NOT NULL,
  name STRING,
  billTime STRING,
  rateType STRING,
  rate DOUBLE,
  hoursMin DOUBLE,
  hoursMax DOUBLE,
  roundBillHoursTo DOUBLE,
  accrualType STRING,
  inactiveFlag BOOLEAN,
  overallDefaultFlag BOOLEAN,
  activityDefaultFlag BOOLEAN,
  utilizationFlag BOOLEAN,
  costMultiplier DOUBLE,
  integrationXRef STRING,
  addAllAgreementExclusions BOOLEAN,
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
  n.billTime,
  n.rateType,
  n.rate,
  n.hoursMin,
  n.hoursMax,
  n.roundBillHoursTo,
  n.accrualType,
  n.inactiveFlag,
  n.overallDefaultFlag,
  n.activityDefaultFlag,
  n.utilizationFlag,
  n.costMultiplier,
  n.integrationXRef,
  n.addAllAgreementExclusions,
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
FULL OUTER JOIN silver.cw_worktype AS o ON o.id = n.id
WHERE n.id IS NULL OR o.id IS NULL OR NOT (
  n.name <=> o.name AND
  n.billTime <=> o.billTime AND
  n.rateType <=> o.rateType AND
  n.rate <=> o.rate AND
  n.hoursMin <=> o.hoursMin AND
  n.hoursMax <=> o.hoursMax AND
  n.roundBillHoursTo <=> o.roundBillHoursTo AND
  n.accrualType <=> o.accrualType AND
  n.inactiveFlag <=> o.inactiveFlag AND
  n.overallDefaultFlag <=> o.overallDefaultFlag AND
  n.activityDefaultFlag <=> o.activityDefaultFlag AND
  n.utilizationFlag <=> o.utilizationFlag AND
  n.costMultiplier <=> o.costMultiplier AND
  n.integrationXRef <=> o.integrationXRef AND
  n.addAllAgreementExclusions <=> o.addAllAgreementExclusions AND
  n.infoLastUpdated <=> o.infoLastUpdated AND
  n.infoUpdatedBy <=> o.infoUpdatedBy AND
  n.infoDateEntered <=> o.infoDateEntered AND
  n.infoEnteredBy <=> o.infoEnteredBy AND
  n._etl_deleted_at <=> o._etl_deleted_at
);
MERGE INTO silver.cw_worktype AS t
USING changed AS s
ON t.id = s.id
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  name = s.name,
  billTime = s.billTime,
  rateType = s.rateType,
  rate = s.rate,
  hoursMin = s.hoursMin,
  hoursMax = s.hoursMax,
  roundBillHoursTo = s.roundBillHoursTo,
  accrualType = s.accrualType,
  inactiveFlag = s.inactiveFlag,
  overallDefaultFlag = s.overallDefaultFlag,
  activityDefaultFlag = s.activityDefaultFlag,
  utilizationFlag = s.utilizationFlag,
  costMultiplier = s.costMultiplier,
  integrationXRef = s.integrationXRef,
  addAllAgreementExclusions = s.addAllAgreementExclusions,
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
  billTime,
  rateType,
  rate,
  hoursMin,
  hoursMax,
  roundBillHoursTo,
  accrualType,
  inactiveFlag,
  overallDefaultFlag,
  activityDefaultFlag,
  utilizationFlag,
  costMultiplier,
  integrationXRef,
  addAllAgreementExclusions,
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
  s.billTime,
  s.rateType,
  s.rate,
  s.hoursMin,
  s.hoursMax,
  s.roundBillHoursTo,
  s.accrualType,
  s.inactiveFlag,
  s.overallDefaultFlag,
  s.activityDefaultFlag,
  s.utilizationFlag,
  s.costMultiplier,
  s.integrationXRef,
  s.addAllAgreementExclusions,
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

steps.append({"layer": "gold", "table": "dimagreement", "select": r"""
-- @generated by `cargo codegen generate` from schema/dimensions/dimagreement.yaml. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
-- and the run's day, which stands for businessDate below: SET businessDate = 2026-06-15
WITH own_number AS (
  SELECT
    f.agreementId,
    -- A number is its digits, also where it came as 20240017.0 or 1e3; a text that looks like one is a text.
    CASE WHEN f.type IN ('Text', 'TextArea') THEN f.value ELSE CASE WHEN regexp_like(f.value, '^-?[0-9]+([.][0-9]+([eE][+-]?[0-9]{1,2})?|[eE][+-]?[0-9]{1,2})$') AND TRY_CAST(f.value AS DECIMAL(38, 18)) = TRY_CAST(f.value AS DECIMAL(38, 0)) THEN CAST(TRY_CAST(f.value AS DECIMAL(38, 0)) AS STRING) ELSE f.value END END AS number,
    ROW_NUMBER() OVER (PARTITION BY f.agreementId ORDER BY f.id NULLS LAST, f.listIndex) AS place
  FROM (
    SELECT parentId AS agreementId, id, listIndex, type, regexp_replace(value, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS value
    FROM silver.cw_agreement_customfields
  ) AS f
  WHERE f.value <> ''
),
chain AS (
  SELECT c.id AS agreementId, NULLIF(c.parentAgreementId, c.id) AS parentAgreementId, o.number
  FROM silver.cw_agreement AS c
  LEFT JOIN own_number AS o ON o.agreementId = c.id AND o.place = 1
),
walk AS (
  -- Spark 3.5 has no recursion. Of the agreements that are above another one: their numbers, who is above them, and
  -- where one step up leads, which is to itself at the top.
  SELECT
    struct(
      map_from_entries(collect_list(struct(c.agreementId AS id, c.number AS number))) AS known,
      map_from_entries(collect_list(struct(c.agreementId AS id, c.parentAgreementId AS parent))) AS above,
      map_from_entries(collect_list(struct(
        c.agreementId AS id,
        CASE WHEN p.agreementId IS NULL THEN c.agreementId WHEN p.agreementId IS NOT NULL THEN p.agreementId END AS top
      ))) AS up
    ) AS reach
  FROM chain AS c
  LEFT JOIN chain AS p ON p.agreementId = c.parentAgreementId
  WHERE c.agreementId IN (SELECT parentAgreementId FROM chain)
),
hierarchy AS (
  -- Each step fetches all from as far up as the steps before it have come: the reach doubles, so as many steps as
  -- the number of parents has binary digits pass the longest chain. In a circle there is nothing to fetch, and what
  -- is reached is no top: one step more leads on.
  SELECT
    c.agreementId,
    COALESCE(c.number, element_at(p.reached.known, c.parentAgreementId)) AS number,
    CASE
      WHEN q.agreementId IS NULL THEN c.agreementId
      WHEN element_at(p.first, element_at(p.reached.up, c.parentAgreementId)) = element_at(p.reached.up, c.parentAgreementId)
      THEN element_at(p.reached.up, c.parentAgreementId)
    END AS rootId
  FROM chain AS c
  LEFT JOIN chain AS q ON q.agreementId = c.parentAgreementId
  CROSS JOIN (
    SELECT
      reach.up AS first,
      aggregate(
        sequence(0, CAST(CEIL(LOG2(size(reach.above) + 1)) AS INT)),
        reach,
        (reach, step) -> struct(
          map_from_entries(transform(map_entries(reach.known), e -> struct(
            e.key AS id,
            COALESCE(e.value, element_at(reach.known, element_at(reach.above, e.key))) AS number
          ))) AS known,
          map_from_entries(transform(map_entries(reach.above), e -> struct(
            e.key AS id,
            element_at(reach.above, e.value) AS parent
          ))) AS above,
          map_from_entries(transform(map_entries(reach.up), e -> struct(
            e.key AS id,
            element_at(reach.up, e.value) AS top
          ))) AS up
        )
      ) AS reached
    FROM walk
  ) AS p
),
entity AS (
  SELECT
    c.id AS agreementId,
    regexp_replace(c.name, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS agreementName,
    h.number AS agreementNumber,
    c.parentAgreementId AS parentAgreementId,
    root.id AS rootAgreementId,
    regexp_replace(root.name, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS rootAgreementName,
    c.typeId AS agreementTypeId,
    regexp_replace(c.typeName, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS agreementTypeName,
    c.companyId AS companyId,
    regexp_replace(c.companyName, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS companyName,
    c.startDate AS startDate,
    c.endDate AS endDate,
    c.agreementStatus AS status,
    NOT COALESCE(c.cancelledFlag, false) AND (c.startDate IS NULL OR CASE WHEN CAST(from_utc_timestamp(c.startDate, 'UTC') AS DATE) BETWEEN DATE '0001-01-01' AND DATE '9999-12-31' THEN CAST(from_utc_timestamp(c.startDate, 'UTC') AS DATE) END <= DATE '${businessDate}') AND (c.endDate IS NULL OR CASE WHEN CAST(from_utc_timestamp(c.endDate, 'UTC') AS DATE) BETWEEN DATE '0001-01-01' AND DATE '9999-12-31' THEN CAST(from_utc_timestamp(c.endDate, 'UTC') AS DATE) END >= DATE '${businessDate}') AS isActive,
    TRY_CAST(c.billAmount AS DECIMAL(19, 4)) AS billAmount,
    c.applicationUnits AS applicationUnits,
    TRY_CAST(c.applicationLimit AS DECIMAL(19, 4)) AS applicationLimit,
    c.applicationCycle AS applicationCycle,
    regexp_replace(c.billingCycleName, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS billingCycleName,
    COALESCE(c.oneTimeFlag, false) AS oneTimeFlag,
    COALESCE(c.carryOverUnused, false) AS carryOverUnused,
    COALESCE(c.allowOverruns, false) AS allowOverruns,
    COALESCE(c.expireWhenZero, false) AS expireWhenZero,
    c.expiredDays AS expiredDays,
    regexp_replace(c.nextInvoiceDate, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS nextInvoiceDate,
    regexp_replace(c.currencyCurrencyCode, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS currencyCode,
    regexp_replace(c.slaName, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS slaName,
    COALESCE(c.cancelledFlag, false) AS isCancelled,
    c._etl_deleted_at IS NOT NULL AS isDeleted
  FROM silver.cw_agreement AS c
  LEFT JOIN hierarchy AS h ON h.agreementId = c.id
  LEFT JOIN silver.cw_agreement AS root ON root.id = COALESCE(h.rootId, c.id)
),
reference AS (
  SELECT
    d.agreementId AS agreementId,
    CAST(NULL AS STRING) AS agreementName,
    CAST(NULL AS STRING) AS agreementTypeName,
    COALESCE(unix_micros(d.infoLastUpdated), -9000000000000000000) AS recency,
    d.id AS record
  FROM silver.cw_agreementaddition AS d
  WHERE d._etl_deleted_at IS NULL AND d.agreementId IS NOT NULL
  UNION ALL
  SELECT
    j.agreementId AS agreementId,
    CAST(NULL AS STRING) AS agreementName,
    CAST(NULL AS STRING) AS agreementTypeName,
    COALESCE(unix_micros(j.infoLastUpdated), -9000000000000000000) AS recency,
    j.id AS record
  FROM silver.cw_agreementadjustment AS j
  WHERE j._etl_deleted_at IS NULL AND j.agreementId IS NOT NULL
  UNION ALL
  SELECT
    x.agreementId AS agreementId,
    regexp_replace(x.agreementName, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS agreementName,
    regexp_replace(x.agreementType, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS agreementTypeName,
    COALESCE(unix_micros(x.infoLastUpdated), -9000000000000000000) AS recency,
    x.id AS record
  FROM silver.cw_expenseentry AS x
  WHERE x._etl_deleted_at IS NULL AND x.agreementId IS NOT NULL
  UNION ALL
  SELECT
    i.agreementId AS agreementId,
    regexp_replace(i.agreementName, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS agreementName,
    regexp_replace(i.agreementType, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS agreementTypeName,
    COALESCE(unix_micros(i.infoLastUpdated), -9000000000000000000) AS recency,
    i.id AS record
  FROM silver.cw_invoice AS i
  WHERE i._etl_deleted_at IS NULL AND i.agreementId IS NOT NULL
  UNION ALL
  SELECT
    p.agreementId AS agreementId,
    regexp_replace(p.agreementName, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS agreementName,
    regexp_replace(p.agreementType, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS agreementTypeName,
    COALESCE(unix_micros(p.infoLastUpdated), -9000000000000000000) AS recency,
    p.id AS record
  FROM silver.cw_productitem AS p
  WHERE p._etl_deleted_at IS NULL AND p.agreementId IS NOT NULL
  UNION ALL
  SELECT
    t.agreementId AS agreementId,
    regexp_replace(t.agreementName, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS agreementName,
    regexp_replace(CASE WHEN regexp_replace(t.agreementType, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN t.agreementType WHEN regexp_replace(t.agreementType_1, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN t.agreementType_1 END, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS agreementTypeName,
    COALESCE(unix_micros(t.infoLastUpdated), -9000000000000000000) AS recency,
    t.id AS record
  FROM silver.cw_timeentry AS t
  WHERE t._etl_deleted_at IS NULL AND t.agreementId IS NOT NULL
),
-- The few that are no rows yet: a window over all references would have to sort them. The entity comes first, as the
-- side of a join that is held in memory where an engine can't tell which is smaller.
unlisted AS (
  SELECT r.*
  FROM entity AS e
  RIGHT JOIN reference AS r ON r.agreementId = e.agreementId
  WHERE e.agreementId IS NULL
),
newest AS (
  SELECT
    *,
    ROW_NUMBER() OVER (
      PARTITION BY agreementId
      ORDER BY recency DESC, record DESC, agreementName NULLS LAST, agreementTypeName NULLS LAST
    ) AS place
  FROM unlisted
),
member AS (
  SELECT
    -1 AS AgreementKey,
    CAST(NULL AS BIGINT) AS agreementId,
    'Unknown' AS agreementName,
    CAST(NULL AS STRING) AS agreementNumber,
    CAST(NULL AS BIGINT) AS parentAgreementId,
    CAST(NULL AS BIGINT) AS rootAgreementId,
    CAST(NULL AS STRING) AS rootAgreementName,
    CAST(NULL AS BIGINT) AS agreementTypeId,
    CAST(NULL AS STRING) AS agreementTypeName,
    CAST(NULL AS BIGINT) AS companyId,
    CAST(NULL AS STRING) AS companyName,
    CAST(NULL AS TIMESTAMP) AS startDate,
    CAST(NULL AS TIMESTAMP) AS endDate,
    CAST(NULL AS STRING) AS status,
    false AS isActive,
    CAST(NULL AS DECIMAL(19, 4)) AS billAmount,
    CAST(NULL AS STRING) AS applicationUnits,
    CAST(NULL AS DECIMAL(19, 4)) AS applicationLimit,
    CAST(NULL AS STRING) AS applicationCycle,
    CAST(NULL AS STRING) AS billingCycleName,
    false AS oneTimeFlag,
    false AS carryOverUnused,
    false AS allowOverruns,
    false AS expireWhenZero,
    CAST(NULL AS BIGINT) AS expiredDays,
    CAST(NULL AS STRING) AS nextInvoiceDate,
    CAST(NULL AS STRING) AS currencyCode,
    CAST(NULL AS STRING) AS slaName,
    false AS isCancelled,
    false AS isDeleted,
    false AS isInferred
  UNION ALL
  SELECT
    agreementId AS AgreementKey,
    agreementId,
    agreementName,
    agreementNumber,
    parentAgreementId,
    rootAgreementId,
    rootAgreementName,
    agreementTypeId,
    agreementTypeName,
    companyId,
    companyName,
    startDate,
    endDate,
    status,
    isActive,
    billAmount,
    applicationUnits,
    applicationLimit,
    applicationCycle,
    billingCycleName,
    oneTimeFlag,
    carryOverUnused,
    allowOverruns,
    expireWhenZero,
    expiredDays,
    nextInvoiceDate,
    currencyCode,
    slaName,
    isCancelled,
    isDeleted,
    false AS isInferred
  FROM entity
  WHERE agreementId <> -1
  UNION ALL
  SELECT
    r.agreementId AS AgreementKey,
    r.agreementId,
    r.agreementName,
    CAST(NULL AS STRING) AS agreementNumber,
    CAST(NULL AS BIGINT) AS parentAgreementId,
    CAST(NULL AS BIGINT) AS rootAgreementId,
    CAST(NULL AS STRING) AS rootAgreementName,
    CAST(NULL AS BIGINT) AS agreementTypeId,
    r.agreementTypeName,
    CAST(NULL AS BIGINT) AS companyId,
    CAST(NULL AS STRING) AS companyName,
    CAST(NULL AS TIMESTAMP) AS startDate,
    CAST(NULL AS TIMESTAMP) AS endDate,
    CAST(NULL AS STRING) AS status,
    true AS isActive,
    CAST(NULL AS DECIMAL(19, 4)) AS billAmount,
    CAST(NULL AS STRING) AS applicationUnits,
    CAST(NULL AS DECIMAL(19, 4)) AS applicationLimit,
    CAST(NULL AS STRING) AS applicationCycle,
    CAST(NULL AS STRING) AS billingCycleName,
    false AS oneTimeFlag,
    false AS carryOverUnused,
    false AS allowOverruns,
    false AS expireWhenZero,
    CAST(NULL AS BIGINT) AS expiredDays,
    CAST(NULL AS STRING) AS nextInvoiceDate,
    CAST(NULL AS STRING) AS currencyCode,
    CAST(NULL AS STRING) AS slaName,
    false AS isCancelled,
    false AS isDeleted,
    true AS isInferred
  FROM newest AS r
  WHERE r.place = 1 AND r.agreementId <> -1
),
step1 AS (
  SELECT
    *,
    CASE
      WHEN regexp_like(lower(agreementTypeName), 'yþj(?:ó|o[\\x{301}\\x{341}])nu[sſ]ta(?:[^\\x{300}-\\x{304}\\x{306}-\\x{30a}\\x{30c}\\x{30f}\\x{311}\\x{323}\\x{325}\\x{328}\\x{340}\\x{341}\\x{344}]|$)') THEN 'billable_service'
      WHEN regexp_like(lower(agreementTypeName), 't(?:í|[iı]\\x{307}*[\\x{301}\\x{341}])mapottur(?:[^\\x{301}\\x{307}\\x{30c}\\x{30f}\\x{311}\\x{323}\\x{327}\\x{331}\\x{341}]|$)') THEN 'prepaid_hours'
      WHEN regexp_like(lower(agreementTypeName), '[iı]\\x{307}*nnr[iı]\\x{307}* verkefn[iı]\\x{307}*(?:[^\\x{300}-\\x{304}\\x{306}-\\x{309}\\x{30c}\\x{30f}\\x{311}\\x{323}\\x{328}\\x{330}\\x{340}\\x{341}\\x{344}]|$)') THEN 'internal_project'
      WHEN regexp_like(lower(agreementTypeName), 'rek[sſ]trarþj(?:ó|o[\\x{301}\\x{341}])nu[sſ]ta(?:[^\\x{300}-\\x{304}\\x{306}-\\x{30a}\\x{30c}\\x{30f}\\x{311}\\x{323}\\x{325}\\x{328}\\x{340}\\x{341}\\x{344}]|$)|alrek[sſ]tur(?:[^\\x{301}\\x{307}\\x{30c}\\x{30f}\\x{311}\\x{323}\\x{327}\\x{331}\\x{341}]|$)') THEN 'operations'
      WHEN regexp_like(lower(agreementTypeName), 'hugb(?:ú|u[\\x{301}\\x{341}])naðarþj(?:ó|o[\\x{301}\\x{341}])nu[sſ]ta(?:[^\\x{300}-\\x{304}\\x{306}-\\x{30a}\\x{30c}\\x{30f}\\x{311}\\x{323}\\x{325}\\x{328}\\x{340}\\x{341}\\x{344}]|$)|off[iı]\\x{307}*ce 365') THEN 'software_service'
      ELSE 'other'
    END AS agreementTypeNormalized
  FROM member
),
step2 AS (
  SELECT
    *,
    CASE agreementTypeNormalized WHEN 'billable_service' THEN 'billable' WHEN 'prepaid_hours' THEN 'prepaid' WHEN 'internal_project' THEN 'internal' WHEN 'operations' THEN 'operations' WHEN 'software_service' THEN 'billable' ELSE 'unknown' END AS billingBehavior
  FROM step1
)
SELECT
  CAST(AgreementKey AS BIGINT) AS AgreementKey,
  CAST(agreementId AS BIGINT) AS agreementId,
  agreementName,
  agreementNumber,
  CAST(parentAgreementId AS BIGINT) AS parentAgreementId,
  CAST(rootAgreementId AS BIGINT) AS rootAgreementId,
  rootAgreementName,
  CAST(agreementTypeId AS BIGINT) AS agreementTypeId,
  agreementTypeName,
  agreementTypeNormalized,
  billingBehavior,
  CAST(companyId AS BIGINT) AS companyId,
  companyName,
  startDate,
  endDate,
  status,
  isActive,
  CAST(billAmount AS DECIMAL(19, 4)) AS billAmount,
  applicationUnits,
  CAST(applicationLimit AS DECIMAL(19, 4)) AS applicationLimit,
  applicationCycle,
  billingCycleName,
  oneTimeFlag,
  carryOverUnused,
  allowOverruns,
  expireWhenZero,
  CAST(expiredDays AS BIGINT) AS expiredDays,
  nextInvoiceDate,
  currencyCode,
  slaName,
  isCancelled,
  isDeleted,
  isInferred
FROM step2
""", "merge": r"""
-- @generated by `cargo codegen generate` from schema/dimensions/dimagreement.yaml. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS gold.dimagreement (
  AgreementKey BIGINT NOT NULL,
  agreementId BIGINT,
  agreementName STRING,
  agreementNumber STRING,
  parentAgreementId BIGINT,
  rootAgreementId BIGINT,
  rootAgreementName STRING,
  agreementTypeId BIGINT,
  agreementTypeName STRING,
  agreementTypeNormalized STRING,
  billingBehavior STRING,
  companyId BIGINT,
  companyName STRING,
  startDate TIMESTAMP,
  endDate TIMESTAMP,
  status STRING,
  isActive BOOLEAN,
  billAmount DECIMAL(19, 4),
  applicationUnits STRING,
  applicationLimit DECIMAL(19, 4),
  applicationCycle STRING,
  billingCycleName STRING,
  oneTimeFlag BOOLEAN,
  carryOverUnused BOOLEAN,
  allowOverruns BOOLEAN,
  expireWhenZero BOOLEAN,
  expiredDays BIGINT,
  nextInvoiceDate STRING,
  currencyCode STRING,
  slaName STRING,
  isCancelled BOOLEAN,
  isDeleted BOOLEAN,
  isInferred BOOLEAN
)
USING DELTA
TBLPROPERTIES ('delta.enableDeletionVectors' = 'false');
SELECT
  COALESCE(n.AgreementKey, o.AgreementKey) AS AgreementKey,
  n.agreementId,
  n.agreementName,
  n.agreementNumber,
  n.parentAgreementId,
  n.rootAgreementId,
  n.rootAgreementName,
  n.agreementTypeId,
  n.agreementTypeName,
  n.agreementTypeNormalized,
  n.billingBehavior,
  n.companyId,
  n.companyName,
  n.startDate,
  n.endDate,
  n.status,
  n.isActive,
  n.billAmount,
  n.applicationUnits,
  n.applicationLimit,
  n.applicationCycle,
  n.billingCycleName,
  n.oneTimeFlag,
  n.carryOverUnused,
  n.allowOverruns,
  n.expireWhenZero,
  n.expiredDays,
  n.nextInvoiceDate,
  n.currencyCode,
  n.slaName,
  n.isCancelled,
  n.isDeleted,
  n.isInferred,
  n.AgreementKey IS NULL AS _etl_gone
FROM computed AS n
FULL OUTER JOIN gold.dimagreement AS o ON o.AgreementKey = n.AgreementKey
WHERE n.AgreementKey IS NULL OR o.AgreementKey IS NULL OR NOT (
  n.agreementId <=> o.agreementId AND
  n.agreementName <=> o.agreementName AND
  n.agreementNumber <=> o.agreementNumber AND
  n.parentAgreementId <=> o.parentAgreementId AND
  n.rootAgreementId <=> o.rootAgreementId AND
  n.rootAgreementName <=> o.rootAgreementName AND
  n.agreementTypeId <=> o.agreementTypeId AND
  n.agreementTypeName <=> o.agreementTypeName AND
  n.agreementTypeNormalized <=> o.agreementTypeNormalized AND
  n.billingBehavior <=> o.billingBehavior AND
  n.companyId <=> o.companyId AND
  n.companyName <=> o.companyName AND
  n.startDate <=> o.startDate AND
  n.endDate <=> o.endDate AND
  n.status <=> o.status AND
  n.isActive <=> o.isActive AND
  n.billAmount <=> o.billAmount AND
  n.applicationUnits <=> o.applicationUnits AND
  n.applicationLimit <=> o.applicationLimit AND
  n.applicationCycle <=> o.applicationCycle AND
  n.billingCycleName <=> o.billingCycleName AND
  n.oneTimeFlag <=> o.oneTimeFlag AND
  n.carryOverUnused <=> o.carryOverUnused AND
  n.allowOverruns <=> o.allowOverruns AND
  n.expireWhenZero <=> o.expireWhenZero AND
  n.expiredDays <=> o.expiredDays AND
  n.nextInvoiceDate <=> o.nextInvoiceDate AND
  n.currencyCode <=> o.currencyCode AND
  n.slaName <=> o.slaName AND
  n.isCancelled <=> o.isCancelled AND
  n.isDeleted <=> o.isDeleted AND
  n.isInferred <=> o.isInferred
);
MERGE INTO gold.dimagreement AS t
USING changed AS s
ON t.AgreementKey = s.AgreementKey
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  agreementId = s.agreementId,
  agreementName = s.agreementName,
  agreementNumber = s.agreementNumber,
  parentAgreementId = s.parentAgreementId,
  rootAgreementId = s.rootAgreementId,
  rootAgreementName = s.rootAgreementName,
  agreementTypeId = s.agreementTypeId,
  agreementTypeName = s.agreementTypeName,
  agreementTypeNormalized = s.agreementTypeNormalized,
  billingBehavior = s.billingBehavior,
  companyId = s.companyId,
  companyName = s.companyName,
  startDate = s.startDate,
  endDate = s.endDate,
  status = s.status,
  isActive = s.isActive,
  billAmount = s.billAmount,
  applicationUnits = s.applicationUnits,
  applicationLimit = s.applicationLimit,
  applicationCycle = s.applicationCycle,
  billingCycleName = s.billingCycleName,
  oneTimeFlag = s.oneTimeFlag,
  carryOverUnused = s.carryOverUnused,
  allowOverruns = s.allowOverruns,
  expireWhenZero = s.expireWhenZero,
  expiredDays = s.expiredDays,
  nextInvoiceDate = s.nextInvoiceDate,
  currencyCode = s.currencyCode,
  slaName = s.slaName,
  isCancelled = s.isCancelled,
  isDeleted = s.isDeleted,
  isInferred = s.isInferred
WHEN NOT MATCHED AND NOT s._etl_gone THEN INSERT (
  AgreementKey,
  agreementId,
  agreementName,
  agreementNumber,
  parentAgreementId,
  rootAgreementId,
  rootAgreementName,
  agreementTypeId,
  agreementTypeName,
  agreementTypeNormalized,
  billingBehavior,
  companyId,
  companyName,
  startDate,
  endDate,
  status,
  isActive,
  billAmount,
  applicationUnits,
  applicationLimit,
  applicationCycle,
  billingCycleName,
  oneTimeFlag,
  carryOverUnused,
  allowOverruns,
  expireWhenZero,
  expiredDays,
  nextInvoiceDate,
  currencyCode,
  slaName,
  isCancelled,
  isDeleted,
  isInferred
) VALUES (
  s.AgreementKey,
  s.agreementId,
  s.agreementName,
  s.agreementNumber,
  s.parentAgreementId,
  s.rootAgreementId,
  s.rootAgreementName,
  s.agreementTypeId,
  s.agreementTypeName,
  s.agreementTypeNormalized,
  s.billingBehavior,
  s.companyId,
  s.companyName,
  s.startDate,
  s.endDate,
  s.status,
  s.isActive,
  s.billAmount,
  s.applicationUnits,
  s.applicationLimit,
  s.applicationCycle,
  s.billingCycleName,
  s.oneTimeFlag,
  s.carryOverUnused,
  s.allowOverruns,
  s.expireWhenZero,
  s.expiredDays,
  s.nextInvoiceDate,
  s.currencyCode,
  s.slaName,
  s.isCancelled,
  s.isDeleted,
  s.isInferred
)
"""})

# METADATA ********************

# META {
# META   "language": "python",
# META   "language_group": "synapse_pyspark"
# META }

# CELL ********************

steps.append({"layer": "gold", "table": "dimagreementtype", "select": r"""
-- @generated by `cargo codegen generate` from schema/dimensions/dimagreementtype.yaml. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
WITH entity AS (
  SELECT
    y.typeId AS typeId,
    y.typeName AS typeName
  FROM (
    SELECT
      typeId,
      regexp_replace(typeName, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS typeName,
      ROW_NUMBER() OVER (PARTITION BY typeId ORDER BY infoLastUpdated DESC NULLS LAST, id DESC) AS place
    FROM silver.cw_agreement
    WHERE typeId IS NOT NULL
  ) AS y
  WHERE y.place = 1
),
member AS (
  SELECT
    -1 AS AgreementTypeKey,
    CAST(NULL AS BIGINT) AS typeId,
    'Unknown' AS typeName,
    false AS isInferred
  UNION ALL
  SELECT
    typeId AS AgreementTypeKey,
    typeId,
    typeName,
    false AS isInferred
  FROM entity
  WHERE typeId <> -1
),
step1 AS (
  SELECT
    *,
    CASE
      WHEN regexp_like(lower(typeName), 'yþj(?:ó|o[\\x{301}\\x{341}])nu[sſ]ta(?:[^\\x{300}-\\x{304}\\x{306}-\\x{30a}\\x{30c}\\x{30f}\\x{311}\\x{323}\\x{325}\\x{328}\\x{340}\\x{341}\\x{344}]|$)') THEN 'billable_service'
      WHEN regexp_like(lower(typeName), 't(?:í|[iı]\\x{307}*[\\x{301}\\x{341}])mapottur(?:[^\\x{301}\\x{307}\\x{30c}\\x{30f}\\x{311}\\x{323}\\x{327}\\x{331}\\x{341}]|$)') THEN 'prepaid_hours'
      WHEN regexp_like(lower(typeName), '[iı]\\x{307}*nnr[iı]\\x{307}* verkefn[iı]\\x{307}*(?:[^\\x{300}-\\x{304}\\x{306}-\\x{309}\\x{30c}\\x{30f}\\x{311}\\x{323}\\x{328}\\x{330}\\x{340}\\x{341}\\x{344}]|$)') THEN 'internal_project'
      WHEN regexp_like(lower(typeName), 'rek[sſ]trarþj(?:ó|o[\\x{301}\\x{341}])nu[sſ]ta(?:[^\\x{300}-\\x{304}\\x{306}-\\x{30a}\\x{30c}\\x{30f}\\x{311}\\x{323}\\x{325}\\x{328}\\x{340}\\x{341}\\x{344}]|$)|alrek[sſ]tur(?:[^\\x{301}\\x{307}\\x{30c}\\x{30f}\\x{311}\\x{323}\\x{327}\\x{331}\\x{341}]|$)') THEN 'operations'
      WHEN regexp_like(lower(typeName), 'hugb(?:ú|u[\\x{301}\\x{341}])naðarþj(?:ó|o[\\x{301}\\x{341}])nu[sſ]ta(?:[^\\x{300}-\\x{304}\\x{306}-\\x{30a}\\x{30c}\\x{30f}\\x{311}\\x{323}\\x{325}\\x{328}\\x{340}\\x{341}\\x{344}]|$)|off[iı]\\x{307}*ce 365') THEN 'software_service'
      ELSE 'other'
    END AS agreementTypeNormalized
  FROM member
),
step2 AS (
  SELECT
    *,
    CASE agreementTypeNormalized WHEN 'billable_service' THEN 'billable' WHEN 'prepaid_hours' THEN 'prepaid' WHEN 'internal_project' THEN 'internal' WHEN 'operations' THEN 'operations' WHEN 'software_service' THEN 'billable' ELSE 'unknown' END AS billingBehavior,
    agreementTypeNormalized NOT IN ('prepaid_hours', 'internal_project') AS isInvoiceable
  FROM step1
)
SELECT
  CAST(AgreementTypeKey AS BIGINT) AS AgreementTypeKey,
  CAST(typeId AS BIGINT) AS typeId,
  typeName,
  agreementTypeNormalized,
  billingBehavior,
  isInvoiceable,
  isInferred
FROM step2
""", "merge": r"""
-- @generated by `cargo codegen generate` from schema/dimensions/dimagreementtype.yaml. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS gold.dimagreementtype (
  AgreementTypeKey BIGINT NOT NULL,
  typeId BIGINT,
  typeName STRING,
  agreementTypeNormalized STRING,
  billingBehavior STRING,
  isInvoiceable BOOLEAN,
  isInferred BOOLEAN
)
USING DELTA
TBLPROPERTIES ('delta.enableDeletionVectors' = 'false');
SELECT
  COALESCE(n.AgreementTypeKey, o.AgreementTypeKey) AS AgreementTypeKey,
  n.typeId,
  n.typeName,
  n.agreementTypeNormalized,
  n.billingBehavior,
  n.isInvoiceable,
  n.isInferred,
  n.AgreementTypeKey IS NULL AS _etl_gone
FROM computed AS n
FULL OUTER JOIN gold.dimagreementtype AS o ON o.AgreementTypeKey = n.AgreementTypeKey
WHERE n.AgreementTypeKey IS NULL OR o.AgreementTypeKey IS NULL OR NOT (
  n.typeId <=> o.typeId AND
  n.typeName <=> o.typeName AND
  n.agreementTypeNormalized <=> o.agreementTypeNormalized AND
  n.billingBehavior <=> o.billingBehavior AND
  n.isInvoiceable <=> o.isInvoiceable AND
  n.isInferred <=> o.isInferred
);
MERGE INTO gold.dimagreementtype AS t
USING changed AS s
ON t.AgreementTypeKey = s.AgreementTypeKey
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  typeId = s.typeId,
  typeName = s.typeName,
  agreementTypeNormalized = s.agreementTypeNormalized,
  billingBehavior = s.billingBehavior,
  isInvoiceable = s.isInvoiceable,
  isInferred = s.isInferred
WHEN NOT MATCHED AND NOT s._etl_gone THEN INSERT (
  AgreementTypeKey,
  typeId,
  typeName,
  agreementTypeNormalized,
  billingBehavior,
  isInvoiceable,
  isInferred
) VALUES (
  s.AgreementTypeKey,
  s.typeId,
  s.typeName,
  s.agreementTypeNormalized,
  s.billingBehavior,
  s.isInvoiceable,
  s.isInferred
)
"""})

# METADATA ********************

# META {
# META   "language": "python",
# META   "language_group": "synapse_pyspark"
# META }

# CELL ********************

steps.append({"layer": "gold", "table": "dimbillablestatus", "select": r"""
-- @generated by `cargo codegen generate` from schema/dimensions/dimbillablestatus.yaml. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
WITH entity AS (
  SELECT 'Billable' AS billableOption
  UNION ALL SELECT 'DoNotBill' AS billableOption
  UNION ALL SELECT 'NoCharge' AS billableOption
  UNION ALL SELECT 'NoDefault' AS billableOption
),
reference AS (
  SELECT
    CASE WHEN regexp_replace(x.billableOption, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN x.billableOption END AS billableOption,
    COALESCE(unix_micros(x.infoLastUpdated), -9000000000000000000) AS recency,
    x.id AS record
  FROM silver.cw_expenseentry AS x
  WHERE x._etl_deleted_at IS NULL AND CASE WHEN regexp_replace(x.billableOption, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN x.billableOption END IS NOT NULL
  UNION ALL
  SELECT
    CASE WHEN regexp_replace(p.billableOption, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN p.billableOption END AS billableOption,
    COALESCE(unix_micros(p.infoLastUpdated), -9000000000000000000) AS recency,
    p.id AS record
  FROM silver.cw_productitem AS p
  WHERE p._etl_deleted_at IS NULL AND CASE WHEN regexp_replace(p.billableOption, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN p.billableOption END IS NOT NULL
  UNION ALL
  SELECT
    CASE WHEN regexp_replace(t.billableOption, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN t.billableOption END AS billableOption,
    COALESCE(unix_micros(t.infoLastUpdated), -9000000000000000000) AS recency,
    t.id AS record
  FROM silver.cw_timeentry AS t
  WHERE t._etl_deleted_at IS NULL AND CASE WHEN regexp_replace(t.billableOption, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN t.billableOption END IS NOT NULL
),
-- The few that are no rows yet: a window over all references would have to sort them. The entity comes first, as the
-- side of a join that is held in memory where an engine can't tell which is smaller.
unlisted AS (
  SELECT r.*
  FROM entity AS e
  RIGHT JOIN reference AS r ON r.billableOption = e.billableOption
  WHERE e.billableOption IS NULL
),
newest AS (
  SELECT
    *,
    ROW_NUMBER() OVER (
      PARTITION BY billableOption
      ORDER BY recency DESC, record DESC
    ) AS place
  FROM unlisted
),
member AS (
  SELECT
    -1 AS BillableStatusKey,
    'Unknown' AS billableOption,
    false AS isInferred
  UNION ALL
  SELECT
    CASE WHEN billableOption IS NOT NULL THEN xxhash64(billableOption) & 9007199254740991 END AS BillableStatusKey,
    billableOption,
    false AS isInferred
  FROM entity
  UNION ALL
  SELECT
    CASE WHEN r.billableOption IS NOT NULL THEN xxhash64(r.billableOption) & 9007199254740991 END AS BillableStatusKey,
    r.billableOption,
    true AS isInferred
  FROM newest AS r
  WHERE r.place = 1
),
step1 AS (
  SELECT
    *,
    CASE billableOption WHEN 'Billable' THEN 'Billable' WHEN 'DoNotBill' THEN 'NonBillable' WHEN 'NoCharge' THEN 'NoCharge' ELSE 'Unknown' END AS billableCategory
  FROM member
)
SELECT
  CAST(BillableStatusKey AS BIGINT) AS BillableStatusKey,
  billableOption,
  billableCategory,
  isInferred
FROM step1
""", "merge": r"""
-- @generated by `cargo codegen generate` from schema/dimensions/dimbillablestatus.yaml. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS gold.dimbillablestatus (
  BillableStatusKey BIGINT NOT NULL,
  billableOption STRING,
  billableCategory STRING,
  isInferred BOOLEAN
)
USING DELTA
TBLPROPERTIES ('delta.enableDeletionVectors' = 'false');
SELECT
  COALESCE(n.BillableStatusKey, o.BillableStatusKey) AS BillableStatusKey,
  n.billableOption,
  n.billableCategory,
  n.isInferred,
  n.BillableStatusKey IS NULL AS _etl_gone
FROM computed AS n
FULL OUTER JOIN gold.dimbillablestatus AS o ON o.BillableStatusKey = n.BillableStatusKey
WHERE n.BillableStatusKey IS NULL OR o.BillableStatusKey IS NULL OR NOT (
  n.billableOption <=> o.billableOption AND
  n.billableCategory <=> o.billableCategory AND
  n.isInferred <=> o.isInferred
);
MERGE INTO gold.dimbillablestatus AS t
USING changed AS s
ON t.BillableStatusKey = s.BillableStatusKey
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  billableOption = s.billableOption,
  billableCategory = s.billableCategory,
  isInferred = s.isInferred
WHEN NOT MATCHED AND NOT s._etl_gone THEN INSERT (
  BillableStatusKey,
  billableOption,
  billableCategory,
  isInferred
) VALUES (
  s.BillableStatusKey,
  s.billableOption,
  s.billableCategory,
  s.isInferred
)
"""})

# METADATA ********************

# META {
# META   "language": "python",
# META   "language_group": "synapse_pyspark"
# META }

# CELL ********************

steps.append({"layer": "gold", "table": "dimbusinessunit", "select": r"""
-- @generated by `cargo codegen generate` from schema/dimensions/dimbusinessunit.yaml. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
WITH reference AS (
  SELECT
    t.businessUnitId AS businessUnitId,
    regexp_replace(t.businessGroupDesc, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS businessGroupDesc,
    COALESCE(unix_micros(t.infoLastUpdated), -9000000000000000000) AS recency,
    t.id AS record
  FROM silver.cw_timeentry AS t
  WHERE t._etl_deleted_at IS NULL AND t.businessUnitId IS NOT NULL
),
-- Of each key the latest time first: a window over all references would have to sort them.
latest AS (
  SELECT businessUnitId, MAX(recency) AS recency
  FROM reference
  GROUP BY businessUnitId
),
newest AS (
  SELECT
    r.*,
    ROW_NUMBER() OVER (
      PARTITION BY r.businessUnitId
      ORDER BY r.record DESC, r.businessGroupDesc NULLS LAST
    ) AS place
  FROM latest AS l
  JOIN reference AS r ON r.businessUnitId = l.businessUnitId AND r.recency = l.recency
),
member AS (
  SELECT
    -1 AS BusinessUnitKey,
    CAST(NULL AS BIGINT) AS businessUnitId,
    'Unknown' AS businessGroupDesc,
    false AS isInferred
  UNION ALL
  SELECT
    r.businessUnitId AS BusinessUnitKey,
    r.businessUnitId,
    r.businessGroupDesc,
    false AS isInferred
  FROM newest AS r
  WHERE r.place = 1 AND r.businessUnitId <> -1
)
SELECT
  CAST(BusinessUnitKey AS BIGINT) AS BusinessUnitKey,
  CAST(businessUnitId AS BIGINT) AS businessUnitId,
  businessGroupDesc,
  isInferred
FROM member
""", "merge": r"""
-- @generated by `cargo codegen generate` from schema/dimensions/dimbusinessunit.yaml. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS gold.dimbusinessunit (
  BusinessUnitKey BIGINT NOT NULL,
  businessUnitId BIGINT,
  businessGroupDesc STRING,
  isInferred BOOLEAN
)
USING DELTA
TBLPROPERTIES ('delta.enableDeletionVectors' = 'false');
SELECT
  COALESCE(n.BusinessUnitKey, o.BusinessUnitKey) AS BusinessUnitKey,
  n.businessUnitId,
  n.businessGroupDesc,
  n.isInferred,
  n.BusinessUnitKey IS NULL AS _etl_gone
FROM computed AS n
FULL OUTER JOIN gold.dimbusinessunit AS o ON o.BusinessUnitKey = n.BusinessUnitKey
WHERE n.BusinessUnitKey IS NULL OR o.BusinessUnitKey IS NULL OR NOT (
  n.businessUnitId <=> o.businessUnitId AND
  n.businessGroupDesc <=> o.businessGroupDesc AND
  n.isInferred <=> o.isInferred
);
MERGE INTO gold.dimbusinessunit AS t
USING changed AS s
ON t.BusinessUnitKey = s.BusinessUnitKey
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  businessUnitId = s.businessUnitId,
  businessGroupDesc = s.businessGroupDesc,
  isInferred = s.isInferred
WHEN NOT MATCHED AND NOT s._etl_gone THEN INSERT (
  BusinessUnitKey,
  businessUnitId,
  businessGroupDesc,
  isInferred
) VALUES (
  s.BusinessUnitKey,
  s.businessUnitId,
  s.businessGroupDesc,
  s.isInferred
)
"""})

# METADATA ********************

# META {
# META   "language": "python",
# META   "language_group": "synapse_pyspark"
# META }

# CELL ********************

steps.append({"layer": "gold", "table": "dimchargetype", "select": r"""
-- @generated by `cargo codegen generate` from schema/dimensions/dimchargetype.yaml. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
WITH entity AS (
  SELECT 'Company' AS chargeToType
  UNION ALL SELECT 'ServiceTicket' AS chargeToType
  UNION ALL SELECT 'ProjectTicket' AS chargeToType
  UNION ALL SELECT 'ChargeCode' AS chargeToType
  UNION ALL SELECT 'Activity' AS chargeToType
),
reference AS (
  SELECT
    CASE WHEN regexp_replace(t.chargeToType, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN t.chargeToType END AS chargeToType,
    COALESCE(unix_micros(t.infoLastUpdated), -9000000000000000000) AS recency,
    t.id AS record
  FROM silver.cw_timeentry AS t
  WHERE t._etl_deleted_at IS NULL AND CASE WHEN regexp_replace(t.chargeToType, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN t.chargeToType END IS NOT NULL
),
-- The few that are no rows yet: a window over all references would have to sort them. The entity comes first, as the
-- side of a join that is held in memory where an engine can't tell which is smaller.
unlisted AS (
  SELECT r.*
  FROM entity AS e
  RIGHT JOIN reference AS r ON r.chargeToType = e.chargeToType
  WHERE e.chargeToType IS NULL
),
newest AS (
  SELECT
    *,
    ROW_NUMBER() OVER (
      PARTITION BY chargeToType
      ORDER BY recency DESC, record DESC
    ) AS place
  FROM unlisted
),
member AS (
  SELECT
    -1 AS ChargeTypeKey,
    'Unknown' AS chargeToType,
    false AS isInferred
  UNION ALL
  SELECT
    CASE WHEN chargeToType IS NOT NULL THEN xxhash64(chargeToType) & 9007199254740991 END AS ChargeTypeKey,
    chargeToType,
    false AS isInferred
  FROM entity
  UNION ALL
  SELECT
    CASE WHEN r.chargeToType IS NOT NULL THEN xxhash64(r.chargeToType) & 9007199254740991 END AS ChargeTypeKey,
    r.chargeToType,
    true AS isInferred
  FROM newest AS r
  WHERE r.place = 1
),
step1 AS (
  SELECT
    *,
    CASE chargeToType WHEN 'ServiceTicket' THEN 'Ticket' WHEN 'ProjectTicket' THEN 'Project' ELSE chargeToType END AS chargeCategory
  FROM member
)
SELECT
  CAST(ChargeTypeKey AS BIGINT) AS ChargeTypeKey,
  chargeToType,
  chargeCategory,
  isInferred
FROM step1
""", "merge": r"""
-- @generated by `cargo codegen generate` from schema/dimensions/dimchargetype.yaml. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS gold.dimchargetype (
  ChargeTypeKey BIGINT NOT NULL,
  chargeToType STRING,
  chargeCategory STRING,
  isInferred BOOLEAN
)
USING DELTA
TBLPROPERTIES ('delta.enableDeletionVectors' = 'false');
SELECT
  COALESCE(n.ChargeTypeKey, o.ChargeTypeKey) AS ChargeTypeKey,
  n.chargeToType,
  n.chargeCategory,
  n.isInferred,
  n.ChargeTypeKey IS NULL AS _etl_gone
FROM computed AS n
FULL OUTER JOIN gold.dimchargetype AS o ON o.ChargeTypeKey = n.ChargeTypeKey
WHERE n.ChargeTypeKey IS NULL OR o.ChargeTypeKey IS NULL OR NOT (
  n.chargeToType <=> o.chargeToType AND
  n.chargeCategory <=> o.chargeCategory AND
  n.isInferred <=> o.isInferred
);
MERGE INTO gold.dimchargetype AS t
USING changed AS s
ON t.ChargeTypeKey = s.ChargeTypeKey
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  chargeToType = s.chargeToType,
  chargeCategory = s.chargeCategory,
  isInferred = s.isInferred
WHEN NOT MATCHED AND NOT s._etl_gone THEN INSERT (
  ChargeTypeKey,
  chargeToType,
  chargeCategory,
  isInferred
) VALUES (
  s.ChargeTypeKey,
  s.chargeToType,
  s.chargeCategory,
  s.isInferred
)
"""})

# METADATA ********************

# META {
# META   "language": "python",
# META   "language_group": "synapse_pyspark"
# META }

# CELL ********************

steps.append({"layer": "gold", "table": "dimcompany", "select": r"""
-- @generated by `cargo codegen generate` from schema/dimensions/dimcompany.yaml. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
WITH types AS (
  SELECT y.parentId, array_join(transform(array_sort(collect_list(struct(y.id IS NULL AS n, y.id AS o, y.listIndex AS p, regexp_replace(y.name, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS v))), x -> x.v), ', ') AS names
  FROM silver.cw_company_types AS y
  GROUP BY y.parentId
),
entity AS (
  SELECT
    c.id AS companyId,
    regexp_replace(c.identifier, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS companyIdentifier,
    regexp_replace(c.name, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS companyName,
    types.names AS companyType,
    regexp_replace(c.statusName, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS companyStatus,
    regexp_replace(c.territoryName, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS territory,
    COALESCE(c.deletedFlag, false) OR c._etl_deleted_at IS NOT NULL AS isDeleted
  FROM silver.cw_company AS c
  LEFT JOIN types ON types.parentId = c.id
),
reference AS (
  SELECT
    x.companyId AS companyId,
    regexp_replace(x.companyIdentifier, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS companyIdentifier,
    regexp_replace(x.companyName, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS companyName,
    COALESCE(unix_micros(x.infoLastUpdated), -9000000000000000000) AS recency,
    x.id AS record
  FROM silver.cw_expenseentry AS x
  WHERE x._etl_deleted_at IS NULL AND x.companyId IS NOT NULL
  UNION ALL
  SELECT
    i.companyId AS companyId,
    regexp_replace(i.companyIdentifier, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS companyIdentifier,
    regexp_replace(i.companyName, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS companyName,
    COALESCE(unix_micros(i.infoLastUpdated), -9000000000000000000) AS recency,
    i.id AS record
  FROM silver.cw_invoice AS i
  WHERE i._etl_deleted_at IS NULL AND i.companyId IS NOT NULL
  UNION ALL
  SELECT
    p.companyId AS companyId,
    regexp_replace(p.companyIdentifier, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS companyIdentifier,
    regexp_replace(p.companyName, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS companyName,
    COALESCE(unix_micros(p.infoLastUpdated), -9000000000000000000) AS recency,
    p.id AS record
  FROM silver.cw_productitem AS p
  WHERE p._etl_deleted_at IS NULL AND p.companyId IS NOT NULL
  UNION ALL
  SELECT
    t.companyId AS companyId,
    regexp_replace(t.companyIdentifier, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS companyIdentifier,
    regexp_replace(t.companyName, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS companyName,
    COALESCE(unix_micros(t.infoLastUpdated), -9000000000000000000) AS recency,
    t.id AS record
  FROM silver.cw_timeentry AS t
  WHERE t._etl_deleted_at IS NULL AND t.companyId IS NOT NULL
),
-- The few that are no rows yet: a window over all references would have to sort them. The entity comes first, as the
-- side of a join that is held in memory where an engine can't tell which is smaller.
unlisted AS (
  SELECT r.*
  FROM entity AS e
  RIGHT JOIN reference AS r ON r.companyId = e.companyId
  WHERE e.companyId IS NULL
),
newest AS (
  SELECT
    *,
    ROW_NUMBER() OVER (
      PARTITION BY companyId
      ORDER BY recency DESC, record DESC, companyIdentifier NULLS LAST, companyName NULLS LAST
    ) AS place
  FROM unlisted
),
member AS (
  SELECT
    -1 AS CompanyKey,
    CAST(NULL AS BIGINT) AS companyId,
    'Unknown' AS companyIdentifier,
    'Unknown' AS companyName,
    CAST(NULL AS STRING) AS companyType,
    CAST(NULL AS STRING) AS companyStatus,
    CAST(NULL AS STRING) AS territory,
    false AS isDeleted,
    false AS isInferred
  UNION ALL
  SELECT
    companyId AS CompanyKey,
    companyId,
    companyIdentifier,
    companyName,
    companyType,
    companyStatus,
    territory,
    isDeleted,
    false AS isInferred
  FROM entity
  WHERE companyId <> -1
  UNION ALL
  SELECT
    r.companyId AS CompanyKey,
    r.companyId,
    r.companyIdentifier,
    r.companyName,
    CAST(NULL AS STRING) AS companyType,
    CAST(NULL AS STRING) AS companyStatus,
    CAST(NULL AS STRING) AS territory,
    false AS isDeleted,
    true AS isInferred
  FROM newest AS r
  WHERE r.place = 1 AND r.companyId <> -1
)
SELECT
  CAST(CompanyKey AS BIGINT) AS CompanyKey,
  CAST(companyId AS BIGINT) AS companyId,
  companyIdentifier,
  companyName,
  companyType,
  companyStatus,
  territory,
  isDeleted,
  isInferred
FROM member
""", "merge": r"""
-- @generated by `cargo codegen generate` from schema/dimensions/dimcompany.yaml. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS gold.dimcompany (
  CompanyKey BIGINT NOT NULL,
  companyId BIGINT,
  companyIdentifier STRING,
  companyName STRING,
  companyType STRING,
  companyStatus STRING,
  territory STRING,
  isDeleted BOOLEAN,
  isInferred BOOLEAN
)
USING DELTA
TBLPROPERTIES ('delta.enableDeletionVectors' = 'false');
SELECT
  COALESCE(n.CompanyKey, o.CompanyKey) AS CompanyKey,
  n.companyId,
  n.companyIdentifier,
  n.companyName,
  n.companyType,
  n.companyStatus,
  n.territory,
  n.isDeleted,
  n.isInferred,
  n.CompanyKey IS NULL AS _etl_gone
FROM computed AS n
FULL OUTER JOIN gold.dimcompany AS o ON o.CompanyKey = n.CompanyKey
WHERE n.CompanyKey IS NULL OR o.CompanyKey IS NULL OR NOT (
  n.companyId <=> o.companyId AND
  n.companyIdentifier <=> o.companyIdentifier AND
  n.companyName <=> o.companyName AND
  n.companyType <=> o.companyType AND
  n.companyStatus <=> o.companyStatus AND
  n.territory <=> o.territory AND
  n.isDeleted <=> o.isDeleted AND
  n.isInferred <=> o.isInferred
);
MERGE INTO gold.dimcompany AS t
USING changed AS s
ON t.CompanyKey = s.CompanyKey
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  companyId = s.companyId,
  companyIdentifier = s.companyIdentifier,
  companyName = s.companyName,
  companyType = s.companyType,
  companyStatus = s.companyStatus,
  territory = s.territory,
  isDeleted = s.isDeleted,
  isInferred = s.isInferred
WHEN NOT MATCHED AND NOT s._etl_gone THEN INSERT (
  CompanyKey,
  companyId,
  companyIdentifier,
  companyName,
  companyType,
  companyStatus,
  territory,
  isDeleted,
  isInferred
) VALUES (
  s.CompanyKey,
  s.companyId,
  s.companyIdentifier,
  s.companyName,
  s.companyType,
  s.companyStatus,
  s.territory,
  s.isDeleted,
  s.isInferred
)
"""})

# METADATA ********************

# META {
# META   "language": "python",
# META   "language_group": "synapse_pyspark"
# META }

# CELL ********************

steps.append({"layer": "gold", "table": "dimdepartment", "select": r"""
-- @generated by `cargo codegen generate` from schema/dimensions/dimdepartment.yaml. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
WITH reference AS (
  SELECT
    t.departmentId AS departmentId,
    regexp_replace(t.departmentName, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS departmentName,
    COALESCE(unix_micros(t.infoLastUpdated), -9000000000000000000) AS recency,
    t.id AS record
  FROM silver.cw_timeentry AS t
  WHERE t._etl_deleted_at IS NULL AND t.departmentId IS NOT NULL
),
-- Of each key the latest time first: a window over all references would have to sort them.
latest AS (
  SELECT departmentId, MAX(recency) AS recency
  FROM reference
  GROUP BY departmentId
),
newest AS (
  SELECT
    r.*,
    ROW_NUMBER() OVER (
      PARTITION BY r.departmentId
      ORDER BY r.record DESC, r.departmentName NULLS LAST
    ) AS place
  FROM latest AS l
  JOIN reference AS r ON r.departmentId = l.departmentId AND r.recency = l.recency
),
member AS (
  SELECT
    -1 AS DepartmentKey,
    CAST(NULL AS BIGINT) AS departmentId,
    'Unknown' AS departmentName,
    false AS isInferred
  UNION ALL
  SELECT
    r.departmentId AS DepartmentKey,
    r.departmentId,
    r.departmentName,
    false AS isInferred
  FROM newest AS r
  WHERE r.place = 1 AND r.departmentId <> -1
)
SELECT
  CAST(DepartmentKey AS BIGINT) AS DepartmentKey,
  CAST(departmentId AS BIGINT) AS departmentId,
  departmentName,
  isInferred
FROM member
""", "merge": r"""
-- @generated by `cargo codegen generate` from schema/dimensions/dimdepartment.yaml. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS gold.dimdepartment (
  DepartmentKey BIGINT NOT NULL,
  departmentId BIGINT,
  departmentName STRING,
  isInferred BOOLEAN
)
USING DELTA
TBLPROPERTIES ('delta.enableDeletionVectors' = 'false');
SELECT
  COALESCE(n.DepartmentKey, o.DepartmentKey) AS DepartmentKey,
  n.departmentId,
  n.departmentName,
  n.isInferred,
  n.DepartmentKey IS NULL AS _etl_gone
FROM computed AS n
FULL OUTER JOIN gold.dimdepartment AS o ON o.DepartmentKey = n.DepartmentKey
WHERE n.DepartmentKey IS NULL OR o.DepartmentKey IS NULL OR NOT (
  n.departmentId <=> o.departmentId AND
  n.departmentName <=> o.departmentName AND
  n.isInferred <=> o.isInferred
);
MERGE INTO gold.dimdepartment AS t
USING changed AS s
ON t.DepartmentKey = s.DepartmentKey
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  departmentId = s.departmentId,
  departmentName = s.departmentName,
  isInferred = s.isInferred
WHEN NOT MATCHED AND NOT s._etl_gone THEN INSERT (
  DepartmentKey,
  departmentId,
  departmentName,
  isInferred
) VALUES (
  s.DepartmentKey,
  s.departmentId,
  s.departmentName,
  s.isInferred
)
"""})

# METADATA ********************

# META {
# META   "language": "python",
# META   "language_group": "synapse_pyspark"
# META }

# CELL ********************

steps.append({"layer": "gold", "table": "dimexpensetype", "select": r"""
-- @generated by `cargo codegen generate` from schema/dimensions/dimexpensetype.yaml. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
WITH reference AS (
  SELECT
    x.typeId AS expenseTypeId,
    regexp_replace(x.typeName, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS expenseTypeName,
    COALESCE(unix_micros(x.infoLastUpdated), -9000000000000000000) AS recency,
    x.id AS record
  FROM silver.cw_expenseentry AS x
  WHERE x._etl_deleted_at IS NULL AND x.typeId IS NOT NULL
),
-- Of each key the latest time first: a window over all references would have to sort them.
latest AS (
  SELECT expenseTypeId, MAX(recency) AS recency
  FROM reference
  GROUP BY expenseTypeId
),
newest AS (
  SELECT
    r.*,
    ROW_NUMBER() OVER (
      PARTITION BY r.expenseTypeId
      ORDER BY r.record DESC, r.expenseTypeName NULLS LAST
    ) AS place
  FROM latest AS l
  JOIN reference AS r ON r.expenseTypeId = l.expenseTypeId AND r.recency = l.recency
),
member AS (
  SELECT
    -1 AS ExpenseTypeKey,
    CAST(NULL AS BIGINT) AS expenseTypeId,
    'Unknown' AS expenseTypeName,
    false AS isInferred
  UNION ALL
  SELECT
    r.expenseTypeId AS ExpenseTypeKey,
    r.expenseTypeId,
    r.expenseTypeName,
    false AS isInferred
  FROM newest AS r
  WHERE r.place = 1 AND r.expenseTypeId <> -1
)
SELECT
  CAST(ExpenseTypeKey AS BIGINT) AS ExpenseTypeKey,
  CAST(expenseTypeId AS BIGINT) AS expenseTypeId,
  expenseTypeName,
  isInferred
FROM member
""", "merge": r"""
-- @generated by `cargo codegen generate` from schema/dimensions/dimexpensetype.yaml. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS gold.dimexpensetype (
  ExpenseTypeKey BIGINT NOT NULL,
  expenseTypeId BIGINT,
  expenseTypeName STRING,
  isInferred BOOLEAN
)
USING DELTA
TBLPROPERTIES ('delta.enableDeletionVectors' = 'false');
SELECT
  COALESCE(n.ExpenseTypeKey, o.ExpenseTypeKey) AS ExpenseTypeKey,
  n.expenseTypeId,
  n.expenseTypeName,
  n.isInferred,
  n.ExpenseTypeKey IS NULL AS _etl_gone
FROM computed AS n
FULL OUTER JOIN gold.dimexpensetype AS o ON o.ExpenseTypeKey = n.ExpenseTypeKey
WHERE n.ExpenseTypeKey IS NULL OR o.ExpenseTypeKey IS NULL OR NOT (
  n.expenseTypeId <=> o.expenseTypeId AND
  n.expenseTypeName <=> o.expenseTypeName AND
  n.isInferred <=> o.isInferred
);
MERGE INTO gold.dimexpensetype AS t
USING changed AS s
ON t.ExpenseTypeKey = s.ExpenseTypeKey
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  expenseTypeId = s.expenseTypeId,
  expenseTypeName = s.expenseTypeName,
  isInferred = s.isInferred
WHEN NOT MATCHED AND NOT s._etl_gone THEN INSERT (
  ExpenseTypeKey,
  expenseTypeId,
  expenseTypeName,
  isInferred
) VALUES (
  s.ExpenseTypeKey,
  s.expenseTypeId,
  s.expenseTypeName,
  s.isInferred
)
"""})

# METADATA ********************

# META {
# META   "language": "python",
# META   "language_group": "synapse_pyspark"
# META }

# CELL ********************

steps.append({"layer": "gold", "table": "dimmember", "select": r"""
-- @generated by `cargo codegen generate` from schema/dimensions/dimmember.yaml. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
WITH entity AS (
  SELECT
    m.id AS memberId,
    regexp_replace(m.identifier, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS memberIdentifier,
    NULLIF(regexp_replace(CONCAT_WS(' ', regexp_replace(m.firstName, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', ''), regexp_replace(m.lastName, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '')), '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', ''), '') AS memberName,
    regexp_replace(m.officeEmail, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS officeEmail,
    COALESCE(m.inactiveFlag, false) AS inactiveFlag,
    TRY_CAST(m.dailyCapacity AS DECIMAL(19, 4)) AS dailyCapacity,
    m.hireDate AS hireDate,
    m.inactiveDate AS inactiveDate,
    COALESCE(m.includeInUtilizationReportingFlag, false) AS includeInUtilization,
    regexp_replace(m.defaultDepartmentName, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS defaultDepartmentName,
    regexp_replace(m.workRoleName, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS workRoleName,
    regexp_replace(m.reportsToName, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS reportsToName,
    m._etl_deleted_at IS NOT NULL AS isDeleted
  FROM silver.cw_member AS m
),
reference AS (
  SELECT
    x.memberId AS memberId,
    regexp_replace(x.memberIdentifier, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS memberIdentifier,
    regexp_replace(x.memberName, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS memberName,
    TRY_CAST(x.memberDailyCapacity AS DECIMAL(19, 4)) AS dailyCapacity,
    COALESCE(unix_micros(x.infoLastUpdated), -9000000000000000000) AS recency,
    x.id AS record
  FROM silver.cw_expenseentry AS x
  WHERE x._etl_deleted_at IS NULL AND x.memberId IS NOT NULL
  UNION ALL
  SELECT
    t.memberId AS memberId,
    regexp_replace(t.memberIdentifier, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS memberIdentifier,
    regexp_replace(t.memberName, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS memberName,
    TRY_CAST(t.memberDailyCapacity AS DECIMAL(19, 4)) AS dailyCapacity,
    COALESCE(unix_micros(t.infoLastUpdated), -9000000000000000000) AS recency,
    t.id AS record
  FROM silver.cw_timeentry AS t
  WHERE t._etl_deleted_at IS NULL AND t.memberId IS NOT NULL
),
-- The few that are no rows yet: a window over all references would have to sort them. The entity comes first, as the
-- side of a join that is held in memory where an engine can't tell which is smaller.
unlisted AS (
  SELECT r.*
  FROM entity AS e
  RIGHT JOIN reference AS r ON r.memberId = e.memberId
  WHERE e.memberId IS NULL
),
newest AS (
  SELECT
    *,
    ROW_NUMBER() OVER (
      PARTITION BY memberId
      ORDER BY recency DESC, record DESC, memberIdentifier NULLS LAST, memberName NULLS LAST, dailyCapacity NULLS LAST
    ) AS place
  FROM unlisted
),
member AS (
  SELECT
    -1 AS MemberKey,
    CAST(NULL AS BIGINT) AS memberId,
    'Unknown' AS memberIdentifier,
    'Unknown' AS memberName,
    CAST(NULL AS STRING) AS officeEmail,
    false AS inactiveFlag,
    CAST(NULL AS DECIMAL(19, 4)) AS dailyCapacity,
    CAST(NULL AS TIMESTAMP) AS hireDate,
    CAST(NULL AS TIMESTAMP) AS inactiveDate,
    false AS includeInUtilization,
    CAST(NULL AS STRING) AS defaultDepartmentName,
    CAST(NULL AS STRING) AS workRoleName,
    CAST(NULL AS STRING) AS reportsToName,
    false AS isDeleted,
    false AS isInferred
  UNION ALL
  SELECT
    memberId AS MemberKey,
    memberId,
    memberIdentifier,
    memberName,
    officeEmail,
    inactiveFlag,
    dailyCapacity,
    hireDate,
    inactiveDate,
    includeInUtilization,
    defaultDepartmentName,
    workRoleName,
    reportsToName,
    isDeleted,
    false AS isInferred
  FROM entity
  WHERE memberId <> -1
  UNION ALL
  SELECT
    r.memberId AS MemberKey,
    r.memberId,
    r.memberIdentifier,
    r.memberName,
    CAST(NULL AS STRING) AS officeEmail,
    false AS inactiveFlag,
    r.dailyCapacity,
    CAST(NULL AS TIMESTAMP) AS hireDate,
    CAST(NULL AS TIMESTAMP) AS inactiveDate,
    false AS includeInUtilization,
    CAST(NULL AS STRING) AS defaultDepartmentName,
    CAST(NULL AS STRING) AS workRoleName,
    CAST(NULL AS STRING) AS reportsToName,
    false AS isDeleted,
    true AS isInferred
  FROM newest AS r
  WHERE r.place = 1 AND r.memberId <> -1
)
SELECT
  CAST(MemberKey AS BIGINT) AS MemberKey,
  CAST(memberId AS BIGINT) AS memberId,
  memberIdentifier,
  memberName,
  officeEmail,
  inactiveFlag,
  CAST(dailyCapacity AS DECIMAL(19, 4)) AS dailyCapacity,
  hireDate,
  inactiveDate,
  includeInUtilization,
  defaultDepartmentName,
  workRoleName,
  reportsToName,
  isDeleted,
  isInferred
FROM member
""", "merge": r"""
-- @generated by `cargo codegen generate` from schema/dimensions/dimmember.yaml. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS gold.dimmember (
  MemberKey BIGINT NOT NULL,
  memberId BIGINT,
  memberIdentifier STRING,
  memberName STRING,
  officeEmail STRING,
  inactiveFlag BOOLEAN,
  dailyCapacity DECIMAL(19, 4),
  hireDate TIMESTAMP,
  inactiveDate TIMESTAMP,
  includeInUtilization BOOLEAN,
  defaultDepartmentName STRING,
  workRoleName STRING,
  reportsToName STRING,
  isDeleted BOOLEAN,
  isInferred BOOLEAN
)
USING DELTA
TBLPROPERTIES ('delta.enableDeletionVectors' = 'false');
SELECT
  COALESCE(n.MemberKey, o.MemberKey) AS MemberKey,
  n.memberId,
  n.memberIdentifier,
  n.memberName,
  n.officeEmail,
  n.inactiveFlag,
  n.dailyCapacity,
  n.hireDate,
  n.inactiveDate,
  n.includeInUtilization,
  n.defaultDepartmentName,
  n.workRoleName,
  n.reportsToName,
  n.isDeleted,
  n.isInferred,
  n.MemberKey IS NULL AS _etl_gone
FROM computed AS n
FULL OUTER JOIN gold.dimmember AS o ON o.MemberKey = n.MemberKey
WHERE n.MemberKey IS NULL OR o.MemberKey IS NULL OR NOT (
  n.memberId <=> o.memberId AND
  n.memberIdentifier <=> o.memberIdentifier AND
  n.memberName <=> o.memberName AND
  n.officeEmail <=> o.officeEmail AND
  n.inactiveFlag <=> o.inactiveFlag AND
  n.dailyCapacity <=> o.dailyCapacity AND
  n.hireDate <=> o.hireDate AND
  n.inactiveDate <=> o.inactiveDate AND
  n.includeInUtilization <=> o.includeInUtilization AND
  n.defaultDepartmentName <=> o.defaultDepartmentName AND
  n.workRoleName <=> o.workRoleName AND
  n.reportsToName <=> o.reportsToName AND
  n.isDeleted <=> o.isDeleted AND
  n.isInferred <=> o.isInferred
);
MERGE INTO gold.dimmember AS t
USING changed AS s
ON t.MemberKey = s.MemberKey
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  memberId = s.memberId,
  memberIdentifier = s.memberIdentifier,
  memberName = s.memberName,
  officeEmail = s.officeEmail,
  inactiveFlag = s.inactiveFlag,
  dailyCapacity = s.dailyCapacity,
  hireDate = s.hireDate,
  inactiveDate = s.inactiveDate,
  includeInUtilization = s.includeInUtilization,
  defaultDepartmentName = s.defaultDepartmentName,
  workRoleName = s.workRoleName,
  reportsToName = s.reportsToName,
  isDeleted = s.isDeleted,
  isInferred = s.isInferred
WHEN NOT MATCHED AND NOT s._etl_gone THEN INSERT (
  MemberKey,
  memberId,
  memberIdentifier,
  memberName,
  officeEmail,
  inactiveFlag,
  dailyCapacity,
  hireDate,
  inactiveDate,
  includeInUtilization,
  defaultDepartmentName,
  workRoleName,
  reportsToName,
  isDeleted,
  isInferred
) VALUES (
  s.MemberKey,
  s.memberId,
  s.memberIdentifier,
  s.memberName,
  s.officeEmail,
  s.inactiveFlag,
  s.dailyCapacity,
  s.hireDate,
  s.inactiveDate,
  s.includeInUtilization,
  s.defaultDepartmentName,
  s.workRoleName,
  s.reportsToName,
  s.isDeleted,
  s.isInferred
)
"""})

# METADATA ********************

# META {
# META   "language": "python",
# META   "language_group": "synapse_pyspark"
# META }

# CELL ********************

steps.append({"layer": "gold", "table": "dimproduct", "select": r"""
-- @generated by `cargo codegen generate` from schema/dimensions/dimproduct.yaml. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
WITH reference AS (
  SELECT
    d.productId AS catalogItemId,
    regexp_replace(d.productIdentifier, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS catalogItemIdentifier,
    CAST(NULL AS STRING) AS catalogItemName,
    CAST(NULL AS STRING) AS productClass,
    COALESCE(unix_micros(d.infoLastUpdated), -9000000000000000000) AS recency,
    d.id AS record
  FROM silver.cw_agreementaddition AS d
  WHERE d._etl_deleted_at IS NULL AND d.productId IS NOT NULL
  UNION ALL
  SELECT
    p.catalogItemId AS catalogItemId,
    regexp_replace(p.catalogItemIdentifier, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS catalogItemIdentifier,
    regexp_replace(p.catalogItemName, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS catalogItemName,
    p.productClass AS productClass,
    COALESCE(unix_micros(p.infoLastUpdated), -9000000000000000000) AS recency,
    p.id AS record
  FROM silver.cw_productitem AS p
  WHERE p._etl_deleted_at IS NULL AND p.catalogItemId IS NOT NULL
),
-- Of each key the latest time first: a window over all references would have to sort them.
latest AS (
  SELECT catalogItemId, MAX(recency) AS recency
  FROM reference
  GROUP BY catalogItemId
),
newest AS (
  SELECT
    r.*,
    ROW_NUMBER() OVER (
      PARTITION BY r.catalogItemId
      ORDER BY r.record DESC, r.catalogItemIdentifier NULLS LAST, r.catalogItemName NULLS LAST, r.productClass NULLS LAST
    ) AS place
  FROM latest AS l
  JOIN reference AS r ON r.catalogItemId = l.catalogItemId AND r.recency = l.recency
),
member AS (
  SELECT
    -1 AS ProductKey,
    CAST(NULL AS BIGINT) AS catalogItemId,
    'Unknown' AS catalogItemIdentifier,
    'Unknown' AS catalogItemName,
    'Unknown' AS productClass,
    false AS isInferred
  UNION ALL
  SELECT
    r.catalogItemId AS ProductKey,
    r.catalogItemId,
    r.catalogItemIdentifier,
    r.catalogItemName,
    r.productClass,
    false AS isInferred
  FROM newest AS r
  WHERE r.place = 1 AND r.catalogItemId <> -1
)
SELECT
  CAST(ProductKey AS BIGINT) AS ProductKey,
  CAST(catalogItemId AS BIGINT) AS catalogItemId,
  catalogItemIdentifier,
  catalogItemName,
  productClass,
  isInferred
FROM member
""", "merge": r"""
-- @generated by `cargo codegen generate` from schema/dimensions/dimproduct.yaml. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS gold.dimproduct (
  ProductKey BIGINT NOT NULL,
  catalogItemId BIGINT,
  catalogItemIdentifier STRING,
  catalogItemName STRING,
  productClass STRING,
  isInferred BOOLEAN
)
USING DELTA
TBLPROPERTIES ('delta.enableDeletionVectors' = 'false');
SELECT
  COALESCE(n.ProductKey, o.ProductKey) AS ProductKey,
  n.catalogItemId,
  n.catalogItemIdentifier,
  n.catalogItemName,
  n.productClass,
  n.isInferred,
  n.ProductKey IS NULL AS _etl_gone
FROM computed AS n
FULL OUTER JOIN gold.dimproduct AS o ON o.ProductKey = n.ProductKey
WHERE n.ProductKey IS NULL OR o.ProductKey IS NULL OR NOT (
  n.catalogItemId <=> o.catalogItemId AND
  n.catalogItemIdentifier <=> o.catalogItemIdentifier AND
  n.catalogItemName <=> o.catalogItemName AND
  n.productClass <=> o.productClass AND
  n.isInferred <=> o.isInferred
);
MERGE INTO gold.dimproduct AS t
USING changed AS s
ON t.ProductKey = s.ProductKey
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  catalogItemId = s.catalogItemId,
  catalogItemIdentifier = s.catalogItemIdentifier,
  catalogItemName = s.catalogItemName,
  productClass = s.productClass,
  isInferred = s.isInferred
WHEN NOT MATCHED AND NOT s._etl_gone THEN INSERT (
  ProductKey,
  catalogItemId,
  catalogItemIdentifier,
  catalogItemName,
  productClass,
  isInferred
) VALUES (
  s.ProductKey,
  s.catalogItemId,
  s.catalogItemIdentifier,
  s.catalogItemName,
  s.productClass,
  s.isInferred
)
"""})

# METADATA ********************

# META {
# META   "language": "python",
# META   "language_group": "synapse_pyspark"
# META }

# CELL ********************

steps.append({"layer": "gold", "table": "dimproject", "select": r"""
-- @generated by `cargo codegen generate` from schema/dimensions/dimproject.yaml. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
WITH entity AS (
  SELECT
    p.id AS projectId,
    regexp_replace(p.name, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS projectName,
    p.companyId AS companyId,
    regexp_replace(p.statusName, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS status,
    COALESCE(p.closedFlag, false) AS isClosed,
    regexp_replace(p.managerName, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS manager,
    regexp_replace(p.billingMethod, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS billingMethod,
    TRY_CAST(p.budgetHours AS DECIMAL(19, 4)) AS budgetHours,
    TRY_CAST(p.actualHours AS DECIMAL(19, 4)) AS actualHours,
    TRY_CAST(p.percentComplete AS DECIMAL(19, 4)) AS percentComplete,
    TRY_CAST(COALESCE(TRY_CAST(p.estimatedTimeCost AS DECIMAL(19, 4)), 0) AS DECIMAL(19, 4)) AS estimatedTimeCost,
    TRY_CAST(COALESCE(TRY_CAST(p.estimatedExpenseCost AS DECIMAL(19, 4)), 0) AS DECIMAL(19, 4)) AS estimatedExpenseCost,
    TRY_CAST(COALESCE(TRY_CAST(p.estimatedProductCost AS DECIMAL(19, 4)), 0) AS DECIMAL(19, 4)) AS estimatedProductCost,
    TRY_CAST(COALESCE(TRY_CAST(p.estimatedTimeRevenue AS DECIMAL(19, 4)), 0) AS DECIMAL(19, 4)) AS estimatedTimeRevenue,
    TRY_CAST(COALESCE(TRY_CAST(p.estimatedExpenseRevenue AS DECIMAL(19, 4)), 0) AS DECIMAL(19, 4)) AS estimatedExpenseRevenue,
    TRY_CAST(COALESCE(TRY_CAST(p.estimatedProductRevenue AS DECIMAL(19, 4)), 0) AS DECIMAL(19, 4)) AS estimatedProductRevenue,
    p._etl_deleted_at IS NOT NULL AS isDeleted
  FROM silver.cw_project AS p
),
reference AS (
  SELECT
    x.projectId AS projectId,
    regexp_replace(x.projectName, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS projectName,
    COALESCE(unix_micros(x.infoLastUpdated), -9000000000000000000) AS recency,
    x.id AS record
  FROM silver.cw_expenseentry AS x
  WHERE x._etl_deleted_at IS NULL AND x.projectId IS NOT NULL
  UNION ALL
  SELECT
    t.projectId AS projectId,
    regexp_replace(t.projectName, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS projectName,
    COALESCE(unix_micros(t.infoLastUpdated), -9000000000000000000) AS recency,
    t.id AS record
  FROM silver.cw_timeentry AS t
  WHERE t._etl_deleted_at IS NULL AND t.projectId IS NOT NULL
),
-- The few that are no rows yet: a window over all references would have to sort them. The entity comes first, as the
-- side of a join that is held in memory where an engine can't tell which is smaller.
unlisted AS (
  SELECT r.*
  FROM entity AS e
  RIGHT JOIN reference AS r ON r.projectId = e.projectId
  WHERE e.projectId IS NULL
),
newest AS (
  SELECT
    *,
    ROW_NUMBER() OVER (
      PARTITION BY projectId
      ORDER BY recency DESC, record DESC, projectName NULLS LAST
    ) AS place
  FROM unlisted
),
member AS (
  SELECT
    -1 AS ProjectKey,
    CAST(NULL AS BIGINT) AS projectId,
    'Unknown' AS projectName,
    CAST(NULL AS BIGINT) AS companyId,
    CAST(NULL AS STRING) AS status,
    false AS isClosed,
    CAST(NULL AS STRING) AS manager,
    CAST(NULL AS STRING) AS billingMethod,
    CAST(NULL AS DECIMAL(19, 4)) AS budgetHours,
    CAST(NULL AS DECIMAL(19, 4)) AS actualHours,
    CAST(NULL AS DECIMAL(19, 4)) AS percentComplete,
    CAST(NULL AS DECIMAL(19, 4)) AS estimatedTimeCost,
    CAST(NULL AS DECIMAL(19, 4)) AS estimatedExpenseCost,
    CAST(NULL AS DECIMAL(19, 4)) AS estimatedProductCost,
    CAST(NULL AS DECIMAL(19, 4)) AS estimatedTimeRevenue,
    CAST(NULL AS DECIMAL(19, 4)) AS estimatedExpenseRevenue,
    CAST(NULL AS DECIMAL(19, 4)) AS estimatedProductRevenue,
    false AS isDeleted,
    false AS isInferred
  UNION ALL
  SELECT
    projectId AS ProjectKey,
    projectId,
    projectName,
    companyId,
    status,
    isClosed,
    manager,
    billingMethod,
    budgetHours,
    actualHours,
    percentComplete,
    estimatedTimeCost,
    estimatedExpenseCost,
    estimatedProductCost,
    estimatedTimeRevenue,
    estimatedExpenseRevenue,
    estimatedProductRevenue,
    isDeleted,
    false AS isInferred
  FROM entity
  WHERE projectId <> -1
  UNION ALL
  SELECT
    r.projectId AS ProjectKey,
    r.projectId,
    r.projectName,
    CAST(NULL AS BIGINT) AS companyId,
    CAST(NULL AS STRING) AS status,
    false AS isClosed,
    CAST(NULL AS STRING) AS manager,
    CAST(NULL AS STRING) AS billingMethod,
    CAST(NULL AS DECIMAL(19, 4)) AS budgetHours,
    CAST(NULL AS DECIMAL(19, 4)) AS actualHours,
    CAST(NULL AS DECIMAL(19, 4)) AS percentComplete,
    CAST(NULL AS DECIMAL(19, 4)) AS estimatedTimeCost,
    CAST(NULL AS DECIMAL(19, 4)) AS estimatedExpenseCost,
    CAST(NULL AS DECIMAL(19, 4)) AS estimatedProductCost,
    CAST(NULL AS DECIMAL(19, 4)) AS estimatedTimeRevenue,
    CAST(NULL AS DECIMAL(19, 4)) AS estimatedExpenseRevenue,
    CAST(NULL AS DECIMAL(19, 4)) AS estimatedProductRevenue,
    false AS isDeleted,
    true AS isInferred
  FROM newest AS r
  WHERE r.place = 1 AND r.projectId <> -1
),
step1 AS (
  SELECT
    *,
    estimatedTimeCost + estimatedExpenseCost + estimatedProductCost AS estimatedCost,
    estimatedTimeRevenue + estimatedExpenseRevenue + estimatedProductRevenue AS estimatedRevenue
  FROM member
)
SELECT
  CAST(ProjectKey AS BIGINT) AS ProjectKey,
  CAST(projectId AS BIGINT) AS projectId,
  projectName,
  CAST(companyId AS BIGINT) AS companyId,
  status,
  isClosed,
  manager,
  billingMethod,
  CAST(budgetHours AS DECIMAL(19, 4)) AS budgetHours,
  CAST(actualHours AS DECIMAL(19, 4)) AS actualHours,
  CAST(percentComplete AS DECIMAL(19, 4)) AS percentComplete,
  TRY_CAST(estimatedCost AS DECIMAL(19, 4)) AS estimatedCost,
  TRY_CAST(estimatedRevenue AS DECIMAL(19, 4)) AS estimatedRevenue,
  CAST(estimatedTimeCost AS DECIMAL(19, 4)) AS estimatedTimeCost,
  CAST(estimatedExpenseCost AS DECIMAL(19, 4)) AS estimatedExpenseCost,
  CAST(estimatedProductCost AS DECIMAL(19, 4)) AS estimatedProductCost,
  CAST(estimatedTimeRevenue AS DECIMAL(19, 4)) AS estimatedTimeRevenue,
  CAST(estimatedExpenseRevenue AS DECIMAL(19, 4)) AS estimatedExpenseRevenue,
  CAST(estimatedProductRevenue AS DECIMAL(19, 4)) AS estimatedProductRevenue,
  isDeleted,
  isInferred
FROM step1
""", "merge": r"""
-- @generated by `cargo codegen generate` from schema/dimensions/dimproject.yaml. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS gold.dimproject (
  ProjectKey BIGINT NOT NULL,
  projectId BIGINT,
  projectName STRING,
  companyId BIGINT,
  status STRING,
  isClosed BOOLEAN,
  manager STRING,
  billingMethod STRING,
  budgetHours DECIMAL(19, 4),
  actualHours DECIMAL(19, 4),
  percentComplete DECIMAL(19, 4),
  estimatedCost DECIMAL(19, 4),
  estimatedRevenue DECIMAL(19, 4),
  estimatedTimeCost DECIMAL(19, 4),
  estimatedExpenseCost DECIMAL(19, 4),
  estimatedProductCost DECIMAL(19, 4),
  estimatedTimeRevenue DECIMAL(19, 4),
  estimatedExpenseRevenue DECIMAL(19, 4),
  estimatedProductRevenue DECIMAL(19, 4),
  isDeleted BOOLEAN,
  isInferred BOOLEAN
)
USING DELTA
TBLPROPERTIES ('delta.enableDeletionVectors' = 'false');
SELECT
  COALESCE(n.ProjectKey, o.ProjectKey) AS ProjectKey,
  n.projectId,
  n.projectName,
  n.companyId,
  n.status,
  n.isClosed,
  n.manager,
  n.billingMethod,
  n.budgetHours,
  n.actualHours,
  n.percentComplete,
  n.estimatedCost,
  n.estimatedRevenue,
  n.estimatedTimeCost,
  n.estimatedExpenseCost,
  n.estimatedProductCost,
  n.estimatedTimeRevenue,
  n.estimatedExpenseRevenue,
  n.estimatedProductRevenue,
  n.isDeleted,
  n.isInferred,
  n.ProjectKey IS NULL AS _etl_gone
FROM computed AS n
FULL OUTER JOIN gold.dimproject AS o ON o.ProjectKey = n.ProjectKey
WHERE n.ProjectKey IS NULL OR o.ProjectKey IS NULL OR NOT (
  n.projectId <=> o.projectId AND
  n.projectName <=> o.projectName AND
  n.companyId <=> o.companyId AND
  n.status <=> o.status AND
  n.isClosed <=> o.isClosed AND
  n.manager <=> o.manager AND
  n.billingMethod <=> o.billingMethod AND
  n.budgetHours <=> o.budgetHours AND
  n.actualHours <=> o.actualHours AND
  n.percentComplete <=> o.percentComplete AND
  n.estimatedCost <=> o.estimatedCost AND
  n.estimatedRevenue <=> o.estimatedRevenue AND
  n.estimatedTimeCost <=> o.estimatedTimeCost AND
  n.estimatedExpenseCost <=> o.estimatedExpenseCost AND
  n.estimatedProductCost <=> o.estimatedProductCost AND
  n.estimatedTimeRevenue <=> o.estimatedTimeRevenue AND
  n.estimatedExpenseRevenue <=> o.estimatedExpenseRevenue AND
  n.estimatedProductRevenue <=> o.estimatedProductRevenue AND
  n.isDeleted <=> o.isDeleted AND
  n.isInferred <=> o.isInferred
);
MERGE INTO gold.dimproject AS t
USING changed AS s
ON t.ProjectKey = s.ProjectKey
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  projectId = s.projectId,
  projectName = s.projectName,
  companyId = s.companyId,
  status = s.status,
  isClosed = s.isClosed,
  manager = s.manager,
  billingMethod = s.billingMethod,
  budgetHours = s.budgetHours,
  actualHours = s.actualHours,
  percentComplete = s.percentComplete,
  estimatedCost = s.estimatedCost,
  estimatedRevenue = s.estimatedRevenue,
  estimatedTimeCost = s.estimatedTimeCost,
  estimatedExpenseCost = s.estimatedExpenseCost,
  estimatedProductCost = s.estimatedProductCost,
  estimatedTimeRevenue = s.estimatedTimeRevenue,
  estimatedExpenseRevenue = s.estimatedExpenseRevenue,
  estimatedProductRevenue = s.estimatedProductRevenue,
  isDeleted = s.isDeleted,
  isInferred = s.isInferred
WHEN NOT MATCHED AND NOT s._etl_gone THEN INSERT (
  ProjectKey,
  projectId,
  projectName,
  companyId,
  status,
  isClosed,
  manager,
  billingMethod,
  budgetHours,
  actualHours,
  percentComplete,
  estimatedCost,
  estimatedRevenue,
  estimatedTimeCost,
  estimatedExpenseCost,
  estimatedProductCost,
  estimatedTimeRevenue,
  estimatedExpenseRevenue,
  estimatedProductRevenue,
  isDeleted,
  isInferred
) VALUES (
  s.ProjectKey,
  s.projectId,
  s.projectName,
  s.companyId,
  s.status,
  s.isClosed,
  s.manager,
  s.billingMethod,
  s.budgetHours,
  s.actualHours,
  s.percentComplete,
  s.estimatedCost,
  s.estimatedRevenue,
  s.estimatedTimeCost,
  s.estimatedExpenseCost,
  s.estimatedProductCost,
  s.estimatedTimeRevenue,
  s.estimatedExpenseRevenue,
  s.estimatedProductRevenue,
  s.isDeleted,
  s.isInferred
)
"""})

# METADATA ********************

# META {
# META   "language": "python",
# META   "language_group": "synapse_pyspark"
# META }

# CELL ********************

steps.append({"layer": "gold", "table": "dimticket", "select": r"""
-- @generated by `cargo codegen generate` from schema/dimensions/dimticket.yaml. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
-- and the run's day, which stands for businessDate below: SET businessDate = 2026-06-15
WITH entity AS (
  SELECT
    k.id AS ticketId,
    regexp_replace(k.summary, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS summary,
    k.companyId AS companyId,
    regexp_replace(k.boardName, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS board,
    regexp_replace(k.statusName, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS status,
    regexp_replace(k.priorityName, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS priority,
    regexp_replace(k.typeName, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS type,
    regexp_replace(k.subTypeName, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS subType,
    regexp_replace(k.ownerName, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS owner,
    k.infoDateEntered AS dateEntered,
    CASE WHEN regexp_like(k.dateResolved, '^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?$') THEN TRY_CAST(k.dateResolved AS TIMESTAMP) END AS dateResolved,
    CASE WHEN regexp_like(k.closedDate, '^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?$') THEN TRY_CAST(k.closedDate AS TIMESTAMP) END AS closedDate,
    COALESCE(k.closedFlag, false) AS isClosed,
    k.isInSla AS isInSla,
    k.respondMinutes AS respondMinutes,
    k.resPlanMinutes AS planMinutes,
    k.resolveMinutes AS resolveMinutes,
    regexp_replace(k.slaName, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS slaName,
    CAST(datediff(COALESCE(CASE WHEN CAST(from_utc_timestamp(CASE WHEN regexp_like(k.closedDate, '^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?$') THEN TRY_CAST(k.closedDate AS TIMESTAMP) END, 'Atlantic/Reykjavik') AS DATE) BETWEEN DATE '0001-01-01' AND DATE '9999-12-31' THEN CAST(from_utc_timestamp(CASE WHEN regexp_like(k.closedDate, '^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?$') THEN TRY_CAST(k.closedDate AS TIMESTAMP) END, 'Atlantic/Reykjavik') AS DATE) END, DATE '${businessDate}'), CASE WHEN CAST(from_utc_timestamp(k.infoDateEntered, 'Atlantic/Reykjavik') AS DATE) BETWEEN DATE '0001-01-01' AND DATE '9999-12-31' THEN CAST(from_utc_timestamp(k.infoDateEntered, 'Atlantic/Reykjavik') AS DATE) END) AS BIGINT) AS ageDays,
    k._etl_deleted_at IS NOT NULL AS isDeleted
  FROM silver.cw_ticket AS k
),
reference AS (
  SELECT
    x.ticketId AS ticketId,
    regexp_replace(x.ticketSummary, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS summary,
    COALESCE(unix_micros(x.infoLastUpdated), -9000000000000000000) AS recency,
    x.id AS record
  FROM silver.cw_expenseentry AS x
  WHERE x._etl_deleted_at IS NULL AND x.ticketId IS NOT NULL
  UNION ALL
  SELECT
    t.ticketId AS ticketId,
    regexp_replace(t.ticketSummary, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS summary,
    COALESCE(unix_micros(t.infoLastUpdated), -9000000000000000000) AS recency,
    t.id AS record
  FROM silver.cw_timeentry AS t
  WHERE t._etl_deleted_at IS NULL AND t.ticketId IS NOT NULL
),
-- The few that are no rows yet: a window over all references would have to sort them. The entity comes first, as the
-- side of a join that is held in memory where an engine can't tell which is smaller.
unlisted AS (
  SELECT r.*
  FROM entity AS e
  RIGHT JOIN reference AS r ON r.ticketId = e.ticketId
  WHERE e.ticketId IS NULL
),
newest AS (
  SELECT
    *,
    ROW_NUMBER() OVER (
      PARTITION BY ticketId
      ORDER BY recency DESC, record DESC, summary NULLS LAST
    ) AS place
  FROM unlisted
),
member AS (
  SELECT
    -1 AS TicketKey,
    CAST(NULL AS BIGINT) AS ticketId,
    'Unknown' AS summary,
    CAST(NULL AS BIGINT) AS companyId,
    CAST(NULL AS STRING) AS board,
    CAST(NULL AS STRING) AS status,
    CAST(NULL AS STRING) AS priority,
    CAST(NULL AS STRING) AS type,
    CAST(NULL AS STRING) AS subType,
    CAST(NULL AS STRING) AS owner,
    CAST(NULL AS TIMESTAMP) AS dateEntered,
    CAST(NULL AS TIMESTAMP) AS dateResolved,
    CAST(NULL AS TIMESTAMP) AS closedDate,
    false AS isClosed,
    CAST(NULL AS BOOLEAN) AS isInSla,
    CAST(NULL AS BIGINT) AS respondMinutes,
    CAST(NULL AS BIGINT) AS planMinutes,
    CAST(NULL AS BIGINT) AS resolveMinutes,
    CAST(NULL AS STRING) AS slaName,
    CAST(NULL AS BIGINT) AS ageDays,
    false AS isDeleted,
    false AS isInferred
  UNION ALL
  SELECT
    ticketId AS TicketKey,
    ticketId,
    summary,
    companyId,
    board,
    status,
    priority,
    type,
    subType,
    owner,
    dateEntered,
    dateResolved,
    closedDate,
    isClosed,
    isInSla,
    respondMinutes,
    planMinutes,
    resolveMinutes,
    slaName,
    ageDays,
    isDeleted,
    false AS isInferred
  FROM entity
  WHERE ticketId <> -1
  UNION ALL
  SELECT
    r.ticketId AS TicketKey,
    r.ticketId,
    r.summary,
    CAST(NULL AS BIGINT) AS companyId,
    CAST(NULL AS STRING) AS board,
    CAST(NULL AS STRING) AS status,
    CAST(NULL AS STRING) AS priority,
    CAST(NULL AS STRING) AS type,
    CAST(NULL AS STRING) AS subType,
    CAST(NULL AS STRING) AS owner,
    CAST(NULL AS TIMESTAMP) AS dateEntered,
    CAST(NULL AS TIMESTAMP) AS dateResolved,
    CAST(NULL AS TIMESTAMP) AS closedDate,
    false AS isClosed,
    CAST(NULL AS BOOLEAN) AS isInSla,
    CAST(NULL AS BIGINT) AS respondMinutes,
    CAST(NULL AS BIGINT) AS planMinutes,
    CAST(NULL AS BIGINT) AS resolveMinutes,
    CAST(NULL AS STRING) AS slaName,
    CAST(NULL AS BIGINT) AS ageDays,
    false AS isDeleted,
    true AS isInferred
  FROM newest AS r
  WHERE r.place = 1 AND r.ticketId <> -1
)
SELECT
  CAST(TicketKey AS BIGINT) AS TicketKey,
  CAST(ticketId AS BIGINT) AS ticketId,
  summary,
  CAST(companyId AS BIGINT) AS companyId,
  board,
  status,
  priority,
  type,
  subType,
  owner,
  dateEntered,
  dateResolved,
  closedDate,
  isClosed,
  isInSla,
  CAST(respondMinutes AS BIGINT) AS respondMinutes,
  CAST(planMinutes AS BIGINT) AS planMinutes,
  CAST(resolveMinutes AS BIGINT) AS resolveMinutes,
  slaName,
  CAST(ageDays AS BIGINT) AS ageDays,
  isDeleted,
  isInferred
FROM member
""", "merge": r"""
-- @generated by `cargo codegen generate` from schema/dimensions/dimticket.yaml. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS gold.dimticket (
  TicketKey BIGINT NOT NULL,
  ticketId BIGINT,
  summary STRING,
  companyId BIGINT,
  board STRING,
  status STRING,
  priority STRING,
  type STRING,
  subType STRING,
  owner STRING,
  dateEntered TIMESTAMP,
  dateResolved TIMESTAMP,
  closedDate TIMESTAMP,
  isClosed BOOLEAN,
  isInSla BOOLEAN,
  respondMinutes BIGINT,
  planMinutes BIGINT,
  resolveMinutes BIGINT,
  slaName STRING,
  ageDays BIGINT,
  isDeleted BOOLEAN,
  isInferred BOOLEAN
)
USING DELTA
TBLPROPERTIES ('delta.enableDeletionVectors' = 'false');
SELECT
  COALESCE(n.TicketKey, o.TicketKey) AS TicketKey,
  n.ticketId,
  n.summary,
  n.companyId,
  n.board,
  n.status,
  n.priority,
  n.type,
  n.subType,
  n.owner,
  n.dateEntered,
  n.dateResolved,
  n.closedDate,
  n.isClosed,
  n.isInSla,
  n.respondMinutes,
  n.planMinutes,
  n.resolveMinutes,
  n.slaName,
  n.ageDays,
  n.isDeleted,
  n.isInferred,
  n.TicketKey IS NULL AS _etl_gone
FROM computed AS n
FULL OUTER JOIN gold.dimticket AS o ON o.TicketKey = n.TicketKey
WHERE n.TicketKey IS NULL OR o.TicketKey IS NULL OR NOT (
  n.ticketId <=> o.ticketId AND
  n.summary <=> o.summary AND
  n.companyId <=> o.companyId AND
  n.board <=> o.board AND
  n.status <=> o.status AND
  n.priority <=> o.priority AND
  n.type <=> o.type AND
  n.subType <=> o.subType AND
  n.owner <=> o.owner AND
  n.dateEntered <=> o.dateEntered AND
  n.dateResolved <=> o.dateResolved AND
  n.closedDate <=> o.closedDate AND
  n.isClosed <=> o.isClosed AND
  n.isInSla <=> o.isInSla AND
  n.respondMinutes <=> o.respondMinutes AND
  n.planMinutes <=> o.planMinutes AND
  n.resolveMinutes <=> o.resolveMinutes AND
  n.slaName <=> o.slaName AND
  n.ageDays <=> o.ageDays AND
  n.isDeleted <=> o.isDeleted AND
  n.isInferred <=> o.isInferred
);
MERGE INTO gold.dimticket AS t
USING changed AS s
ON t.TicketKey = s.TicketKey
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  ticketId = s.ticketId,
  summary = s.summary,
  companyId = s.companyId,
  board = s.board,
  status = s.status,
  priority = s.priority,
  type = s.type,
  subType = s.subType,
  owner = s.owner,
  dateEntered = s.dateEntered,
  dateResolved = s.dateResolved,
  closedDate = s.closedDate,
  isClosed = s.isClosed,
  isInSla = s.isInSla,
  respondMinutes = s.respondMinutes,
  planMinutes = s.planMinutes,
  resolveMinutes = s.resolveMinutes,
  slaName = s.slaName,
  ageDays = s.ageDays,
  isDeleted = s.isDeleted,
  isInferred = s.isInferred
WHEN NOT MATCHED AND NOT s._etl_gone THEN INSERT (
  TicketKey,
  ticketId,
  summary,
  companyId,
  board,
  status,
  priority,
  type,
  subType,
  owner,
  dateEntered,
  dateResolved,
  closedDate,
  isClosed,
  isInSla,
  respondMinutes,
  planMinutes,
  resolveMinutes,
  slaName,
  ageDays,
  isDeleted,
  isInferred
) VALUES (
  s.TicketKey,
  s.ticketId,
  s.summary,
  s.companyId,
  s.board,
  s.status,
  s.priority,
  s.type,
  s.subType,
  s.owner,
  s.dateEntered,
  s.dateResolved,
  s.closedDate,
  s.isClosed,
  s.isInSla,
  s.respondMinutes,
  s.planMinutes,
  s.resolveMinutes,
  s.slaName,
  s.ageDays,
  s.isDeleted,
  s.isInferred
)
"""})

# METADATA ********************

# META {
# META   "language": "python",
# META   "language_group": "synapse_pyspark"
# META }

# CELL ********************

steps.append({"layer": "gold", "table": "dimtimeentrystatus", "select": r"""
-- @generated by `cargo codegen generate` from schema/dimensions/dimtimeentrystatus.yaml. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
WITH entity AS (
  SELECT 'Open' AS status
  UNION ALL SELECT 'Rejected' AS status
  UNION ALL SELECT 'PendingApproval' AS status
  UNION ALL SELECT 'ErrorsCorrected' AS status
  UNION ALL SELECT 'PendingProjectApproval' AS status
  UNION ALL SELECT 'ApprovedByTierOne' AS status
  UNION ALL SELECT 'RejectBySecondTier' AS status
  UNION ALL SELECT 'ApprovedByTierTwo' AS status
  UNION ALL SELECT 'ReadyToBill' AS status
  UNION ALL SELECT 'Billed' AS status
  UNION ALL SELECT 'WrittenOff' AS status
  UNION ALL SELECT 'BilledAgreement' AS status
),
reference AS (
  SELECT
    CASE WHEN regexp_replace(t.status, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN t.status END AS status,
    COALESCE(unix_micros(t.infoLastUpdated), -9000000000000000000) AS recency,
    t.id AS record
  FROM silver.cw_timeentry AS t
  WHERE t._etl_deleted_at IS NULL AND CASE WHEN regexp_replace(t.status, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN t.status END IS NOT NULL
),
-- The few that are no rows yet: a window over all references would have to sort them. The entity comes first, as the
-- side of a join that is held in memory where an engine can't tell which is smaller.
unlisted AS (
  SELECT r.*
  FROM entity AS e
  RIGHT JOIN reference AS r ON r.status = e.status
  WHERE e.status IS NULL
),
newest AS (
  SELECT
    *,
    ROW_NUMBER() OVER (
      PARTITION BY status
      ORDER BY recency DESC, record DESC
    ) AS place
  FROM unlisted
),
member AS (
  SELECT
    -1 AS TimeEntryStatusKey,
    'Unknown' AS status,
    false AS isInferred
  UNION ALL
  SELECT
    CASE WHEN status IS NOT NULL THEN xxhash64(status) & 9007199254740991 END AS TimeEntryStatusKey,
    status,
    false AS isInferred
  FROM entity
  UNION ALL
  SELECT
    CASE WHEN r.status IS NOT NULL THEN xxhash64(r.status) & 9007199254740991 END AS TimeEntryStatusKey,
    r.status,
    true AS isInferred
  FROM newest AS r
  WHERE r.place = 1
),
step1 AS (
  SELECT
    *,
    CASE WHEN status IN ('Open', 'Rejected', 'RejectBySecondTier') THEN 'Open' WHEN status IN ('PendingApproval', 'PendingProjectApproval', 'ErrorsCorrected') THEN 'Pending' WHEN status LIKE 'ApprovedBy%' THEN 'Approved' WHEN status = 'ReadyToBill' THEN 'Ready' WHEN status IN ('Billed', 'BilledAgreement') THEN 'Billed' WHEN status = 'WrittenOff' THEN 'Closed' ELSE 'Unknown' END AS statusCategory
  FROM member
)
SELECT
  CAST(TimeEntryStatusKey AS BIGINT) AS TimeEntryStatusKey,
  status,
  statusCategory,
  isInferred
FROM step1
""", "merge": r"""
-- @generated by `cargo codegen generate` from schema/dimensions/dimtimeentrystatus.yaml. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS gold.dimtimeentrystatus (
  TimeEntryStatusKey BIGINT NOT NULL,
  status STRING,
  statusCategory STRING,
  isInferred BOOLEAN
)
USING DELTA
TBLPROPERTIES ('delta.enableDeletionVectors' = 'false');
SELECT
  COALESCE(n.TimeEntryStatusKey, o.TimeEntryStatusKey) AS TimeEntryStatusKey,
  n.status,
  n.statusCategory,
  n.isInferred,
  n.TimeEntryStatusKey IS NULL AS _etl_gone
FROM computed AS n
FULL OUTER JOIN gold.dimtimeentrystatus AS o ON o.TimeEntryStatusKey = n.TimeEntryStatusKey
WHERE n.TimeEntryStatusKey IS NULL OR o.TimeEntryStatusKey IS NULL OR NOT (
  n.status <=> o.status AND
  n.statusCategory <=> o.statusCategory AND
  n.isInferred <=> o.isInferred
);
MERGE INTO gold.dimtimeentrystatus AS t
USING changed AS s
ON t.TimeEntryStatusKey = s.TimeEntryStatusKey
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  status = s.status,
  statusCategory = s.statusCategory,
  isInferred = s.isInferred
WHEN NOT MATCHED AND NOT s._etl_gone THEN INSERT (
  TimeEntryStatusKey,
  status,
  statusCategory,
  isInferred
) VALUES (
  s.TimeEntryStatusKey,
  s.status,
  s.statusCategory,
  s.isInferred
)
"""})

# METADATA ********************

# META {
# META   "language": "python",
# META   "language_group": "synapse_pyspark"
# META }

# CELL ********************

steps.append({"layer": "gold", "table": "dimworkrole", "select": r"""
-- @generated by `cargo codegen generate` from schema/dimensions/dimworkrole.yaml. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
WITH reference AS (
  SELECT
    t.workRoleId AS workRoleId,
    regexp_replace(t.workRoleName, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS workRoleName,
    COALESCE(unix_micros(t.infoLastUpdated), -9000000000000000000) AS recency,
    t.id AS record
  FROM silver.cw_timeentry AS t
  WHERE t._etl_deleted_at IS NULL AND t.workRoleId IS NOT NULL
),
-- Of each key the latest time first: a window over all references would have to sort them.
latest AS (
  SELECT workRoleId, MAX(recency) AS recency
  FROM reference
  GROUP BY workRoleId
),
newest AS (
  SELECT
    r.*,
    ROW_NUMBER() OVER (
      PARTITION BY r.workRoleId
      ORDER BY r.record DESC, r.workRoleName NULLS LAST
    ) AS place
  FROM latest AS l
  JOIN reference AS r ON r.workRoleId = l.workRoleId AND r.recency = l.recency
),
member AS (
  SELECT
    -1 AS WorkRoleKey,
    CAST(NULL AS BIGINT) AS workRoleId,
    'Unknown' AS workRoleName,
    false AS isInferred
  UNION ALL
  SELECT
    r.workRoleId AS WorkRoleKey,
    r.workRoleId,
    r.workRoleName,
    false AS isInferred
  FROM newest AS r
  WHERE r.place = 1 AND r.workRoleId <> -1
)
SELECT
  CAST(WorkRoleKey AS BIGINT) AS WorkRoleKey,
  CAST(workRoleId AS BIGINT) AS workRoleId,
  workRoleName,
  isInferred
FROM member
""", "merge": r"""
-- @generated by `cargo codegen generate` from schema/dimensions/dimworkrole.yaml. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS gold.dimworkrole (
  WorkRoleKey BIGINT NOT NULL,
  workRoleId BIGINT,
  workRoleName STRING,
  isInferred BOOLEAN
)
USING DELTA
TBLPROPERTIES ('delta.enableDeletionVectors' = 'false');
SELECT
  COALESCE(n.WorkRoleKey, o.WorkRoleKey) AS WorkRoleKey,
  n.workRoleId,
  n.workRoleName,
  n.isInferred,
  n.WorkRoleKey IS NULL AS _etl_gone
FROM computed AS n
FULL OUTER JOIN gold.dimworkrole AS o ON o.WorkRoleKey = n.WorkRoleKey
WHERE n.WorkRoleKey IS NULL OR o.WorkRoleKey IS NULL OR NOT (
  n.workRoleId <=> o.workRoleId AND
  n.workRoleName <=> o.workRoleName AND
  n.isInferred <=> o.isInferred
);
MERGE INTO gold.dimworkrole AS t
USING changed AS s
ON t.WorkRoleKey = s.WorkRoleKey
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  workRoleId = s.workRoleId,
  workRoleName = s.workRoleName,
  isInferred = s.isInferred
WHEN NOT MATCHED AND NOT s._etl_gone THEN INSERT (
  WorkRoleKey,
  workRoleId,
  workRoleName,
  isInferred
) VALUES (
  s.WorkRoleKey,
  s.workRoleId,
  s.workRoleName,
  s.isInferred
)
"""})

# METADATA ********************

# META {
# META   "language": "python",
# META   "language_group": "synapse_pyspark"
# META }

# CELL ********************

steps.append({"layer": "gold", "table": "dimworktype", "select": r"""
-- @generated by `cargo codegen generate` from schema/dimensions/dimworktype.yaml. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
WITH entity AS (
  SELECT
    w.id AS workTypeId,
    regexp_replace(w.name, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS workTypeName,
    w.utilizationFlag AS utilizationFlag,
    regexp_replace(w.billTime, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS billTime,
    TRY_CAST(w.costMultiplier AS DECIMAL(19, 4)) AS costMultiplier,
    w._etl_deleted_at IS NOT NULL AS isDeleted
  FROM silver.cw_worktype AS w
),
reference AS (
  SELECT
    t.workTypeId AS workTypeId,
    regexp_replace(t.workTypeName, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS workTypeName,
    t.workTypeUtilizationFlag AS utilizationFlag,
    COALESCE(unix_micros(t.infoLastUpdated), -9000000000000000000) AS recency,
    t.id AS record
  FROM silver.cw_timeentry AS t
  WHERE t._etl_deleted_at IS NULL AND t.workTypeId IS NOT NULL
),
-- The few that are no rows yet: a window over all references would have to sort them. The entity comes first, as the
-- side of a join that is held in memory where an engine can't tell which is smaller.
unlisted AS (
  SELECT r.*
  FROM entity AS e
  RIGHT JOIN reference AS r ON r.workTypeId = e.workTypeId
  WHERE e.workTypeId IS NULL
),
newest AS (
  SELECT
    *,
    ROW_NUMBER() OVER (
      PARTITION BY workTypeId
      ORDER BY recency DESC, record DESC, workTypeName NULLS LAST, utilizationFlag NULLS LAST
    ) AS place
  FROM unlisted
),
member AS (
  SELECT
    -1 AS WorkTypeKey,
    CAST(NULL AS BIGINT) AS workTypeId,
    'Unknown' AS workTypeName,
    CAST(NULL AS BOOLEAN) AS utilizationFlag,
    CAST(NULL AS STRING) AS billTime,
    CAST(NULL AS DECIMAL(19, 4)) AS costMultiplier,
    false AS isDeleted,
    false AS isInferred
  UNION ALL
  SELECT
    workTypeId AS WorkTypeKey,
    workTypeId,
    workTypeName,
    utilizationFlag,
    billTime,
    costMultiplier,
    isDeleted,
    false AS isInferred
  FROM entity
  WHERE workTypeId <> -1
  UNION ALL
  SELECT
    r.workTypeId AS WorkTypeKey,
    r.workTypeId,
    r.workTypeName,
    r.utilizationFlag,
    CAST(NULL AS STRING) AS billTime,
    CAST(NULL AS DECIMAL(19, 4)) AS costMultiplier,
    false AS isDeleted,
    true AS isInferred
  FROM newest AS r
  WHERE r.place = 1 AND r.workTypeId <> -1
)
SELECT
  CAST(WorkTypeKey AS BIGINT) AS WorkTypeKey,
  CAST(workTypeId AS BIGINT) AS workTypeId,
  workTypeName,
  utilizationFlag,
  billTime,
  CAST(costMultiplier AS DECIMAL(19, 4)) AS costMultiplier,
  isDeleted,
  isInferred
FROM member
""", "merge": r"""
-- @generated by `cargo codegen generate` from schema/dimensions/dimworktype.yaml. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS gold.dimworktype (
  WorkTypeKey BIGINT NOT NULL,
  workTypeId BIGINT,
  workTypeName STRING,
  utilizationFlag BOOLEAN,
  billTime STRING,
  costMultiplier DECIMAL(19, 4),
  isDeleted BOOLEAN,
  isInferred BOOLEAN
)
USING DELTA
TBLPROPERTIES ('delta.enableDeletionVectors' = 'false');
SELECT
  COALESCE(n.WorkTypeKey, o.WorkTypeKey) AS WorkTypeKey,
  n.workTypeId,
  n.workTypeName,
  n.utilizationFlag,
  n.billTime,
  n.costMultiplier,
  n.isDeleted,
  n.isInferred,
  n.WorkTypeKey IS NULL AS _etl_gone
FROM computed AS n
FULL OUTER JOIN gold.dimworktype AS o ON o.WorkTypeKey = n.WorkTypeKey
WHERE n.WorkTypeKey IS NULL OR o.WorkTypeKey IS NULL OR NOT (
  n.workTypeId <=> o.workTypeId AND
  n.workTypeName <=> o.workTypeName AND
  n.utilizationFlag <=> o.utilizationFlag AND
  n.billTime <=> o.billTime AND
  n.costMultiplier <=> o.costMultiplier AND
  n.isDeleted <=> o.isDeleted AND
  n.isInferred <=> o.isInferred
);
MERGE INTO gold.dimworktype AS t
USING changed AS s
ON t.WorkTypeKey = s.WorkTypeKey
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  workTypeId = s.workTypeId,
  workTypeName = s.workTypeName,
  utilizationFlag = s.utilizationFlag,
  billTime = s.billTime,
  costMultiplier = s.costMultiplier,
  isDeleted = s.isDeleted,
  isInferred = s.isInferred
WHEN NOT MATCHED AND NOT s._etl_gone THEN INSERT (
  WorkTypeKey,
  workTypeId,
  workTypeName,
  utilizationFlag,
  billTime,
  costMultiplier,
  isDeleted,
  isInferred
) VALUES (
  s.WorkTypeKey,
  s.workTypeId,
  s.workTypeName,
  s.utilizationFlag,
  s.billTime,
  s.costMultiplier,
  s.isDeleted,
  s.isInferred
)
"""})

# METADATA ********************

# META {
# META   "language": "python",
# META   "language_group": "synapse_pyspark"
# META }

# CELL ********************

steps.append({"layer": "gold", "table": "fact_agreementaddition", "select": r"""
-- @generated by `cargo codegen generate` from schema/facts/fact_agreementaddition.yaml. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
-- and the run's day, which stands for businessDate below: SET businessDate = 2026-06-15
-- One row an addition.
WITH source AS (
  SELECT
    d.id AS additionId,
    d.agreementId AS agreementId,
    g.companyId AS companyId,
    d.productId AS catalogItemId,
    COALESCE(d.agreementId, -1) AS AgreementKey,
    COALESCE(c.CompanyKey, -1) AS CompanyKey,
    COALESCE(d.productId, -1) AS ProductKey,
    COALESCE(CAST(date_format(CASE WHEN CAST(from_utc_timestamp(d.effectiveDate, 'UTC') AS DATE) BETWEEN DATE '0001-01-01' AND DATE '9999-12-31' THEN CAST(from_utc_timestamp(d.effectiveDate, 'UTC') AS DATE) END, 'yyyyMMdd') AS BIGINT), -1) AS EffectiveDateKey,
    COALESCE(CAST(date_format(CASE WHEN CAST(from_utc_timestamp(d.cancelledDate, 'UTC') AS DATE) BETWEEN DATE '0001-01-01' AND DATE '9999-12-31' THEN CAST(from_utc_timestamp(d.cancelledDate, 'UTC') AS DATE) END, 'yyyyMMdd') AS BIGINT), -1) AS CancelledDateKey,
    CASE WHEN CHAR_LENGTH(d.description) > 32764 THEN CONCAT(LEFT(d.description, 32763), '…') ELSE d.description END AS description,
    regexp_replace(d.billCustomer, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS billCustomer,
    d._etl_deleted_at IS NULL AND (d.effectiveDate IS NULL OR CASE WHEN CAST(from_utc_timestamp(d.effectiveDate, 'UTC') AS DATE) BETWEEN DATE '0001-01-01' AND DATE '9999-12-31' THEN CAST(from_utc_timestamp(d.effectiveDate, 'UTC') AS DATE) END <= DATE '${businessDate}') AND (d.cancelledDate IS NULL OR CASE WHEN CAST(from_utc_timestamp(d.cancelledDate, 'UTC') AS DATE) BETWEEN DATE '0001-01-01' AND DATE '9999-12-31' THEN CAST(from_utc_timestamp(d.cancelledDate, 'UTC') AS DATE) END > DATE '${businessDate}') AS isActive,
    COALESCE(TRY_CAST(d.quantity AS DECIMAL(19, 4)), 0) AS quantity,
    COALESCE(TRY_CAST(d.unitPrice AS DECIMAL(19, 4)), 0) AS unitPrice,
    COALESCE(TRY_CAST(d.unitCost AS DECIMAL(19, 4)), 0) AS unitCost,
    COALESCE(TRY_CAST(COALESCE(TRY_CAST(d.extPrice AS DECIMAL(19, 4)), TRY_CAST(ROUND(TRY_CAST(TRY_CAST(d.quantity AS DECIMAL(19, 4)) AS DECIMAL(18, 4)) * TRY_CAST(TRY_CAST(d.unitPrice AS DECIMAL(19, 4)) AS DECIMAL(18, 4)), 4) AS DECIMAL(19, 4))) AS DECIMAL(19, 4)), 0) AS extendedPrice,
    COALESCE(TRY_CAST(COALESCE(TRY_CAST(d.extCost AS DECIMAL(19, 4)), TRY_CAST(ROUND(TRY_CAST(TRY_CAST(d.quantity AS DECIMAL(19, 4)) AS DECIMAL(18, 4)) * TRY_CAST(TRY_CAST(d.unitCost AS DECIMAL(19, 4)) AS DECIMAL(18, 4)), 4) AS DECIMAL(19, 4))) AS DECIMAL(19, 4)), 0) AS extendedCost,
    CASE replace(replace(replace(replace(replace(replace(replace(lower(regexp_replace(g.billingCycleName, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}*:?\\p{IsWhite_Space}*$', '')), 'a\u0301', 'á'), 'e\u0301', 'é'), 'i\u0301', 'í'), 'o\u0301', 'ó'), 'u\u0301', 'ú'), 'y\u0301', 'ý'), 'o\u0308', 'ö')
  WHEN 'monthly' THEN 1
  WHEN 'mánaðarlega' THEN 1
  WHEN 'bi-monthly' THEN 2
  WHEN 'quarterly' THEN 3
  WHEN 'ársfjórðungslega' THEN 3
  WHEN 'semi-annually' THEN 6
  WHEN 'semi-annual' THEN 6
  WHEN 'annually' THEN 12
  WHEN 'annual' THEN 12
  WHEN 'yearly' THEN 12
  WHEN 'árlega' THEN 12
END AS cycleMonths
  FROM silver.cw_agreementaddition AS d
  LEFT JOIN silver.cw_agreement AS g ON g.id = d.agreementId
  LEFT JOIN gold.dimcompany AS c ON c.companyId = g.companyId
  WHERE d._etl_deleted_at IS NULL
),
step1 AS (
  SELECT
    *,
    COALESCE(CASE WHEN 100 * cycleMonths = 0 THEN 0 ELSE TRY_CAST(ROUND(100 * extendedPrice / 100 * cycleMonths, 4) AS DECIMAL(19, 4)) END, 0) AS monthlyPrice,
    COALESCE(CASE WHEN 100 * cycleMonths = 0 THEN 0 ELSE TRY_CAST(ROUND(100 * extendedCost / 100 * cycleMonths, 4) AS DECIMAL(19, 4)) END, 0) AS monthlyCost,
    COALESCE(extendedPrice - extendedCost, 0) AS margin
  FROM source
)
SELECT
  CAST(additionId AS BIGINT) AS additionId,
  CAST(agreementId AS BIGINT) AS agreementId,
  CAST(companyId AS BIGINT) AS companyId,
  CAST(catalogItemId AS BIGINT) AS catalogItemId,
  CAST(AgreementKey AS BIGINT) AS AgreementKey,
  CAST(CompanyKey AS BIGINT) AS CompanyKey,
  CAST(ProductKey AS BIGINT) AS ProductKey,
  CAST(EffectiveDateKey AS BIGINT) AS EffectiveDateKey,
  CAST(CancelledDateKey AS BIGINT) AS CancelledDateKey,
  description,
  billCustomer,
  isActive,
  CAST(quantity AS DECIMAL(19, 4)) AS quantity,
  CAST(unitPrice AS DECIMAL(19, 4)) AS unitPrice,
  CAST(unitCost AS DECIMAL(19, 4)) AS unitCost,
  CAST(extendedPrice AS DECIMAL(19, 4)) AS extendedPrice,
  CAST(extendedCost AS DECIMAL(19, 4)) AS extendedCost,
  CAST(cycleMonths AS BIGINT) AS cycleMonths,
  COALESCE(TRY_CAST(monthlyPrice AS DECIMAL(19, 4)), 0) AS monthlyPrice,
  COALESCE(TRY_CAST(monthlyCost AS DECIMAL(19, 4)), 0) AS monthlyCost,
  COALESCE(TRY_CAST(margin AS DECIMAL(19, 4)), 0) AS margin
FROM step1
""", "merge": r"""
-- @generated by `cargo codegen generate` from schema/facts/fact_agreementaddition.yaml. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS gold.fact_agreementaddition (
  additionId BIGINT NOT NULL,
  agreementId BIGINT,
  companyId BIGINT,
  catalogItemId BIGINT,
  AgreementKey BIGINT,
  CompanyKey BIGINT,
  ProductKey BIGINT,
  EffectiveDateKey BIGINT,
  CancelledDateKey BIGINT,
  description STRING,
  billCustomer STRING,
  isActive BOOLEAN,
  quantity DECIMAL(19, 4),
  unitPrice DECIMAL(19, 4),
  unitCost DECIMAL(19, 4),
  extendedPrice DECIMAL(19, 4),
  extendedCost DECIMAL(19, 4),
  cycleMonths BIGINT,
  monthlyPrice DECIMAL(19, 4),
  monthlyCost DECIMAL(19, 4),
  margin DECIMAL(19, 4)
)
USING DELTA
TBLPROPERTIES ('delta.enableDeletionVectors' = 'false');
SELECT
  COALESCE(n.additionId, o.additionId) AS additionId,
  n.agreementId,
  n.companyId,
  n.catalogItemId,
  n.AgreementKey,
  n.CompanyKey,
  n.ProductKey,
  n.EffectiveDateKey,
  n.CancelledDateKey,
  n.description,
  n.billCustomer,
  n.isActive,
  n.quantity,
  n.unitPrice,
  n.unitCost,
  n.extendedPrice,
  n.extendedCost,
  n.cycleMonths,
  n.monthlyPrice,
  n.monthlyCost,
  n.margin,
  n.additionId IS NULL AS _etl_gone
FROM computed AS n
FULL OUTER JOIN gold.fact_agreementaddition AS o ON o.additionId = n.additionId
WHERE n.additionId IS NULL OR o.additionId IS NULL OR NOT (
  n.agreementId <=> o.agreementId AND
  n.companyId <=> o.companyId AND
  n.catalogItemId <=> o.catalogItemId AND
  n.AgreementKey <=> o.AgreementKey AND
  n.CompanyKey <=> o.CompanyKey AND
  n.ProductKey <=> o.ProductKey AND
  n.EffectiveDateKey <=> o.EffectiveDateKey AND
  n.CancelledDateKey <=> o.CancelledDateKey AND
  n.description <=> o.description AND
  n.billCustomer <=> o.billCustomer AND
  n.isActive <=> o.isActive AND
  n.quantity <=> o.quantity AND
  n.unitPrice <=> o.unitPrice AND
  n.unitCost <=> o.unitCost AND
  n.extendedPrice <=> o.extendedPrice AND
  n.extendedCost <=> o.extendedCost AND
  n.cycleMonths <=> o.cycleMonths AND
  n.monthlyPrice <=> o.monthlyPrice AND
  n.monthlyCost <=> o.monthlyCost AND
  n.margin <=> o.margin
);
MERGE INTO gold.fact_agreementaddition AS t
USING changed AS s
ON t.additionId = s.additionId
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  agreementId = s.agreementId,
  companyId = s.companyId,
  catalogItemId = s.catalogItemId,
  AgreementKey = s.AgreementKey,
  CompanyKey = s.CompanyKey,
  ProductKey = s.ProductKey,
  EffectiveDateKey = s.EffectiveDateKey,
  CancelledDateKey = s.CancelledDateKey,
  description = s.description,
  billCustomer = s.billCustomer,
  isActive = s.isActive,
  quantity = s.quantity,
  unitPrice = s.unitPrice,
  unitCost = s.unitCost,
  extendedPrice = s.extendedPrice,
  extendedCost = s.extendedCost,
  cycleMonths = s.cycleMonths,
  monthlyPrice = s.monthlyPrice,
  monthlyCost = s.monthlyCost,
  margin = s.margin
WHEN NOT MATCHED AND NOT s._etl_gone THEN INSERT (
  additionId,
  agreementId,
  companyId,
  catalogItemId,
  AgreementKey,
  CompanyKey,
  ProductKey,
  EffectiveDateKey,
  CancelledDateKey,
  description,
  billCustomer,
  isActive,
  quantity,
  unitPrice,
  unitCost,
  extendedPrice,
  extendedCost,
  cycleMonths,
  monthlyPrice,
  monthlyCost,
  margin
) VALUES (
  s.additionId,
  s.agreementId,
  s.companyId,
  s.catalogItemId,
  s.AgreementKey,
  s.CompanyKey,
  s.ProductKey,
  s.EffectiveDateKey,
  s.CancelledDateKey,
  s.description,
  s.billCustomer,
  s.isActive,
  s.quantity,
  s.unitPrice,
  s.unitCost,
  s.extendedPrice,
  s.extendedCost,
  s.cycleMonths,
  s.monthlyPrice,
  s.monthlyCost,
  s.margin
)
"""})

# METADATA ********************

# META {
# META   "language": "python",
# META   "language_group": "synapse_pyspark"
# META }

# CELL ********************

steps.append({"layer": "gold", "table": "fact_agreementadjustment", "select": r"""
-- @generated by `cargo codegen generate` from schema/facts/fact_agreementadjustment.yaml. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
-- One row an adjustment.
WITH source AS (
  SELECT
    j.id AS adjustmentId,
    j.agreementId AS agreementId,
    COALESCE(j.agreementId, -1) AS AgreementKey,
    COALESCE(CAST(date_format(CASE WHEN CAST(from_utc_timestamp(j.effectiveDate, 'UTC') AS DATE) BETWEEN DATE '0001-01-01' AND DATE '9999-12-31' THEN CAST(from_utc_timestamp(j.effectiveDate, 'UTC') AS DATE) END, 'yyyyMMdd') AS BIGINT), -1) AS EffectiveDateKey,
    CASE WHEN CHAR_LENGTH(j.description) > 32764 THEN CONCAT(LEFT(j.description, 32763), '…') ELSE j.description END AS description,
    COALESCE(TRY_CAST(CASE WHEN g.applicationUnits IN ('Hours', 'Incidents') THEN 0 ELSE TRY_CAST(j.amount AS DECIMAL(19, 4)) END AS DECIMAL(19, 4)), 0) AS amount,
    COALESCE(TRY_CAST(CASE WHEN g.applicationUnits = 'Hours' THEN TRY_CAST(j.amount AS DECIMAL(19, 4)) ELSE 0 END AS DECIMAL(19, 4)), 0) AS hours,
    COALESCE(TRY_CAST(CASE WHEN g.applicationUnits = 'Incidents' THEN TRY_CAST(j.amount AS DECIMAL(19, 4)) ELSE 0 END AS DECIMAL(19, 4)), 0) AS incidents
  FROM silver.cw_agreementadjustment AS j
  LEFT JOIN silver.cw_agreement AS g ON g.id = j.agreementId
  WHERE j._etl_deleted_at IS NULL
)
SELECT
  CAST(adjustmentId AS BIGINT) AS adjustmentId,
  CAST(agreementId AS BIGINT) AS agreementId,
  CAST(AgreementKey AS BIGINT) AS AgreementKey,
  CAST(EffectiveDateKey AS BIGINT) AS EffectiveDateKey,
  description,
  CAST(amount AS DECIMAL(19, 4)) AS amount,
  CAST(hours AS DECIMAL(19, 4)) AS hours,
  CAST(incidents AS DECIMAL(19, 4)) AS incidents
FROM source
""", "merge": r"""
-- @generated by `cargo codegen generate` from schema/facts/fact_agreementadjustment.yaml. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS gold.fact_agreementadjustment (
  adjustmentId BIGINT NOT NULL,
  agreementId BIGINT,
  AgreementKey BIGINT,
  EffectiveDateKey BIGINT,
  description STRING,
  amount DECIMAL(19, 4),
  hours DECIMAL(19, 4),
  incidents DECIMAL(19, 4)
)
USING DELTA
TBLPROPERTIES ('delta.enableDeletionVectors' = 'false');
SELECT
  COALESCE(n.adjustmentId, o.adjustmentId) AS adjustmentId,
  n.agreementId,
  n.AgreementKey,
  n.EffectiveDateKey,
  n.description,
  n.amount,
  n.hours,
  n.incidents,
  n.adjustmentId IS NULL AS _etl_gone
FROM computed AS n
FULL OUTER JOIN gold.fact_agreementadjustment AS o ON o.adjustmentId = n.adjustmentId
WHERE n.adjustmentId IS NULL OR o.adjustmentId IS NULL OR NOT (
  n.agreementId <=> o.agreementId AND
  n.AgreementKey <=> o.AgreementKey AND
  n.EffectiveDateKey <=> o.EffectiveDateKey AND
  n.description <=> o.description AND
  n.amount <=> o.amount AND
  n.hours <=> o.hours AND
  n.incidents <=> o.incidents
);
MERGE INTO gold.fact_agreementadjustment AS t
USING changed AS s
ON t.adjustmentId = s.adjustmentId
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  agreementId = s.agreementId,
  AgreementKey = s.AgreementKey,
  EffectiveDateKey = s.EffectiveDateKey,
  description = s.description,
  amount = s.amount,
  hours = s.hours,
  incidents = s.incidents
WHEN NOT MATCHED AND NOT s._etl_gone THEN INSERT (
  adjustmentId,
  agreementId,
  AgreementKey,
  EffectiveDateKey,
  description,
  amount,
  hours,
  incidents
) VALUES (
  s.adjustmentId,
  s.agreementId,
  s.AgreementKey,
  s.EffectiveDateKey,
  s.description,
  s.amount,
  s.hours,
  s.incidents
)
"""})

# METADATA ********************

# META {
# META   "language": "python",
# META   "language_group": "synapse_pyspark"
# META }

# CELL ********************

steps.append({"layer": "gold", "table": "fact_agreementrecap", "select": r"""
-- @generated by `cargo codegen generate` from schema/facts/fact_agreementrecap.yaml. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
-- One row an agreement.
WITH source AS (
  SELECT
    r.id AS agreementId,
    COALESCE(a.AgreementKey, -1) AS AgreementKey,
    COALESCE(replace(replace(replace(replace(replace(replace(replace(lower(regexp_replace(r.isUnlimited, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}*:?\\p{IsWhite_Space}*$', '')), 'a\u0301', 'á'), 'e\u0301', 'é'), 'i\u0301', 'í'), 'o\u0301', 'ó'), 'u\u0301', 'ú'), 'y\u0301', 'ý'), 'o\u0308', 'ö') IN ('true', 'yes', '1'), false) AS isUnlimited,
    COALESCE(TRY_CAST(r.startingAmount AS DECIMAL(19, 4)), 0) AS starting,
    COALESCE(TRY_CAST(r.adjustmentAmount AS DECIMAL(19, 4)), 0) AS adjustment,
    COALESCE(TRY_CAST(r.availableAmount AS DECIMAL(19, 4)), 0) AS available,
    COALESCE(TRY_CAST(r.usedAmount AS DECIMAL(19, 4)), 0) AS used,
    COALESCE(TRY_CAST(r.remainingAmount AS DECIMAL(19, 4)), 0) AS remaining,
    COALESCE(TRY_CAST(r.overrunAmount AS DECIMAL(19, 4)), 0) AS overrun,
    COALESCE(TRY_CAST(r.unbilledOverageAmount AS DECIMAL(19, 4)), 0) AS unbilled
  FROM silver.cw_agreementrecap AS r
  LEFT JOIN gold.dimagreement AS a ON a.agreementId = r.id
  WHERE r._etl_deleted_at IS NULL
)
SELECT
  CAST(agreementId AS BIGINT) AS agreementId,
  CAST(AgreementKey AS BIGINT) AS AgreementKey,
  isUnlimited,
  CAST(starting AS DECIMAL(19, 4)) AS starting,
  CAST(adjustment AS DECIMAL(19, 4)) AS adjustment,
  CAST(available AS DECIMAL(19, 4)) AS available,
  CAST(used AS DECIMAL(19, 4)) AS used,
  CAST(remaining AS DECIMAL(19, 4)) AS remaining,
  CAST(overrun AS DECIMAL(19, 4)) AS overrun,
  CAST(unbilled AS DECIMAL(19, 4)) AS unbilled
FROM source
""", "merge": r"""
-- @generated by `cargo codegen generate` from schema/facts/fact_agreementrecap.yaml. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS gold.fact_agreementrecap (
  agreementId BIGINT NOT NULL,
  AgreementKey BIGINT,
  isUnlimited BOOLEAN,
  starting DECIMAL(19, 4),
  adjustment DECIMAL(19, 4),
  available DECIMAL(19, 4),
  used DECIMAL(19, 4),
  remaining DECIMAL(19, 4),
  overrun DECIMAL(19, 4),
  unbilled DECIMAL(19, 4)
)
USING DELTA
TBLPROPERTIES ('delta.enableDeletionVectors' = 'false');
SELECT
  COALESCE(n.agreementId, o.agreementId) AS agreementId,
  n.AgreementKey,
  n.isUnlimited,
  n.starting,
  n.adjustment,
  n.available,
  n.used,
  n.remaining,
  n.overrun,
  n.unbilled,
  n.agreementId IS NULL AS _etl_gone
FROM computed AS n
FULL OUTER JOIN gold.fact_agreementrecap AS o ON o.agreementId = n.agreementId
WHERE n.agreementId IS NULL OR o.agreementId IS NULL OR NOT (
  n.AgreementKey <=> o.AgreementKey AND
  n.isUnlimited <=> o.isUnlimited AND
  n.starting <=> o.starting AND
  n.adjustment <=> o.adjustment AND
  n.available <=> o.available AND
  n.used <=> o.used AND
  n.remaining <=> o.remaining AND
  n.overrun <=> o.overrun AND
  n.unbilled <=> o.unbilled
);
MERGE INTO gold.fact_agreementrecap AS t
USING changed AS s
ON t.agreementId = s.agreementId
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  AgreementKey = s.AgreementKey,
  isUnlimited = s.isUnlimited,
  starting = s.starting,
  adjustment = s.adjustment,
  available = s.available,
  used = s.used,
  remaining = s.remaining,
  overrun = s.overrun,
  unbilled = s.unbilled
WHEN NOT MATCHED AND NOT s._etl_gone THEN INSERT (
  agreementId,
  AgreementKey,
  isUnlimited,
  starting,
  adjustment,
  available,
  used,
  remaining,
  overrun,
  unbilled
) VALUES (
  s.agreementId,
  s.AgreementKey,
  s.isUnlimited,
  s.starting,
  s.adjustment,
  s.available,
  s.used,
  s.remaining,
  s.overrun,
  s.unbilled
)
"""})

# METADATA ********************

# META {
# META   "language": "python",
# META   "language_group": "synapse_pyspark"
# META }

# CELL ********************

steps.append({"layer": "gold", "table": "fact_expenseentry", "select": r"""
-- @generated by `cargo codegen generate` from schema/facts/fact_expenseentry.yaml. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
-- One row an expense entry.
WITH source AS (
  SELECT
    x.id AS expenseEntryId,
    x.memberId AS memberId,
    x.companyId AS companyId,
    x.agreementId AS agreementId,
    x.ticketId AS ticketId,
    x.projectId AS projectId,
    x.chargeToId AS chargeToId,
    x.invoiceId AS invoiceId,
    x.expenseReportId AS expenseReportId,
    x.invoiceIdentifier AS invoiceNumber,
    COALESCE(CAST(date_format(CASE WHEN CAST(from_utc_timestamp(x.date, 'UTC') AS DATE) BETWEEN DATE '0001-01-01' AND DATE '9999-12-31' THEN CAST(from_utc_timestamp(x.date, 'UTC') AS DATE) END, 'yyyyMMdd') AS BIGINT), -1) AS ExpenseDateKey,
    COALESCE(x.memberId, -1) AS MemberKey,
    COALESCE(x.companyId, -1) AS CompanyKey,
    COALESCE(x.agreementId, -1) AS AgreementKey,
    COALESCE(CASE WHEN a.AgreementKey IS NOT NULL THEN a.agreementTypeId ELSE COALESCE(n.AgreementTypeKey, o.AgreementTypeKey) END, -1) AS AgreementTypeKey,
    COALESCE(x.ticketId, -1) AS TicketKey,
    COALESCE(x.projectId, -1) AS ProjectKey,
    COALESCE(CASE WHEN CASE WHEN regexp_replace(x.billableOption, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN x.billableOption END IS NOT NULL THEN xxhash64(CASE WHEN regexp_replace(x.billableOption, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN x.billableOption END) & 9007199254740991 END, -1) AS BillableStatusKey,
    COALESCE(x.typeId, -1) AS ExpenseTypeKey,
    CASE WHEN CHAR_LENGTH(x.notes) > 32764 THEN CONCAT(LEFT(x.notes, 32763), '…') ELSE x.notes END AS notes,
    x.billableOption AS billableOption,
    x.status AS status,
    regexp_replace(x.classificationName, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS classificationName,
    COALESCE(TRY_CAST(x.amount AS DECIMAL(19, 4)), 0) AS amount,
    COALESCE(TRY_CAST(x.billAmount AS DECIMAL(19, 4)), 0) AS billAmount,
    COALESCE(TRY_CAST(x.invoiceAmount AS DECIMAL(19, 4)), 0) AS invoiceAmount,
    COALESCE(TRY_CAST(x.agreementAmount AS DECIMAL(19, 4)), 0) AS agreementAmount,
    COALESCE(LOWER(regexp_replace(x.classificationName, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '')) = 'personal' OR LOWER(x.classificationName) LIKE '%reimburs%', false) AS isReimbursable,
    a.agreementNumber AS agreementNumber,
    CASE WHEN a.AgreementKey IS NOT NULL THEN a.agreementTypeNormalized ELSE CASE
      WHEN regexp_like(lower(x.agreementType), 'yþj(?:ó|o[\\x{301}\\x{341}])nu[sſ]ta(?:[^\\x{300}-\\x{304}\\x{306}-\\x{30a}\\x{30c}\\x{30f}\\x{311}\\x{323}\\x{325}\\x{328}\\x{340}\\x{341}\\x{344}]|$)') THEN 'billable_service'
      WHEN regexp_like(lower(x.agreementType), 't(?:í|[iı]\\x{307}*[\\x{301}\\x{341}])mapottur(?:[^\\x{301}\\x{307}\\x{30c}\\x{30f}\\x{311}\\x{323}\\x{327}\\x{331}\\x{341}]|$)') THEN 'prepaid_hours'
      WHEN regexp_like(lower(x.agreementType), '[iı]\\x{307}*nnr[iı]\\x{307}* verkefn[iı]\\x{307}*(?:[^\\x{300}-\\x{304}\\x{306}-\\x{309}\\x{30c}\\x{30f}\\x{311}\\x{323}\\x{328}\\x{330}\\x{340}\\x{341}\\x{344}]|$)') THEN 'internal_project'
      WHEN regexp_like(lower(x.agreementType), 'rek[sſ]trarþj(?:ó|o[\\x{301}\\x{341}])nu[sſ]ta(?:[^\\x{300}-\\x{304}\\x{306}-\\x{30a}\\x{30c}\\x{30f}\\x{311}\\x{323}\\x{325}\\x{328}\\x{340}\\x{341}\\x{344}]|$)|alrek[sſ]tur(?:[^\\x{301}\\x{307}\\x{30c}\\x{30f}\\x{311}\\x{323}\\x{327}\\x{331}\\x{341}]|$)') THEN 'operations'
      WHEN regexp_like(lower(x.agreementType), 'hugb(?:ú|u[\\x{301}\\x{341}])naðarþj(?:ó|o[\\x{301}\\x{341}])nu[sſ]ta(?:[^\\x{300}-\\x{304}\\x{306}-\\x{30a}\\x{30c}\\x{30f}\\x{311}\\x{323}\\x{325}\\x{328}\\x{340}\\x{341}\\x{344}]|$)|off[iı]\\x{307}*ce 365') THEN 'software_service'
      ELSE 'other'
    END END AS agreementTypeNormalized
  FROM silver.cw_expenseentry AS x
  LEFT JOIN gold.dimagreement AS a ON a.AgreementKey = x.agreementId AND NOT a.isInferred
  LEFT JOIN (
    SELECT typeName, MIN(AgreementTypeKey) AS AgreementTypeKey
    FROM gold.dimagreementtype
    WHERE AgreementTypeKey <> -1 AND typeName <> ''
    GROUP BY typeName
  ) AS n ON a.AgreementKey IS NULL AND n.typeName = regexp_replace(x.agreementType, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '')
  LEFT JOIN (
    SELECT foldedName, MIN(AgreementTypeKey) AS AgreementTypeKey
    FROM (
      SELECT AgreementTypeKey, replace(replace(replace(replace(replace(replace(replace(lower(regexp_replace(typeName, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}*:?\\p{IsWhite_Space}*$', '')), 'a\u0301', 'á'), 'e\u0301', 'é'), 'i\u0301', 'í'), 'o\u0301', 'ó'), 'u\u0301', 'ú'), 'y\u0301', 'ý'), 'o\u0308', 'ö') AS foldedName
      FROM gold.dimagreementtype
      WHERE AgreementTypeKey <> -1
    ) AS named
    WHERE foldedName <> ''
    GROUP BY foldedName
  ) AS o ON a.AgreementKey IS NULL AND o.foldedName = replace(replace(replace(replace(replace(replace(replace(lower(regexp_replace(x.agreementType, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}*:?\\p{IsWhite_Space}*$', '')), 'a\u0301', 'á'), 'e\u0301', 'é'), 'i\u0301', 'í'), 'o\u0301', 'ó'), 'u\u0301', 'ú'), 'y\u0301', 'ý'), 'o\u0308', 'ö')
  WHERE x._etl_deleted_at IS NULL
),
step1 AS (
  SELECT
    *,
    CASE agreementTypeNormalized WHEN 'billable_service' THEN 'billable' WHEN 'prepaid_hours' THEN 'prepaid' WHEN 'internal_project' THEN 'internal' WHEN 'operations' THEN 'operations' WHEN 'software_service' THEN 'billable' ELSE 'unknown' END AS billingBehavior,
    CASE
      WHEN invoiceId IS NOT NULL THEN 'Invoiced'
      WHEN agreementTypeNormalized = 'internal_project' THEN 'Internal'
      WHEN agreementTypeNormalized = 'prepaid_hours' THEN 'Prepaid'
      WHEN billableOption = 'NoCharge' THEN 'NoCharge'
      WHEN billableOption = 'DoNotBill' THEN 'DoNotBill'
      WHEN agreementTypeNormalized = 'operations' AND billableOption = 'Billable' THEN 'Operations'
      WHEN billableOption = 'Billable' THEN 'Billable'
      ELSE 'Unclassified'
    END AS effectiveBillingStatus
  FROM source
)
SELECT
  CAST(expenseEntryId AS BIGINT) AS expenseEntryId,
  CAST(memberId AS BIGINT) AS memberId,
  CAST(companyId AS BIGINT) AS companyId,
  CAST(agreementId AS BIGINT) AS agreementId,
  CAST(ticketId AS BIGINT) AS ticketId,
  CAST(projectId AS BIGINT) AS projectId,
  CAST(chargeToId AS BIGINT) AS chargeToId,
  CAST(invoiceId AS BIGINT) AS invoiceId,
  CAST(expenseReportId AS BIGINT) AS expenseReportId,
  invoiceNumber,
  CAST(ExpenseDateKey AS BIGINT) AS ExpenseDateKey,
  CAST(MemberKey AS BIGINT) AS MemberKey,
  CAST(CompanyKey AS BIGINT) AS CompanyKey,
  CAST(AgreementKey AS BIGINT) AS AgreementKey,
  CAST(AgreementTypeKey AS BIGINT) AS AgreementTypeKey,
  CAST(TicketKey AS BIGINT) AS TicketKey,
  CAST(ProjectKey AS BIGINT) AS ProjectKey,
  CAST(BillableStatusKey AS BIGINT) AS BillableStatusKey,
  CAST(ExpenseTypeKey AS BIGINT) AS ExpenseTypeKey,
  notes,
  billableOption,
  status,
  classificationName,
  CAST(amount AS DECIMAL(19, 4)) AS amount,
  CAST(billAmount AS DECIMAL(19, 4)) AS billAmount,
  CAST(invoiceAmount AS DECIMAL(19, 4)) AS invoiceAmount,
  CAST(agreementAmount AS DECIMAL(19, 4)) AS agreementAmount,
  isReimbursable,
  agreementNumber,
  agreementTypeNormalized,
  billingBehavior,
  effectiveBillingStatus
FROM step1
""", "merge": r"""
-- @generated by `cargo codegen generate` from schema/facts/fact_expenseentry.yaml. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS gold.fact_expenseentry (
  expenseEntryId BIGINT NOT NULL,
  memberId BIGINT,
  companyId BIGINT,
  agreementId BIGINT,
  ticketId BIGINT,
  projectId BIGINT,
  chargeToId BIGINT,
  invoiceId BIGINT,
  expenseReportId BIGINT,
  invoiceNumber STRING,
  ExpenseDateKey BIGINT,
  MemberKey BIGINT,
  CompanyKey BIGINT,
  AgreementKey BIGINT,
  AgreementTypeKey BIGINT,
  TicketKey BIGINT,
  ProjectKey BIGINT,
  BillableStatusKey BIGINT,
  ExpenseTypeKey BIGINT,
  notes STRING,
  billableOption STRING,
  status STRING,
  classificationName STRING,
  amount DECIMAL(19, 4),
  billAmount DECIMAL(19, 4),
  invoiceAmount DECIMAL(19, 4),
  agreementAmount DECIMAL(19, 4),
  isReimbursable BOOLEAN,
  agreementNumber STRING,
  agreementTypeNormalized STRING,
  billingBehavior STRING,
  effectiveBillingStatus STRING
)
USING DELTA
TBLPROPERTIES ('delta.enableDeletionVectors' = 'false');
SELECT
  COALESCE(n.expenseEntryId, o.expenseEntryId) AS expenseEntryId,
  n.memberId,
  n.companyId,
  n.agreementId,
  n.ticketId,
  n.projectId,
  n.chargeToId,
  n.invoiceId,
  n.expenseReportId,
  n.invoiceNumber,
  n.ExpenseDateKey,
  n.MemberKey,
  n.CompanyKey,
  n.AgreementKey,
  n.AgreementTypeKey,
  n.TicketKey,
  n.ProjectKey,
  n.BillableStatusKey,
  n.ExpenseTypeKey,
  n.notes,
  n.billableOption,
  n.status,
  n.classificationName,
  n.amount,
  n.billAmount,
  n.invoiceAmount,
  n.agreementAmount,
  n.isReimbursable,
  n.agreementNumber,
  n.agreementTypeNormalized,
  n.billingBehavior,
  n.effectiveBillingStatus,
  n.expenseEntryId IS NULL AS _etl_gone
FROM computed AS n
FULL OUTER JOIN gold.fact_expenseentry AS o ON o.expenseEntryId = n.expenseEntryId
WHERE n.expenseEntryId IS NULL OR o.expenseEntryId IS NULL OR NOT (
  n.memberId <=> o.memberId AND
  n.companyId <=> o.companyId AND
  n.agreementId <=> o.agreementId AND
  n.ticketId <=> o.ticketId AND
  n.projectId <=> o.projectId AND
  n.chargeToId <=> o.chargeToId AND
  n.invoiceId <=> o.invoiceId AND
  n.expenseReportId <=> o.expenseReportId AND
  n.invoiceNumber <=> o.invoiceNumber AND
  n.ExpenseDateKey <=> o.ExpenseDateKey AND
  n.MemberKey <=> o.MemberKey AND
  n.CompanyKey <=> o.CompanyKey AND
  n.AgreementKey <=> o.AgreementKey AND
  n.AgreementTypeKey <=> o.AgreementTypeKey AND
  n.TicketKey <=> o.TicketKey AND
  n.ProjectKey <=> o.ProjectKey AND
  n.BillableStatusKey <=> o.BillableStatusKey AND
  n.ExpenseTypeKey <=> o.ExpenseTypeKey AND
  n.notes <=> o.notes AND
  n.billableOption <=> o.billableOption AND
  n.status <=> o.status AND
  n.classificationName <=> o.classificationName AND
  n.amount <=> o.amount AND
  n.billAmount <=> o.billAmount AND
  n.invoiceAmount <=> o.invoiceAmount AND
  n.agreementAmount <=> o.agreementAmount AND
  n.isReimbursable <=> o.isReimbursable AND
  n.agreementNumber <=> o.agreementNumber AND
  n.agreementTypeNormalized <=> o.agreementTypeNormalized AND
  n.billingBehavior <=> o.billingBehavior AND
  n.effectiveBillingStatus <=> o.effectiveBillingStatus
);
MERGE INTO gold.fact_expenseentry AS t
USING changed AS s
ON t.expenseEntryId = s.expenseEntryId
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  memberId = s.memberId,
  companyId = s.companyId,
  agreementId = s.agreementId,
  ticketId = s.ticketId,
  projectId = s.projectId,
  chargeToId = s.chargeToId,
  invoiceId = s.invoiceId,
  expenseReportId = s.expenseReportId,
  invoiceNumber = s.invoiceNumber,
  ExpenseDateKey = s.ExpenseDateKey,
  MemberKey = s.MemberKey,
  CompanyKey = s.CompanyKey,
  AgreementKey = s.AgreementKey,
  AgreementTypeKey = s.AgreementTypeKey,
  TicketKey = s.TicketKey,
  ProjectKey = s.ProjectKey,
  BillableStatusKey = s.BillableStatusKey,
  ExpenseTypeKey = s.ExpenseTypeKey,
  notes = s.notes,
  billableOption = s.billableOption,
  status = s.status,
  classificationName = s.classificationName,
  amount = s.amount,
  billAmount = s.billAmount,
  invoiceAmount = s.invoiceAmount,
  agreementAmount = s.agreementAmount,
  isReimbursable = s.isReimbursable,
  agreementNumber = s.agreementNumber,
  agreementTypeNormalized = s.agreementTypeNormalized,
  billingBehavior = s.billingBehavior,
  effectiveBillingStatus = s.effectiveBillingStatus
WHEN NOT MATCHED AND NOT s._etl_gone THEN INSERT (
  expenseEntryId,
  memberId,
  companyId,
  agreementId,
  ticketId,
  projectId,
  chargeToId,
  invoiceId,
  expenseReportId,
  invoiceNumber,
  ExpenseDateKey,
  MemberKey,
  CompanyKey,
  AgreementKey,
  AgreementTypeKey,
  TicketKey,
  ProjectKey,
  BillableStatusKey,
  ExpenseTypeKey,
  notes,
  billableOption,
  status,
  classificationName,
  amount,
  billAmount,
  invoiceAmount,
  agreementAmount,
  isReimbursable,
  agreementNumber,
  agreementTypeNormalized,
  billingBehavior,
  effectiveBillingStatus
) VALUES (
  s.expenseEntryId,
  s.memberId,
  s.companyId,
  s.agreementId,
  s.ticketId,
  s.projectId,
  s.chargeToId,
  s.invoiceId,
  s.expenseReportId,
  s.invoiceNumber,
  s.ExpenseDateKey,
  s.MemberKey,
  s.CompanyKey,
  s.AgreementKey,
  s.AgreementTypeKey,
  s.TicketKey,
  s.ProjectKey,
  s.BillableStatusKey,
  s.ExpenseTypeKey,
  s.notes,
  s.billableOption,
  s.status,
  s.classificationName,
  s.amount,
  s.billAmount,
  s.invoiceAmount,
  s.agreementAmount,
  s.isReimbursable,
  s.agreementNumber,
  s.agreementTypeNormalized,
  s.billingBehavior,
  s.effectiveBillingStatus
)
"""})

# METADATA ********************

# META {
# META   "language": "python",
# META   "language_group": "synapse_pyspark"
# META }

# CELL ********************

steps.append({"layer": "gold", "table": "fact_invoice", "select": r"""
-- @generated by `cargo codegen generate` from schema/facts/fact_invoice.yaml. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
-- One row an invoice.
WITH source AS (
  SELECT
    i.id AS invoiceId,
    i.companyId AS companyId,
    i.agreementId AS agreementId,
    i.ticketId AS ticketId,
    i.projectId AS projectId,
    i.salesOrderId AS salesOrderId,
    i.glBatchId AS glBatchId,
    i.invoiceNumber AS invoiceNumber,
    i.type AS invoiceType,
    COALESCE(CAST(date_format(CASE WHEN CAST(from_utc_timestamp(i.date, 'UTC') AS DATE) BETWEEN DATE '0001-01-01' AND DATE '9999-12-31' THEN CAST(from_utc_timestamp(i.date, 'UTC') AS DATE) END, 'yyyyMMdd') AS BIGINT), -1) AS InvoiceDateKey,
    COALESCE(CAST(date_format(CASE WHEN CAST(from_utc_timestamp(i.dueDate, 'UTC') AS DATE) BETWEEN DATE '0001-01-01' AND DATE '9999-12-31' THEN CAST(from_utc_timestamp(i.dueDate, 'UTC') AS DATE) END, 'yyyyMMdd') AS BIGINT), -1) AS DueDateKey,
    COALESCE(i.companyId, -1) AS CompanyKey,
    COALESCE(i.agreementId, -1) AS AgreementKey,
    CASE WHEN i.glBatchId IS NOT NULL OR i.glBatchName IS NOT NULL THEN 'Posted' WHEN u.billingLogId IS NOT NULL OR v.invoiceNumber IS NOT NULL THEN 'Unposted' ELSE 'Open' END AS postingStatus,
    regexp_replace(i.statusName, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS statusName,
    regexp_replace(i.currencyCurrencyCode, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS currencyCode,
    COALESCE(TRY_CAST(i.serviceTotal AS DECIMAL(19, 4)), 0) AS serviceTotal,
    COALESCE(TRY_CAST(i.expenseTotal AS DECIMAL(19, 4)), 0) AS expenseTotal,
    COALESCE(TRY_CAST(i.productTotal AS DECIMAL(19, 4)), 0) AS productTotal,
    COALESCE(TRY_CAST(i.subtotal AS DECIMAL(19, 4)), 0) AS subtotal,
    COALESCE(TRY_CAST(i.salesTax AS DECIMAL(19, 4)), 0) AS salesTax,
    COALESCE(TRY_CAST(i.total AS DECIMAL(19, 4)), 0) AS total,
    COALESCE(TRY_CAST(i.payments AS DECIMAL(19, 4)), 0) AS payments,
    COALESCE(TRY_CAST(i.credits AS DECIMAL(19, 4)), 0) AS credits,
    COALESCE(TRY_CAST(i.balance AS DECIMAL(19, 4)), 0) AS balance
  FROM silver.cw_invoice AS i
  LEFT JOIN (
    SELECT DISTINCT billingLogId
    FROM silver.cw_unpostedinvoice
    WHERE billingLogId IS NOT NULL AND _etl_deleted_at IS NULL
  ) AS u ON u.billingLogId = i.id
  LEFT JOIN (
    SELECT DISTINCT regexp_replace(invoiceNumber, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS invoiceNumber
    FROM silver.cw_unpostedinvoice
    WHERE billingLogId IS NULL AND regexp_replace(invoiceNumber, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' AND _etl_deleted_at IS NULL
  ) AS v ON v.invoiceNumber = regexp_replace(i.invoiceNumber, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '')
  WHERE i._etl_deleted_at IS NULL
),
step1 AS (
  SELECT
    *,
    postingStatus = 'Posted' AS isPosted
  FROM source
)
SELECT
  CAST(invoiceId AS BIGINT) AS invoiceId,
  CAST(companyId AS BIGINT) AS companyId,
  CAST(agreementId AS BIGINT) AS agreementId,
  CAST(ticketId AS BIGINT) AS ticketId,
  CAST(projectId AS BIGINT) AS projectId,
  CAST(salesOrderId AS BIGINT) AS salesOrderId,
  CAST(glBatchId AS BIGINT) AS glBatchId,
  invoiceNumber,
  invoiceType,
  CAST(InvoiceDateKey AS BIGINT) AS InvoiceDateKey,
  CAST(DueDateKey AS BIGINT) AS DueDateKey,
  CAST(CompanyKey AS BIGINT) AS CompanyKey,
  CAST(AgreementKey AS BIGINT) AS AgreementKey,
  postingStatus,
  isPosted,
  statusName,
  currencyCode,
  CAST(serviceTotal AS DECIMAL(19, 4)) AS serviceTotal,
  CAST(expenseTotal AS DECIMAL(19, 4)) AS expenseTotal,
  CAST(productTotal AS DECIMAL(19, 4)) AS productTotal,
  CAST(subtotal AS DECIMAL(19, 4)) AS subtotal,
  CAST(salesTax AS DECIMAL(19, 4)) AS salesTax,
  CAST(total AS DECIMAL(19, 4)) AS total,
  CAST(payments AS DECIMAL(19, 4)) AS payments,
  CAST(credits AS DECIMAL(19, 4)) AS credits,
  CAST(balance AS DECIMAL(19, 4)) AS balance
FROM step1
""", "merge": r"""
-- @generated by `cargo codegen generate` from schema/facts/fact_invoice.yaml. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS gold.fact_invoice (
  invoiceId BIGINT NOT NULL,
  companyId BIGINT,
  agreementId BIGINT,
  ticketId BIGINT,
  projectId BIGINT,
  salesOrderId BIGINT,
  glBatchId BIGINT,
  invoiceNumber STRING,
  invoiceType STRING,
  InvoiceDateKey BIGINT,
  DueDateKey BIGINT,
  CompanyKey BIGINT,
  AgreementKey BIGINT,
  postingStatus STRING,
  isPosted BOOLEAN,
  statusName STRING,
  currencyCode STRING,
  serviceTotal DECIMAL(19, 4),
  expenseTotal DECIMAL(19, 4),
  productTotal DECIMAL(19, 4),
  subtotal DECIMAL(19, 4),
  salesTax DECIMAL(19, 4),
  total DECIMAL(19, 4),
  payments DECIMAL(19, 4),
  credits DECIMAL(19, 4),
  balance DECIMAL(19, 4)
)
USING DELTA
TBLPROPERTIES ('delta.enableDeletionVectors' = 'false');
SELECT
  COALESCE(n.invoiceId, o.invoiceId) AS invoiceId,
  n.companyId,
  n.agreementId,
  n.ticketId,
  n.projectId,
  n.salesOrderId,
  n.glBatchId,
  n.invoiceNumber,
  n.invoiceType,
  n.InvoiceDateKey,
  n.DueDateKey,
  n.CompanyKey,
  n.AgreementKey,
  n.postingStatus,
  n.isPosted,
  n.statusName,
  n.currencyCode,
  n.serviceTotal,
  n.expenseTotal,
  n.productTotal,
  n.subtotal,
  n.salesTax,
  n.total,
  n.payments,
  n.credits,
  n.balance,
  n.invoiceId IS NULL AS _etl_gone
FROM computed AS n
FULL OUTER JOIN gold.fact_invoice AS o ON o.invoiceId = n.invoiceId
WHERE n.invoiceId IS NULL OR o.invoiceId IS NULL OR NOT (
  n.companyId <=> o.companyId AND
  n.agreementId <=> o.agreementId AND
  n.ticketId <=> o.ticketId AND
  n.projectId <=> o.projectId AND
  n.salesOrderId <=> o.salesOrderId AND
  n.glBatchId <=> o.glBatchId AND
  n.invoiceNumber <=> o.invoiceNumber AND
  n.invoiceType <=> o.invoiceType AND
  n.InvoiceDateKey <=> o.InvoiceDateKey AND
  n.DueDateKey <=> o.DueDateKey AND
  n.CompanyKey <=> o.CompanyKey AND
  n.AgreementKey <=> o.AgreementKey AND
  n.postingStatus <=> o.postingStatus AND
  n.isPosted <=> o.isPosted AND
  n.statusName <=> o.statusName AND
  n.currencyCode <=> o.currencyCode AND
  n.serviceTotal <=> o.serviceTotal AND
  n.expenseTotal <=> o.expenseTotal AND
  n.productTotal <=> o.productTotal AND
  n.subtotal <=> o.subtotal AND
  n.salesTax <=> o.salesTax AND
  n.total <=> o.total AND
  n.payments <=> o.payments AND
  n.credits <=> o.credits AND
  n.balance <=> o.balance
);
MERGE INTO gold.fact_invoice AS t
USING changed AS s
ON t.invoiceId = s.invoiceId
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  companyId = s.companyId,
  agreementId = s.agreementId,
  ticketId = s.ticketId,
  projectId = s.projectId,
  salesOrderId = s.salesOrderId,
  glBatchId = s.glBatchId,
  invoiceNumber = s.invoiceNumber,
  invoiceType = s.invoiceType,
  InvoiceDateKey = s.InvoiceDateKey,
  DueDateKey = s.DueDateKey,
  CompanyKey = s.CompanyKey,
  AgreementKey = s.AgreementKey,
  postingStatus = s.postingStatus,
  isPosted = s.isPosted,
  statusName = s.statusName,
  currencyCode = s.currencyCode,
  serviceTotal = s.serviceTotal,
  expenseTotal = s.expenseTotal,
  productTotal = s.productTotal,
  subtotal = s.subtotal,
  salesTax = s.salesTax,
  total = s.total,
  payments = s.payments,
  credits = s.credits,
  balance = s.balance
WHEN NOT MATCHED AND NOT s._etl_gone THEN INSERT (
  invoiceId,
  companyId,
  agreementId,
  ticketId,
  projectId,
  salesOrderId,
  glBatchId,
  invoiceNumber,
  invoiceType,
  InvoiceDateKey,
  DueDateKey,
  CompanyKey,
  AgreementKey,
  postingStatus,
  isPosted,
  statusName,
  currencyCode,
  serviceTotal,
  expenseTotal,
  productTotal,
  subtotal,
  salesTax,
  total,
  payments,
  credits,
  balance
) VALUES (
  s.invoiceId,
  s.companyId,
  s.agreementId,
  s.ticketId,
  s.projectId,
  s.salesOrderId,
  s.glBatchId,
  s.invoiceNumber,
  s.invoiceType,
  s.InvoiceDateKey,
  s.DueDateKey,
  s.CompanyKey,
  s.AgreementKey,
  s.postingStatus,
  s.isPosted,
  s.statusName,
  s.currencyCode,
  s.serviceTotal,
  s.expenseTotal,
  s.productTotal,
  s.subtotal,
  s.salesTax,
  s.total,
  s.payments,
  s.credits,
  s.balance
)
"""})

# METADATA ********************

# META {
# META   "language": "python",
# META   "language_group": "synapse_pyspark"
# META }

# CELL ********************

steps.append({"layer": "gold", "table": "fact_productitem", "select": r"""
-- @generated by `cargo codegen generate` from schema/facts/fact_productitem.yaml. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
-- One row a product item.
WITH source AS (
  SELECT
    p.id AS productItemId,
    p.catalogItemId AS catalogItemId,
    p.companyId AS companyId,
    p.agreementId AS agreementId,
    p.ticketId AS ticketId,
    p.projectId AS projectId,
    p.salesOrderId AS salesOrderId,
    p.invoiceId AS invoiceId,
    p.invoiceIdentifier AS invoiceNumber,
    COALESCE(p.companyId, -1) AS CompanyKey,
    COALESCE(p.agreementId, -1) AS AgreementKey,
    COALESCE(CASE WHEN a.AgreementKey IS NOT NULL THEN a.agreementTypeId ELSE COALESCE(n.AgreementTypeKey, o.AgreementTypeKey) END, -1) AS AgreementTypeKey,
    COALESCE(p.catalogItemId, -1) AS ProductKey,
    COALESCE(CASE WHEN CASE WHEN regexp_replace(p.billableOption, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN p.billableOption END IS NOT NULL THEN xxhash64(CASE WHEN regexp_replace(p.billableOption, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN p.billableOption END) & 9007199254740991 END, -1) AS BillableStatusKey,
    COALESCE(CAST(date_format(CASE WHEN CAST(from_utc_timestamp(p.purchaseDate, 'UTC') AS DATE) BETWEEN DATE '0001-01-01' AND DATE '9999-12-31' THEN CAST(from_utc_timestamp(p.purchaseDate, 'UTC') AS DATE) END, 'yyyyMMdd') AS BIGINT), -1) AS PurchaseDateKey,
    p.description AS description,
    p.billableOption AS billableOption,
    COALESCE(p.cancelledFlag, false) AS isCancelled,
    COALESCE(TRY_CAST(p.quantity AS DECIMAL(19, 4)), 0) AS quantity,
    COALESCE(TRY_CAST(p.quantityCancelled AS DECIMAL(19, 4)), 0) AS quantityCancelled,
    COALESCE(TRY_CAST(p.price AS DECIMAL(19, 4)), 0) AS price,
    COALESCE(TRY_CAST(p.cost AS DECIMAL(19, 4)), 0) AS cost,
    COALESCE(TRY_CAST(p.listPrice AS DECIMAL(19, 4)), 0) AS listPrice,
    COALESCE(TRY_CAST(p.extPrice AS DECIMAL(19, 4)), 0) AS extPrice,
    COALESCE(TRY_CAST(p.extCost AS DECIMAL(19, 4)), 0) AS extCost,
    COALESCE(TRY_CAST(p.calculatedPrice AS DECIMAL(19, 4)), 0) AS calculatedPrice,
    COALESCE(TRY_CAST(p.calculatedCost AS DECIMAL(19, 4)), 0) AS calculatedCost,
    COALESCE(TRY_CAST(p.discount AS DECIMAL(19, 4)), 0) AS discount,
    COALESCE(TRY_CAST(p.agreementAmount AS DECIMAL(19, 4)), 0) AS agreementAmount,
    a.agreementNumber AS agreementNumber,
    CASE WHEN a.AgreementKey IS NOT NULL THEN a.agreementTypeNormalized ELSE CASE
      WHEN regexp_like(lower(p.agreementType), 'yþj(?:ó|o[\\x{301}\\x{341}])nu[sſ]ta(?:[^\\x{300}-\\x{304}\\x{306}-\\x{30a}\\x{30c}\\x{30f}\\x{311}\\x{323}\\x{325}\\x{328}\\x{340}\\x{341}\\x{344}]|$)') THEN 'billable_service'
      WHEN regexp_like(lower(p.agreementType), 't(?:í|[iı]\\x{307}*[\\x{301}\\x{341}])mapottur(?:[^\\x{301}\\x{307}\\x{30c}\\x{30f}\\x{311}\\x{323}\\x{327}\\x{331}\\x{341}]|$)') THEN 'prepaid_hours'
      WHEN regexp_like(lower(p.agreementType), '[iı]\\x{307}*nnr[iı]\\x{307}* verkefn[iı]\\x{307}*(?:[^\\x{300}-\\x{304}\\x{306}-\\x{309}\\x{30c}\\x{30f}\\x{311}\\x{323}\\x{328}\\x{330}\\x{340}\\x{341}\\x{344}]|$)') THEN 'internal_project'
      WHEN regexp_like(lower(p.agreementType), 'rek[sſ]trarþj(?:ó|o[\\x{301}\\x{341}])nu[sſ]ta(?:[^\\x{300}-\\x{304}\\x{306}-\\x{30a}\\x{30c}\\x{30f}\\x{311}\\x{323}\\x{325}\\x{328}\\x{340}\\x{341}\\x{344}]|$)|alrek[sſ]tur(?:[^\\x{301}\\x{307}\\x{30c}\\x{30f}\\x{311}\\x{323}\\x{327}\\x{331}\\x{341}]|$)') THEN 'operations'
      WHEN regexp_like(lower(p.agreementType), 'hugb(?:ú|u[\\x{301}\\x{341}])naðarþj(?:ó|o[\\x{301}\\x{341}])nu[sſ]ta(?:[^\\x{300}-\\x{304}\\x{306}-\\x{30a}\\x{30c}\\x{30f}\\x{311}\\x{323}\\x{325}\\x{328}\\x{340}\\x{341}\\x{344}]|$)|off[iı]\\x{307}*ce 365') THEN 'software_service'
      ELSE 'other'
    END END AS agreementTypeNormalized
  FROM silver.cw_productitem AS p
  LEFT JOIN gold.dimagreement AS a ON a.AgreementKey = p.agreementId AND NOT a.isInferred
  LEFT JOIN (
    SELECT typeName, MIN(AgreementTypeKey) AS AgreementTypeKey
    FROM gold.dimagreementtype
    WHERE AgreementTypeKey <> -1 AND typeName <> ''
    GROUP BY typeName
  ) AS n ON a.AgreementKey IS NULL AND n.typeName = regexp_replace(p.agreementType, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '')
  LEFT JOIN (
    SELECT foldedName, MIN(AgreementTypeKey) AS AgreementTypeKey
    FROM (
      SELECT AgreementTypeKey, replace(replace(replace(replace(replace(replace(replace(lower(regexp_replace(typeName, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}*:?\\p{IsWhite_Space}*$', '')), 'a\u0301', 'á'), 'e\u0301', 'é'), 'i\u0301', 'í'), 'o\u0301', 'ó'), 'u\u0301', 'ú'), 'y\u0301', 'ý'), 'o\u0308', 'ö') AS foldedName
      FROM gold.dimagreementtype
      WHERE AgreementTypeKey <> -1
    ) AS named
    WHERE foldedName <> ''
    GROUP BY foldedName
  ) AS o ON a.AgreementKey IS NULL AND o.foldedName = replace(replace(replace(replace(replace(replace(replace(lower(regexp_replace(p.agreementType, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}*:?\\p{IsWhite_Space}*$', '')), 'a\u0301', 'á'), 'e\u0301', 'é'), 'i\u0301', 'í'), 'o\u0301', 'ó'), 'u\u0301', 'ú'), 'y\u0301', 'ý'), 'o\u0308', 'ö')
  WHERE p._etl_deleted_at IS NULL
),
step1 AS (
  SELECT
    *,
    COALESCE(extPrice - extCost, 0) AS margin,
    CASE agreementTypeNormalized WHEN 'billable_service' THEN 'billable' WHEN 'prepaid_hours' THEN 'prepaid' WHEN 'internal_project' THEN 'internal' WHEN 'operations' THEN 'operations' WHEN 'software_service' THEN 'billable' ELSE 'unknown' END AS billingBehavior,
    CASE
      WHEN invoiceId IS NOT NULL THEN 'Invoiced'
      WHEN agreementTypeNormalized = 'internal_project' THEN 'Internal'
      WHEN agreementTypeNormalized = 'prepaid_hours' THEN 'Prepaid'
      WHEN billableOption = 'NoCharge' THEN 'NoCharge'
      WHEN billableOption = 'DoNotBill' THEN 'DoNotBill'
      WHEN agreementTypeNormalized = 'operations' AND billableOption = 'Billable' THEN 'Operations'
      WHEN billableOption = 'Billable' THEN 'Billable'
      ELSE 'Unclassified'
    END AS effectiveBillingStatus
  FROM source
),
step2 AS (
  SELECT
    *,
    COALESCE(CASE WHEN extPrice = 0 THEN 0 ELSE TRY_CAST(ROUND(100 * margin / extPrice, 4) AS DECIMAL(19, 4)) END, 0) AS marginPercentage
  FROM step1
)
SELECT
  CAST(productItemId AS BIGINT) AS productItemId,
  CAST(catalogItemId AS BIGINT) AS catalogItemId,
  CAST(companyId AS BIGINT) AS companyId,
  CAST(agreementId AS BIGINT) AS agreementId,
  CAST(ticketId AS BIGINT) AS ticketId,
  CAST(projectId AS BIGINT) AS projectId,
  CAST(salesOrderId AS BIGINT) AS salesOrderId,
  CAST(invoiceId AS BIGINT) AS invoiceId,
  invoiceNumber,
  CAST(CompanyKey AS BIGINT) AS CompanyKey,
  CAST(AgreementKey AS BIGINT) AS AgreementKey,
  CAST(AgreementTypeKey AS BIGINT) AS AgreementTypeKey,
  CAST(ProductKey AS BIGINT) AS ProductKey,
  CAST(BillableStatusKey AS BIGINT) AS BillableStatusKey,
  CAST(PurchaseDateKey AS BIGINT) AS PurchaseDateKey,
  description,
  billableOption,
  isCancelled,
  CAST(quantity AS DECIMAL(19, 4)) AS quantity,
  CAST(quantityCancelled AS DECIMAL(19, 4)) AS quantityCancelled,
  CAST(price AS DECIMAL(19, 4)) AS price,
  CAST(cost AS DECIMAL(19, 4)) AS cost,
  CAST(listPrice AS DECIMAL(19, 4)) AS listPrice,
  CAST(extPrice AS DECIMAL(19, 4)) AS extPrice,
  CAST(extCost AS DECIMAL(19, 4)) AS extCost,
  CAST(calculatedPrice AS DECIMAL(19, 4)) AS calculatedPrice,
  CAST(calculatedCost AS DECIMAL(19, 4)) AS calculatedCost,
  CAST(discount AS DECIMAL(19, 4)) AS discount,
  CAST(agreementAmount AS DECIMAL(19, 4)) AS agreementAmount,
  COALESCE(TRY_CAST(margin AS DECIMAL(19, 4)), 0) AS margin,
  COALESCE(TRY_CAST(marginPercentage AS DECIMAL(19, 4)), 0) AS marginPercentage,
  agreementNumber,
  agreementTypeNormalized,
  billingBehavior,
  effectiveBillingStatus
FROM step2
""", "merge": r"""
-- @generated by `cargo codegen generate` from schema/facts/fact_productitem.yaml. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS gold.fact_productitem (
  productItemId BIGINT NOT NULL,
  catalogItemId BIGINT,
  companyId BIGINT,
  agreementId BIGINT,
  ticketId BIGINT,
  projectId BIGINT,
  salesOrderId BIGINT,
  invoiceId BIGINT,
  invoiceNumber STRING,
  CompanyKey BIGINT,
  AgreementKey BIGINT,
  AgreementTypeKey BIGINT,
  ProductKey BIGINT,
  BillableStatusKey BIGINT,
  PurchaseDateKey BIGINT,
  description STRING,
  billableOption STRING,
  isCancelled BOOLEAN,
  quantity DECIMAL(19, 4),
  quantityCancelled DECIMAL(19, 4),
  price DECIMAL(19, 4),
  cost DECIMAL(19, 4),
  listPrice DECIMAL(19, 4),
  extPrice DECIMAL(19, 4),
  extCost DECIMAL(19, 4),
  calculatedPrice DECIMAL(19, 4),
  calculatedCost DECIMAL(19, 4),
  discount DECIMAL(19, 4),
  agreementAmount DECIMAL(19, 4),
  margin DECIMAL(19, 4),
  marginPercentage DECIMAL(19, 4),
  agreementNumber STRING,
  agreementTypeNormalized STRING,
  billingBehavior STRING,
  effectiveBillingStatus STRING
)
USING DELTA
TBLPROPERTIES ('delta.enableDeletionVectors' = 'false');
SELECT
  COALESCE(n.productItemId, o.productItemId) AS productItemId,
  n.catalogItemId,
  n.companyId,
  n.agreementId,
  n.ticketId,
  n.projectId,
  n.salesOrderId,
  n.invoiceId,
  n.invoiceNumber,
  n.CompanyKey,
  n.AgreementKey,
  n.AgreementTypeKey,
  n.ProductKey,
  n.BillableStatusKey,
  n.PurchaseDateKey,
  n.description,
  n.billableOption,
  n.isCancelled,
  n.quantity,
  n.quantityCancelled,
  n.price,
  n.cost,
  n.listPrice,
  n.extPrice,
  n.extCost,
  n.calculatedPrice,
  n.calculatedCost,
  n.discount,
  n.agreementAmount,
  n.margin,
  n.marginPercentage,
  n.agreementNumber,
  n.agreementTypeNormalized,
  n.billingBehavior,
  n.effectiveBillingStatus,
  n.productItemId IS NULL AS _etl_gone
FROM computed AS n
FULL OUTER JOIN gold.fact_productitem AS o ON o.productItemId = n.productItemId
WHERE n.productItemId IS NULL OR o.productItemId IS NULL OR NOT (
  n.catalogItemId <=> o.catalogItemId AND
  n.companyId <=> o.companyId AND
  n.agreementId <=> o.agreementId AND
  n.ticketId <=> o.ticketId AND
  n.projectId <=> o.projectId AND
  n.salesOrderId <=> o.salesOrderId AND
  n.invoiceId <=> o.invoiceId AND
  n.invoiceNumber <=> o.invoiceNumber AND
  n.CompanyKey <=> o.CompanyKey AND
  n.AgreementKey <=> o.AgreementKey AND
  n.AgreementTypeKey <=> o.AgreementTypeKey AND
  n.ProductKey <=> o.ProductKey AND
  n.BillableStatusKey <=> o.BillableStatusKey AND
  n.PurchaseDateKey <=> o.PurchaseDateKey AND
  n.description <=> o.description AND
  n.billableOption <=> o.billableOption AND
  n.isCancelled <=> o.isCancelled AND
  n.quantity <=> o.quantity AND
  n.quantityCancelled <=> o.quantityCancelled AND
  n.price <=> o.price AND
  n.cost <=> o.cost AND
  n.listPrice <=> o.listPrice AND
  n.extPrice <=> o.extPrice AND
  n.extCost <=> o.extCost AND
  n.calculatedPrice <=> o.calculatedPrice AND
  n.calculatedCost <=> o.calculatedCost AND
  n.discount <=> o.discount AND
  n.agreementAmount <=> o.agreementAmount AND
  n.margin <=> o.margin AND
  n.marginPercentage <=> o.marginPercentage AND
  n.agreementNumber <=> o.agreementNumber AND
  n.agreementTypeNormalized <=> o.agreementTypeNormalized AND
  n.billingBehavior <=> o.billingBehavior AND
  n.effectiveBillingStatus <=> o.effectiveBillingStatus
);
MERGE INTO gold.fact_productitem AS t
USING changed AS s
ON t.productItemId = s.productItemId
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  catalogItemId = s.catalogItemId,
  companyId = s.companyId,
  agreementId = s.agreementId,
  ticketId = s.ticketId,
  projectId = s.projectId,
  salesOrderId = s.salesOrderId,
  invoiceId = s.invoiceId,
  invoiceNumber = s.invoiceNumber,
  CompanyKey = s.CompanyKey,
  AgreementKey = s.AgreementKey,
  AgreementTypeKey = s.AgreementTypeKey,
  ProductKey = s.ProductKey,
  BillableStatusKey = s.BillableStatusKey,
  PurchaseDateKey = s.PurchaseDateKey,
  description = s.description,
  billableOption = s.billableOption,
  isCancelled = s.isCancelled,
  quantity = s.quantity,
  quantityCancelled = s.quantityCancelled,
  price = s.price,
  cost = s.cost,
  listPrice = s.listPrice,
  extPrice = s.extPrice,
  extCost = s.extCost,
  calculatedPrice = s.calculatedPrice,
  calculatedCost = s.calculatedCost,
  discount = s.discount,
  agreementAmount = s.agreementAmount,
  margin = s.margin,
  marginPercentage = s.marginPercentage,
  agreementNumber = s.agreementNumber,
  agreementTypeNormalized = s.agreementTypeNormalized,
  billingBehavior = s.billingBehavior,
  effectiveBillingStatus = s.effectiveBillingStatus
WHEN NOT MATCHED AND NOT s._etl_gone THEN INSERT (
  productItemId,
  catalogItemId,
  companyId,
  agreementId,
  ticketId,
  projectId,
  salesOrderId,
  invoiceId,
  invoiceNumber,
  CompanyKey,
  AgreementKey,
  AgreementTypeKey,
  ProductKey,
  BillableStatusKey,
  PurchaseDateKey,
  description,
  billableOption,
  isCancelled,
  quantity,
  quantityCancelled,
  price,
  cost,
  listPrice,
  extPrice,
  extCost,
  calculatedPrice,
  calculatedCost,
  discount,
  agreementAmount,
  margin,
  marginPercentage,
  agreementNumber,
  agreementTypeNormalized,
  billingBehavior,
  effectiveBillingStatus
) VALUES (
  s.productItemId,
  s.catalogItemId,
  s.companyId,
  s.agreementId,
  s.ticketId,
  s.projectId,
  s.salesOrderId,
  s.invoiceId,
  s.invoiceNumber,
  s.CompanyKey,
  s.AgreementKey,
  s.AgreementTypeKey,
  s.ProductKey,
  s.BillableStatusKey,
  s.PurchaseDateKey,
  s.description,
  s.billableOption,
  s.isCancelled,
  s.quantity,
  s.quantityCancelled,
  s.price,
  s.cost,
  s.listPrice,
  s.extPrice,
  s.extCost,
  s.calculatedPrice,
  s.calculatedCost,
  s.discount,
  s.agreementAmount,
  s.margin,
  s.marginPercentage,
  s.agreementNumber,
  s.agreementTypeNormalized,
  s.billingBehavior,
  s.effectiveBillingStatus
)
"""})

# METADATA ********************

# META {
# META   "language": "python",
# META   "language_group": "synapse_pyspark"
# META }

# CELL ********************

steps.append({"layer": "gold", "table": "fact_timeentry", "select": r"""
-- @generated by `cargo codegen generate` from schema/facts/fact_timeentry.yaml. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
-- One row a time entry.
WITH source AS (
  SELECT
    t.id AS timeEntryId,
    t.memberId AS memberId,
    t.companyId AS companyId,
    t.agreementId AS agreementId,
    t.ticketId AS ticketId,
    t.projectId AS projectId,
    t.chargeToId AS chargeToId,
    t.invoiceId AS invoiceId,
    t.timeSheetId AS timeSheetId,
    t.invoiceIdentifier AS invoiceNumber,
    COALESCE(CAST(date_format(CASE WHEN CAST(from_utc_timestamp(t.timeStart, 'Atlantic/Reykjavik') AS DATE) BETWEEN DATE '0001-01-01' AND DATE '9999-12-31' THEN CAST(from_utc_timestamp(t.timeStart, 'Atlantic/Reykjavik') AS DATE) END, 'yyyyMMdd') AS BIGINT), -1) AS WorkDateKey,
    COALESCE(t.memberId, -1) AS MemberKey,
    COALESCE(t.companyId, -1) AS CompanyKey,
    COALESCE(t.agreementId, -1) AS AgreementKey,
    COALESCE(CASE WHEN a.AgreementKey IS NOT NULL THEN a.agreementTypeId ELSE COALESCE(n.AgreementTypeKey, o.AgreementTypeKey) END, -1) AS AgreementTypeKey,
    COALESCE(t.ticketId, -1) AS TicketKey,
    COALESCE(t.projectId, -1) AS ProjectKey,
    COALESCE(CASE WHEN CASE WHEN regexp_replace(t.billableOption, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN t.billableOption END IS NOT NULL THEN xxhash64(CASE WHEN regexp_replace(t.billableOption, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN t.billableOption END) & 9007199254740991 END, -1) AS BillableStatusKey,
    COALESCE(CASE WHEN CASE WHEN regexp_replace(t.status, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN t.status END IS NOT NULL THEN xxhash64(CASE WHEN regexp_replace(t.status, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN t.status END) & 9007199254740991 END, -1) AS TimeEntryStatusKey,
    COALESCE(CASE WHEN CASE WHEN regexp_replace(t.chargeToType, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN t.chargeToType END IS NOT NULL THEN xxhash64(CASE WHEN regexp_replace(t.chargeToType, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN t.chargeToType END) & 9007199254740991 END, -1) AS ChargeTypeKey,
    COALESCE(t.workTypeId, -1) AS WorkTypeKey,
    COALESCE(t.workRoleId, -1) AS WorkRoleKey,
    COALESCE(t.departmentId, -1) AS DepartmentKey,
    COALESCE(t.businessUnitId, -1) AS BusinessUnitKey,
    t.timeStart AS timeStart,
    t.timeEnd AS timeEnd,
    t.dateEntered AS dateEntered,
    regexp_replace(t.enteredBy, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS enteredBy,
    CASE WHEN CHAR_LENGTH(t.notes) > 32764 THEN CONCAT(LEFT(t.notes, 32763), '…') ELSE t.notes END AS notes,
    CASE WHEN CHAR_LENGTH(t.internalNotes) > 32764 THEN CONCAT(LEFT(t.internalNotes, 32763), '…') ELSE t.internalNotes END AS internalNotes,
    regexp_replace(t.ticketBoard, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS ticketBoard,
    regexp_replace(t.ticketType, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS ticketType,
    regexp_replace(t.ticketSubType, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') AS ticketSubType,
    t.billableOption AS billableOption,
    t.status AS status,
    COALESCE(TRY_CAST(t.actualHours AS DECIMAL(19, 4)), 0) AS actualHours,
    COALESCE(TRY_CAST(t.hoursDeduct AS DECIMAL(19, 4)), 0) AS hoursDeduct,
    COALESCE(TRY_CAST(t.hoursBilled AS DECIMAL(19, 4)), 0) AS hoursBilled,
    COALESCE(TRY_CAST(t.invoiceHours AS DECIMAL(19, 4)), 0) AS invoiceHours,
    COALESCE(TRY_CAST(t.agreementHours AS DECIMAL(19, 4)), 0) AS agreementHours,
    COALESCE(TRY_CAST(t.hourlyRate AS DECIMAL(19, 4)), 0) AS hourlyRate,
    COALESCE(TRY_CAST(t.hourlyCost AS DECIMAL(19, 4)), 0) AS hourlyCost,
    COALESCE(TRY_CAST(t.overageRate AS DECIMAL(19, 4)), 0) AS overageRate,
    COALESCE(TRY_CAST(t.agreementAmount AS DECIMAL(19, 4)), 0) AS agreementAmount,
    COALESCE(TRY_CAST(t.agreementAdjustment AS DECIMAL(19, 4)), 0) AS agreementAdjustment,
    COALESCE(TRY_CAST(t.adjustment AS DECIMAL(19, 4)), 0) AS adjustment,
    COALESCE(TRY_CAST(t.extendedInvoiceAmount AS DECIMAL(19, 4)), 0) AS extendedInvoiceAmount,
    COALESCE(TRY_CAST(CASE WHEN t.invoiceId IS NOT NULL AND (CASE WHEN a.AgreementKey IS NOT NULL THEN a.agreementTypeNormalized ELSE CASE
      WHEN regexp_like(lower(CASE WHEN regexp_replace(t.agreementType, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN t.agreementType WHEN regexp_replace(t.agreementType_1, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN t.agreementType_1 END), 'yþj(?:ó|o[\\x{301}\\x{341}])nu[sſ]ta(?:[^\\x{300}-\\x{304}\\x{306}-\\x{30a}\\x{30c}\\x{30f}\\x{311}\\x{323}\\x{325}\\x{328}\\x{340}\\x{341}\\x{344}]|$)') THEN 'billable_service'
      WHEN regexp_like(lower(CASE WHEN regexp_replace(t.agreementType, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN t.agreementType WHEN regexp_replace(t.agreementType_1, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN t.agreementType_1 END), 't(?:í|[iı]\\x{307}*[\\x{301}\\x{341}])mapottur(?:[^\\x{301}\\x{307}\\x{30c}\\x{30f}\\x{311}\\x{323}\\x{327}\\x{331}\\x{341}]|$)') THEN 'prepaid_hours'
      WHEN regexp_like(lower(CASE WHEN regexp_replace(t.agreementType, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN t.agreementType WHEN regexp_replace(t.agreementType_1, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN t.agreementType_1 END), '[iı]\\x{307}*nnr[iı]\\x{307}* verkefn[iı]\\x{307}*(?:[^\\x{300}-\\x{304}\\x{306}-\\x{309}\\x{30c}\\x{30f}\\x{311}\\x{323}\\x{328}\\x{330}\\x{340}\\x{341}\\x{344}]|$)') THEN 'internal_project'
      WHEN regexp_like(lower(CASE WHEN regexp_replace(t.agreementType, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN t.agreementType WHEN regexp_replace(t.agreementType_1, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN t.agreementType_1 END), 'rek[sſ]trarþj(?:ó|o[\\x{301}\\x{341}])nu[sſ]ta(?:[^\\x{300}-\\x{304}\\x{306}-\\x{30a}\\x{30c}\\x{30f}\\x{311}\\x{323}\\x{325}\\x{328}\\x{340}\\x{341}\\x{344}]|$)|alrek[sſ]tur(?:[^\\x{301}\\x{307}\\x{30c}\\x{30f}\\x{311}\\x{323}\\x{327}\\x{331}\\x{341}]|$)') THEN 'operations'
      WHEN regexp_like(lower(CASE WHEN regexp_replace(t.agreementType, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN t.agreementType WHEN regexp_replace(t.agreementType_1, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN t.agreementType_1 END), 'hugb(?:ú|u[\\x{301}\\x{341}])naðarþj(?:ó|o[\\x{301}\\x{341}])nu[sſ]ta(?:[^\\x{300}-\\x{304}\\x{306}-\\x{30a}\\x{30c}\\x{30f}\\x{311}\\x{323}\\x{325}\\x{328}\\x{340}\\x{341}\\x{344}]|$)|off[iı]\\x{307}*ce 365') THEN 'software_service'
      ELSE 'other'
    END END) NOT IN ('prepaid_hours', 'internal_project') THEN COALESCE(TRY_CAST(t.extendedInvoiceAmount AS DECIMAL(19, 4)), TRY_CAST(ROUND(TRY_CAST(TRY_CAST(t.hoursBilled AS DECIMAL(19, 4)) AS DECIMAL(18, 4)) * TRY_CAST(TRY_CAST(t.hourlyRate AS DECIMAL(19, 4)) AS DECIMAL(18, 4)), 4) AS DECIMAL(19, 4))) END AS DECIMAL(19, 4)), 0) AS invoicedAmount,
    COALESCE(TRY_CAST(COALESCE(TRY_CAST(t.hourlyCost AS DECIMAL(19, 4)), TRY_CAST(m.hourlyCost AS DECIMAL(19, 4))) AS DECIMAL(19, 4)), 0) AS effectiveHourlyCost,
    a.agreementNumber AS agreementNumber,
    CASE WHEN a.AgreementKey IS NOT NULL THEN a.agreementTypeNormalized ELSE CASE
      WHEN regexp_like(lower(CASE WHEN regexp_replace(t.agreementType, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN t.agreementType WHEN regexp_replace(t.agreementType_1, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN t.agreementType_1 END), 'yþj(?:ó|o[\\x{301}\\x{341}])nu[sſ]ta(?:[^\\x{300}-\\x{304}\\x{306}-\\x{30a}\\x{30c}\\x{30f}\\x{311}\\x{323}\\x{325}\\x{328}\\x{340}\\x{341}\\x{344}]|$)') THEN 'billable_service'
      WHEN regexp_like(lower(CASE WHEN regexp_replace(t.agreementType, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN t.agreementType WHEN regexp_replace(t.agreementType_1, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN t.agreementType_1 END), 't(?:í|[iı]\\x{307}*[\\x{301}\\x{341}])mapottur(?:[^\\x{301}\\x{307}\\x{30c}\\x{30f}\\x{311}\\x{323}\\x{327}\\x{331}\\x{341}]|$)') THEN 'prepaid_hours'
      WHEN regexp_like(lower(CASE WHEN regexp_replace(t.agreementType, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN t.agreementType WHEN regexp_replace(t.agreementType_1, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN t.agreementType_1 END), '[iı]\\x{307}*nnr[iı]\\x{307}* verkefn[iı]\\x{307}*(?:[^\\x{300}-\\x{304}\\x{306}-\\x{309}\\x{30c}\\x{30f}\\x{311}\\x{323}\\x{328}\\x{330}\\x{340}\\x{341}\\x{344}]|$)') THEN 'internal_project'
      WHEN regexp_like(lower(CASE WHEN regexp_replace(t.agreementType, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN t.agreementType WHEN regexp_replace(t.agreementType_1, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN t.agreementType_1 END), 'rek[sſ]trarþj(?:ó|o[\\x{301}\\x{341}])nu[sſ]ta(?:[^\\x{300}-\\x{304}\\x{306}-\\x{30a}\\x{30c}\\x{30f}\\x{311}\\x{323}\\x{325}\\x{328}\\x{340}\\x{341}\\x{344}]|$)|alrek[sſ]tur(?:[^\\x{301}\\x{307}\\x{30c}\\x{30f}\\x{311}\\x{323}\\x{327}\\x{331}\\x{341}]|$)') THEN 'operations'
      WHEN regexp_like(lower(CASE WHEN regexp_replace(t.agreementType, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN t.agreementType WHEN regexp_replace(t.agreementType_1, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN t.agreementType_1 END), 'hugb(?:ú|u[\\x{301}\\x{341}])naðarþj(?:ó|o[\\x{301}\\x{341}])nu[sſ]ta(?:[^\\x{300}-\\x{304}\\x{306}-\\x{30a}\\x{30c}\\x{30f}\\x{311}\\x{323}\\x{325}\\x{328}\\x{340}\\x{341}\\x{344}]|$)|off[iı]\\x{307}*ce 365') THEN 'software_service'
      ELSE 'other'
    END END AS agreementTypeNormalized
  FROM silver.cw_timeentry AS t
  LEFT JOIN gold.dimagreement AS a ON a.AgreementKey = t.agreementId AND NOT a.isInferred
  LEFT JOIN (
    SELECT typeName, MIN(AgreementTypeKey) AS AgreementTypeKey
    FROM gold.dimagreementtype
    WHERE AgreementTypeKey <> -1 AND typeName <> ''
    GROUP BY typeName
  ) AS n ON a.AgreementKey IS NULL AND n.typeName = regexp_replace(CASE WHEN regexp_replace(t.agreementType, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN t.agreementType WHEN regexp_replace(t.agreementType_1, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN t.agreementType_1 END, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '')
  LEFT JOIN (
    SELECT foldedName, MIN(AgreementTypeKey) AS AgreementTypeKey
    FROM (
      SELECT AgreementTypeKey, replace(replace(replace(replace(replace(replace(replace(lower(regexp_replace(typeName, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}*:?\\p{IsWhite_Space}*$', '')), 'a\u0301', 'á'), 'e\u0301', 'é'), 'i\u0301', 'í'), 'o\u0301', 'ó'), 'u\u0301', 'ú'), 'y\u0301', 'ý'), 'o\u0308', 'ö') AS foldedName
      FROM gold.dimagreementtype
      WHERE AgreementTypeKey <> -1
    ) AS named
    WHERE foldedName <> ''
    GROUP BY foldedName
  ) AS o ON a.AgreementKey IS NULL AND o.foldedName = replace(replace(replace(replace(replace(replace(replace(lower(regexp_replace(CASE WHEN regexp_replace(t.agreementType, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN t.agreementType WHEN regexp_replace(t.agreementType_1, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN t.agreementType_1 END, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}*:?\\p{IsWhite_Space}*$', '')), 'a\u0301', 'á'), 'e\u0301', 'é'), 'i\u0301', 'í'), 'o\u0301', 'ó'), 'u\u0301', 'ú'), 'y\u0301', 'ý'), 'o\u0308', 'ö')
  LEFT JOIN silver.cw_member AS m ON m.id = t.memberId
  WHERE t._etl_deleted_at IS NULL
),
step1 AS (
  SELECT
    *,
    COALESCE(TRY_CAST(ROUND(TRY_CAST(actualHours AS DECIMAL(18, 4)) * TRY_CAST(hourlyRate AS DECIMAL(18, 4)), 4) AS DECIMAL(19, 4)), 0) AS potentialRevenue,
    COALESCE(TRY_CAST(ROUND(TRY_CAST(actualHours AS DECIMAL(18, 4)) * TRY_CAST(effectiveHourlyCost AS DECIMAL(18, 4)), 4) AS DECIMAL(19, 4)), 0) AS actualCost,
    CASE agreementTypeNormalized WHEN 'billable_service' THEN 'billable' WHEN 'prepaid_hours' THEN 'prepaid' WHEN 'internal_project' THEN 'internal' WHEN 'operations' THEN 'operations' WHEN 'software_service' THEN 'billable' ELSE 'unknown' END AS billingBehavior,
    CASE
      WHEN invoiceId IS NOT NULL THEN 'Invoiced'
      WHEN agreementTypeNormalized = 'internal_project' THEN 'Internal'
      WHEN agreementTypeNormalized = 'prepaid_hours' THEN 'Prepaid'
      WHEN billableOption = 'NoCharge' THEN 'NoCharge'
      WHEN billableOption = 'DoNotBill' THEN 'DoNotBill'
      WHEN agreementTypeNormalized = 'operations' AND billableOption = 'Billable' THEN 'Operations'
      WHEN billableOption = 'Billable' THEN 'Billable'
      ELSE 'Unclassified'
    END AS effectiveBillingStatus,
    CASE WHEN agreementTypeNormalized = 'internal_project' THEN 'Internal' WHEN billableOption = 'Billable' THEN 'Billable' WHEN billableOption = 'DoNotBill' THEN 'Non-Billable' WHEN billableOption = 'NoCharge' THEN 'No Charge' ELSE 'Unknown' END AS utilizationType
  FROM source
),
step2 AS (
  SELECT
    *,
    COALESCE(potentialRevenue - actualCost, 0) AS margin,
    CASE WHEN regexp_replace(status, '^\\p{IsWhite_Space}+|\\p{IsWhite_Space}+$', '') <> '' THEN CONCAT(utilizationType, ' - ', status) ELSE 'Unknown' END AS utilizationStatus
  FROM step1
),
step3 AS (
  SELECT
    *,
    COALESCE(CASE WHEN potentialRevenue = 0 THEN 0 ELSE TRY_CAST(ROUND(100 * margin / potentialRevenue, 4) AS DECIMAL(19, 4)) END, 0) AS marginPercentage
  FROM step2
)
SELECT
  CAST(timeEntryId AS BIGINT) AS timeEntryId,
  CAST(memberId AS BIGINT) AS memberId,
  CAST(companyId AS BIGINT) AS companyId,
  CAST(agreementId AS BIGINT) AS agreementId,
  CAST(ticketId AS BIGINT) AS ticketId,
  CAST(projectId AS BIGINT) AS projectId,
  CAST(chargeToId AS BIGINT) AS chargeToId,
  CAST(invoiceId AS BIGINT) AS invoiceId,
  CAST(timeSheetId AS BIGINT) AS timeSheetId,
  invoiceNumber,
  CAST(WorkDateKey AS BIGINT) AS WorkDateKey,
  CAST(MemberKey AS BIGINT) AS MemberKey,
  CAST(CompanyKey AS BIGINT) AS CompanyKey,
  CAST(AgreementKey AS BIGINT) AS AgreementKey,
  CAST(AgreementTypeKey AS BIGINT) AS AgreementTypeKey,
  CAST(TicketKey AS BIGINT) AS TicketKey,
  CAST(ProjectKey AS BIGINT) AS ProjectKey,
  CAST(BillableStatusKey AS BIGINT) AS BillableStatusKey,
  CAST(TimeEntryStatusKey AS BIGINT) AS TimeEntryStatusKey,
  CAST(ChargeTypeKey AS BIGINT) AS ChargeTypeKey,
  CAST(WorkTypeKey AS BIGINT) AS WorkTypeKey,
  CAST(WorkRoleKey AS BIGINT) AS WorkRoleKey,
  CAST(DepartmentKey AS BIGINT) AS DepartmentKey,
  CAST(BusinessUnitKey AS BIGINT) AS BusinessUnitKey,
  timeStart,
  timeEnd,
  dateEntered,
  enteredBy,
  notes,
  internalNotes,
  ticketBoard,
  ticketType,
  ticketSubType,
  billableOption,
  status,
  CAST(actualHours AS DECIMAL(19, 4)) AS actualHours,
  CAST(hoursDeduct AS DECIMAL(19, 4)) AS hoursDeduct,
  CAST(hoursBilled AS DECIMAL(19, 4)) AS hoursBilled,
  CAST(invoiceHours AS DECIMAL(19, 4)) AS invoiceHours,
  CAST(agreementHours AS DECIMAL(19, 4)) AS agreementHours,
  CAST(hourlyRate AS DECIMAL(19, 4)) AS hourlyRate,
  CAST(hourlyCost AS DECIMAL(19, 4)) AS hourlyCost,
  CAST(overageRate AS DECIMAL(19, 4)) AS overageRate,
  CAST(agreementAmount AS DECIMAL(19, 4)) AS agreementAmount,
  CAST(agreementAdjustment AS DECIMAL(19, 4)) AS agreementAdjustment,
  CAST(adjustment AS DECIMAL(19, 4)) AS adjustment,
  CAST(extendedInvoiceAmount AS DECIMAL(19, 4)) AS extendedInvoiceAmount,
  CAST(invoicedAmount AS DECIMAL(19, 4)) AS invoicedAmount,
  CAST(effectiveHourlyCost AS DECIMAL(19, 4)) AS effectiveHourlyCost,
  COALESCE(TRY_CAST(potentialRevenue AS DECIMAL(19, 4)), 0) AS potentialRevenue,
  COALESCE(TRY_CAST(actualCost AS DECIMAL(19, 4)), 0) AS actualCost,
  COALESCE(TRY_CAST(margin AS DECIMAL(19, 4)), 0) AS margin,
  COALESCE(TRY_CAST(marginPercentage AS DECIMAL(19, 4)), 0) AS marginPercentage,
  agreementNumber,
  agreementTypeNormalized,
  billingBehavior,
  effectiveBillingStatus,
  utilizationType,
  utilizationStatus
FROM step3
""", "merge": r"""
-- @generated by `cargo codegen generate` from schema/facts/fact_timeentry.yaml. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS gold.fact_timeentry (
  timeEntryId BIGINT NOT NULL,
  memberId BIGINT,
  companyId BIGINT,
  agreementId BIGINT,
  ticketId BIGINT,
  projectId BIGINT,
  chargeToId BIGINT,
  invoiceId BIGINT,
  timeSheetId BIGINT,
  invoiceNumber STRING,
  WorkDateKey BIGINT,
  MemberKey BIGINT,
  CompanyKey BIGINT,
  AgreementKey BIGINT,
  AgreementTypeKey BIGINT,
  TicketKey BIGINT,
  ProjectKey BIGINT,
  BillableStatusKey BIGINT,
  TimeEntryStatusKey BIGINT,
  ChargeTypeKey BIGINT,
  WorkTypeKey BIGINT,
  WorkRoleKey BIGINT,
  DepartmentKey BIGINT,
  BusinessUnitKey BIGINT,
  timeStart TIMESTAMP,
  timeEnd TIMESTAMP,
  dateEntered TIMESTAMP,
  enteredBy STRING,
  notes STRING,
  internalNotes STRING,
  ticketBoard STRING,
  ticketType STRING,
  ticketSubType STRING,
  billableOption STRING,
  status STRING,
  actualHours DECIMAL(19, 4),
  hoursDeduct DECIMAL(19, 4),
  hoursBilled DECIMAL(19, 4),
  invoiceHours DECIMAL(19, 4),
  agreementHours DECIMAL(19, 4),
  hourlyRate DECIMAL(19, 4),
  hourlyCost DECIMAL(19, 4),
  overageRate DECIMAL(19, 4),
  agreementAmount DECIMAL(19, 4),
  agreementAdjustment DECIMAL(19, 4),
  adjustment DECIMAL(19, 4),
  extendedInvoiceAmount DECIMAL(19, 4),
  invoicedAmount DECIMAL(19, 4),
  effectiveHourlyCost DECIMAL(19, 4),
  potentialRevenue DECIMAL(19, 4),
  actualCost DECIMAL(19, 4),
  margin DECIMAL(19, 4),
  marginPercentage DECIMAL(19, 4),
  agreementNumber STRING,
  agreementTypeNormalized STRING,
  billingBehavior STRING,
  effectiveBillingStatus STRING,
  utilizationType STRING,
  utilizationStatus STRING
)
USING DELTA
TBLPROPERTIES ('delta.enableDeletionVectors' = 'false');
SELECT
  COALESCE(n.timeEntryId, o.timeEntryId) AS timeEntryId,
  n.memberId,
  n.companyId,
  n.agreementId,
  n.ticketId,
  n.projectId,
  n.chargeToId,
  n.invoiceId,
  n.timeSheetId,
  n.invoiceNumber,
  n.WorkDateKey,
  n.MemberKey,
  n.CompanyKey,
  n.AgreementKey,
  n.AgreementTypeKey,
  n.TicketKey,
  n.ProjectKey,
  n.BillableStatusKey,
  n.TimeEntryStatusKey,
  n.ChargeTypeKey,
  n.WorkTypeKey,
  n.WorkRoleKey,
  n.DepartmentKey,
  n.BusinessUnitKey,
  n.timeStart,
  n.timeEnd,
  n.dateEntered,
  n.enteredBy,
  n.notes,
  n.internalNotes,
  n.ticketBoard,
  n.ticketType,
  n.ticketSubType,
  n.billableOption,
  n.status,
  n.actualHours,
  n.hoursDeduct,
  n.hoursBilled,
  n.invoiceHours,
  n.agreementHours,
  n.hourlyRate,
  n.hourlyCost,
  n.overageRate,
  n.agreementAmount,
  n.agreementAdjustment,
  n.adjustment,
  n.extendedInvoiceAmount,
  n.invoicedAmount,
  n.effectiveHourlyCost,
  n.potentialRevenue,
  n.actualCost,
  n.margin,
  n.marginPercentage,
  n.agreementNumber,
  n.agreementTypeNormalized,
  n.billingBehavior,
  n.effectiveBillingStatus,
  n.utilizationType,
  n.utilizationStatus,
  n.timeEntryId IS NULL AS _etl_gone
FROM computed AS n
FULL OUTER JOIN gold.fact_timeentry AS o ON o.timeEntryId = n.timeEntryId
WHERE n.timeEntryId IS NULL OR o.timeEntryId IS NULL OR NOT (
  n.memberId <=> o.memberId AND
  n.companyId <=> o.companyId AND
  n.agreementId <=> o.agreementId AND
  n.ticketId <=> o.ticketId AND
  n.projectId <=> o.projectId AND
  n.chargeToId <=> o.chargeToId AND
  n.invoiceId <=> o.invoiceId AND
  n.timeSheetId <=> o.timeSheetId AND
  n.invoiceNumber <=> o.invoiceNumber AND
  n.WorkDateKey <=> o.WorkDateKey AND
  n.MemberKey <=> o.MemberKey AND
  n.CompanyKey <=> o.CompanyKey AND
  n.AgreementKey <=> o.AgreementKey AND
  n.AgreementTypeKey <=> o.AgreementTypeKey AND
  n.TicketKey <=> o.TicketKey AND
  n.ProjectKey <=> o.ProjectKey AND
  n.BillableStatusKey <=> o.BillableStatusKey AND
  n.TimeEntryStatusKey <=> o.TimeEntryStatusKey AND
  n.ChargeTypeKey <=> o.ChargeTypeKey AND
  n.WorkTypeKey <=> o.WorkTypeKey AND
  n.WorkRoleKey <=> o.WorkRoleKey AND
  n.DepartmentKey <=> o.DepartmentKey AND
  n.BusinessUnitKey <=> o.BusinessUnitKey AND
  n.timeStart <=> o.timeStart AND
  n.timeEnd <=> o.timeEnd AND
  n.dateEntered <=> o.dateEntered AND
  n.enteredBy <=> o.enteredBy AND
  n.notes <=> o.notes AND
  n.internalNotes <=> o.internalNotes AND
  n.ticketBoard <=> o.ticketBoard AND
  n.ticketType <=> o.ticketType AND
  n.ticketSubType <=> o.ticketSubType AND
  n.billableOption <=> o.billableOption AND
  n.status <=> o.status AND
  n.actualHours <=> o.actualHours AND
  n.hoursDeduct <=> o.hoursDeduct AND
  n.hoursBilled <=> o.hoursBilled AND
  n.invoiceHours <=> o.invoiceHours AND
  n.agreementHours <=> o.agreementHours AND
  n.hourlyRate <=> o.hourlyRate AND
  n.hourlyCost <=> o.hourlyCost AND
  n.overageRate <=> o.overageRate AND
  n.agreementAmount <=> o.agreementAmount AND
  n.agreementAdjustment <=> o.agreementAdjustment AND
  n.adjustment <=> o.adjustment AND
  n.extendedInvoiceAmount <=> o.extendedInvoiceAmount AND
  n.invoicedAmount <=> o.invoicedAmount AND
  n.effectiveHourlyCost <=> o.effectiveHourlyCost AND
  n.potentialRevenue <=> o.potentialRevenue AND
  n.actualCost <=> o.actualCost AND
  n.margin <=> o.margin AND
  n.marginPercentage <=> o.marginPercentage AND
  n.agreementNumber <=> o.agreementNumber AND
  n.agreementTypeNormalized <=> o.agreementTypeNormalized AND
  n.billingBehavior <=> o.billingBehavior AND
  n.effectiveBillingStatus <=> o.effectiveBillingStatus AND
  n.utilizationType <=> o.utilizationType AND
  n.utilizationStatus <=> o.utilizationStatus
);
MERGE INTO gold.fact_timeentry AS t
USING changed AS s
ON t.timeEntryId = s.timeEntryId
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  memberId = s.memberId,
  companyId = s.companyId,
  agreementId = s.agreementId,
  ticketId = s.ticketId,
  projectId = s.projectId,
  chargeToId = s.chargeToId,
  invoiceId = s.invoiceId,
  timeSheetId = s.timeSheetId,
  invoiceNumber = s.invoiceNumber,
  WorkDateKey = s.WorkDateKey,
  MemberKey = s.MemberKey,
  CompanyKey = s.CompanyKey,
  AgreementKey = s.AgreementKey,
  AgreementTypeKey = s.AgreementTypeKey,
  TicketKey = s.TicketKey,
  ProjectKey = s.ProjectKey,
  BillableStatusKey = s.BillableStatusKey,
  TimeEntryStatusKey = s.TimeEntryStatusKey,
  ChargeTypeKey = s.ChargeTypeKey,
  WorkTypeKey = s.WorkTypeKey,
  WorkRoleKey = s.WorkRoleKey,
  DepartmentKey = s.DepartmentKey,
  BusinessUnitKey = s.BusinessUnitKey,
  timeStart = s.timeStart,
  timeEnd = s.timeEnd,
  dateEntered = s.dateEntered,
  enteredBy = s.enteredBy,
  notes = s.notes,
  internalNotes = s.internalNotes,
  ticketBoard = s.ticketBoard,
  ticketType = s.ticketType,
  ticketSubType = s.ticketSubType,
  billableOption = s.billableOption,
  status = s.status,
  actualHours = s.actualHours,
  hoursDeduct = s.hoursDeduct,
  hoursBilled = s.hoursBilled,
  invoiceHours = s.invoiceHours,
  agreementHours = s.agreementHours,
  hourlyRate = s.hourlyRate,
  hourlyCost = s.hourlyCost,
  overageRate = s.overageRate,
  agreementAmount = s.agreementAmount,
  agreementAdjustment = s.agreementAdjustment,
  adjustment = s.adjustment,
  extendedInvoiceAmount = s.extendedInvoiceAmount,
  invoicedAmount = s.invoicedAmount,
  effectiveHourlyCost = s.effectiveHourlyCost,
  potentialRevenue = s.potentialRevenue,
  actualCost = s.actualCost,
  margin = s.margin,
  marginPercentage = s.marginPercentage,
  agreementNumber = s.agreementNumber,
  agreementTypeNormalized = s.agreementTypeNormalized,
  billingBehavior = s.billingBehavior,
  effectiveBillingStatus = s.effectiveBillingStatus,
  utilizationType = s.utilizationType,
  utilizationStatus = s.utilizationStatus
WHEN NOT MATCHED AND NOT s._etl_gone THEN INSERT (
  timeEntryId,
  memberId,
  companyId,
  agreementId,
  ticketId,
  projectId,
  chargeToId,
  invoiceId,
  timeSheetId,
  invoiceNumber,
  WorkDateKey,
  MemberKey,
  CompanyKey,
  AgreementKey,
  AgreementTypeKey,
  TicketKey,
  ProjectKey,
  BillableStatusKey,
  TimeEntryStatusKey,
  ChargeTypeKey,
  WorkTypeKey,
  WorkRoleKey,
  DepartmentKey,
  BusinessUnitKey,
  timeStart,
  timeEnd,
  dateEntered,
  enteredBy,
  notes,
  internalNotes,
  ticketBoard,
  ticketType,
  ticketSubType,
  billableOption,
  status,
  actualHours,
  hoursDeduct,
  hoursBilled,
  invoiceHours,
  agreementHours,
  hourlyRate,
  hourlyCost,
  overageRate,
  agreementAmount,
  agreementAdjustment,
  adjustment,
  extendedInvoiceAmount,
  invoicedAmount,
  effectiveHourlyCost,
  potentialRevenue,
  actualCost,
  margin,
  marginPercentage,
  agreementNumber,
  agreementTypeNormalized,
  billingBehavior,
  effectiveBillingStatus,
  utilizationType,
  utilizationStatus
) VALUES (
  s.timeEntryId,
  s.memberId,
  s.companyId,
  s.agreementId,
  s.ticketId,
  s.projectId,
  s.chargeToId,
  s.invoiceId,
  s.timeSheetId,
  s.invoiceNumber,
  s.WorkDateKey,
  s.MemberKey,
  s.CompanyKey,
  s.AgreementKey,
  s.AgreementTypeKey,
  s.TicketKey,
  s.ProjectKey,
  s.BillableStatusKey,
  s.TimeEntryStatusKey,
  s.ChargeTypeKey,
  s.WorkTypeKey,
  s.WorkRoleKey,
  s.DepartmentKey,
  s.BusinessUnitKey,
  s.timeStart,
  s.timeEnd,
  s.dateEntered,
  s.enteredBy,
  s.notes,
  s.internalNotes,
  s.ticketBoard,
  s.ticketType,
  s.ticketSubType,
  s.billableOption,
  s.status,
  s.actualHours,
  s.hoursDeduct,
  s.hoursBilled,
  s.invoiceHours,
  s.agreementHours,
  s.hourlyRate,
  s.hourlyCost,
  s.overageRate,
  s.agreementAmount,
  s.agreementAdjustment,
  s.adjustment,
  s.extendedInvoiceAmount,
  s.invoicedAmount,
  s.effectiveHourlyCost,
  s.potentialRevenue,
  s.actualCost,
  s.margin,
  s.marginPercentage,
  s.agreementNumber,
  s.agreementTypeNormalized,
  s.billingBehavior,
  s.effectiveBillingStatus,
  s.utilizationType,
  s.utilizationStatus
)
"""})

# METADATA ********************

# META {
# META   "language": "python",
# META   "language_group": "synapse_pyspark"
# META }

# CELL ********************

steps.append({"layer": "gold", "table": "fact_invoiceline", "select": r"""
-- @generated by `cargo codegen generate` from schema/facts/fact_invoiceline.yaml. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
-- One row a time, expense or product line on an invoice.
WITH source AS (
  SELECT
    l.lineId AS lineId,
    l.invoiceId AS invoiceId,
    l.lineType AS lineType,
    COALESCE(l.AgreementTypeKey, -1) AS AgreementTypeKey,
    COALESCE(l.MemberKey, -1) AS MemberKey,
    COALESCE(l.CompanyKey, -1) AS CompanyKey,
    COALESCE(i.InvoiceDateKey, -1) AS InvoiceDateKey,
    COALESCE(TRY_CAST(l.quantity AS DECIMAL(19, 4)), 0) AS quantity,
    COALESCE(TRY_CAST(l.price AS DECIMAL(19, 4)), 0) AS price,
    COALESCE(TRY_CAST(l.cost AS DECIMAL(19, 4)), 0) AS cost,
    COALESCE(TRY_CAST(l.lineAmount AS DECIMAL(19, 4)), 0) AS lineAmount,
    COALESCE(TRY_CAST(l.lineCost AS DECIMAL(19, 4)), 0) AS lineCost,
    COALESCE(TRY_CAST(l.invoicedAmount AS DECIMAL(19, 4)), 0) AS invoicedAmount
  FROM (
    SELECT
      CONCAT('T', CAST(timeEntryId AS STRING)) AS lineId, invoiceId, 'Time' AS lineType,
      AgreementTypeKey, MemberKey, CompanyKey, agreementTypeNormalized,
      hoursBilled AS quantity, hourlyRate AS price, effectiveHourlyCost AS cost,
      TRY_CAST(ROUND(TRY_CAST(hoursBilled AS DECIMAL(18, 4)) * TRY_CAST(hourlyRate AS DECIMAL(18, 4)), 4) AS DECIMAL(19, 4)) AS lineAmount, actualCost AS lineCost, invoicedAmount
    FROM gold.fact_timeentry
    WHERE invoiceId IS NOT NULL
    UNION ALL
    SELECT
      CONCAT('E', CAST(expenseEntryId AS STRING)) AS lineId, invoiceId, 'Expense' AS lineType,
      AgreementTypeKey, MemberKey, CompanyKey, agreementTypeNormalized,
      CAST(1 AS DECIMAL(19, 4)) AS quantity, invoiceAmount AS price, amount AS cost,
      invoiceAmount AS lineAmount, amount AS lineCost, invoiceAmount AS invoicedAmount
    FROM gold.fact_expenseentry
    WHERE invoiceId IS NOT NULL
    UNION ALL
    SELECT
      CONCAT('P', CAST(productItemId AS STRING)) AS lineId, invoiceId, 'Product' AS lineType,
      AgreementTypeKey, CAST(-1 AS BIGINT) AS MemberKey, CompanyKey, agreementTypeNormalized,
      quantity, price, cost, extPrice AS lineAmount, extCost AS lineCost, extPrice AS invoicedAmount
    FROM gold.fact_productitem
    WHERE invoiceId IS NOT NULL
  ) AS l
  LEFT JOIN gold.fact_invoice AS i ON i.invoiceId = l.invoiceId
  WHERE l.agreementTypeNormalized NOT IN ('prepaid_hours', 'internal_project')
),
step1 AS (
  SELECT
    *,
    COALESCE(lineAmount - lineCost, 0) AS margin
  FROM source
)
SELECT
  lineId,
  CAST(invoiceId AS BIGINT) AS invoiceId,
  lineType,
  CAST(AgreementTypeKey AS BIGINT) AS AgreementTypeKey,
  CAST(MemberKey AS BIGINT) AS MemberKey,
  CAST(CompanyKey AS BIGINT) AS CompanyKey,
  CAST(InvoiceDateKey AS BIGINT) AS InvoiceDateKey,
  CAST(quantity AS DECIMAL(19, 4)) AS quantity,
  CAST(price AS DECIMAL(19, 4)) AS price,
  CAST(cost AS DECIMAL(19, 4)) AS cost,
  CAST(lineAmount AS DECIMAL(19, 4)) AS lineAmount,
  CAST(lineCost AS DECIMAL(19, 4)) AS lineCost,
  CAST(invoicedAmount AS DECIMAL(19, 4)) AS invoicedAmount,
  COALESCE(TRY_CAST(margin AS DECIMAL(19, 4)), 0) AS margin
FROM step1
""", "merge": r"""
-- @generated by `cargo codegen generate` from schema/facts/fact_invoiceline.yaml. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS gold.fact_invoiceline (
  lineId STRING NOT NULL,
  invoiceId BIGINT,
  lineType STRING,
  AgreementTypeKey BIGINT,
  MemberKey BIGINT,
  CompanyKey BIGINT,
  InvoiceDateKey BIGINT,
  quantity DECIMAL(19, 4),
  price DECIMAL(19, 4),
  cost DECIMAL(19, 4),
  lineAmount DECIMAL(19, 4),
  lineCost DECIMAL(19, 4),
  invoicedAmount DECIMAL(19, 4),
  margin DECIMAL(19, 4)
)
USING DELTA
TBLPROPERTIES ('delta.enableDeletionVectors' = 'false');
SELECT
  COALESCE(n.lineId, o.lineId) AS lineId,
  n.invoiceId,
  n.lineType,
  n.AgreementTypeKey,
  n.MemberKey,
  n.CompanyKey,
  n.InvoiceDateKey,
  n.quantity,
  n.price,
  n.cost,
  n.lineAmount,
  n.lineCost,
  n.invoicedAmount,
  n.margin,
  n.lineId IS NULL AS _etl_gone
FROM computed AS n
FULL OUTER JOIN gold.fact_invoiceline AS o ON o.lineId = n.lineId
WHERE n.lineId IS NULL OR o.lineId IS NULL OR NOT (
  n.invoiceId <=> o.invoiceId AND
  n.lineType <=> o.lineType AND
  n.AgreementTypeKey <=> o.AgreementTypeKey AND
  n.MemberKey <=> o.MemberKey AND
  n.CompanyKey <=> o.CompanyKey AND
  n.InvoiceDateKey <=> o.InvoiceDateKey AND
  n.quantity <=> o.quantity AND
  n.price <=> o.price AND
  n.cost <=> o.cost AND
  n.lineAmount <=> o.lineAmount AND
  n.lineCost <=> o.lineCost AND
  n.invoicedAmount <=> o.invoicedAmount AND
  n.margin <=> o.margin
);
MERGE INTO gold.fact_invoiceline AS t
USING changed AS s
ON t.lineId = s.lineId
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  invoiceId = s.invoiceId,
  lineType = s.lineType,
  AgreementTypeKey = s.AgreementTypeKey,
  MemberKey = s.MemberKey,
  CompanyKey = s.CompanyKey,
  InvoiceDateKey = s.InvoiceDateKey,
  quantity = s.quantity,
  price = s.price,
  cost = s.cost,
  lineAmount = s.lineAmount,
  lineCost = s.lineCost,
  invoicedAmount = s.invoicedAmount,
  margin = s.margin
WHEN NOT MATCHED AND NOT s._etl_gone THEN INSERT (
  lineId,
  invoiceId,
  lineType,
  AgreementTypeKey,
  MemberKey,
  CompanyKey,
  InvoiceDateKey,
  quantity,
  price,
  cost,
  lineAmount,
  lineCost,
  invoicedAmount,
  margin
) VALUES (
  s.lineId,
  s.invoiceId,
  s.lineType,
  s.AgreementTypeKey,
  s.MemberKey,
  s.CompanyKey,
  s.InvoiceDateKey,
  s.quantity,
  s.price,
  s.cost,
  s.lineAmount,
  s.lineCost,
  s.invoicedAmount,
  s.margin
)
"""})

# METADATA ********************

# META {
# META   "language": "python",
# META   "language_group": "synapse_pyspark"
# META }

# CELL ********************

steps.append({"layer": "gold", "table": "dimdate", "select": r"""
-- @generated by `cargo codegen generate` from schema/dimensions/dimdate.yaml. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
-- and the run's day, which stands for businessDate below: SET businessDate = 2026-06-15
WITH used AS (
  SELECT EffectiveDateKey AS DateKey FROM gold.fact_agreementaddition WHERE EffectiveDateKey <> -1
  UNION ALL SELECT CancelledDateKey AS DateKey FROM gold.fact_agreementaddition WHERE CancelledDateKey <> -1
  UNION ALL SELECT EffectiveDateKey AS DateKey FROM gold.fact_agreementadjustment WHERE EffectiveDateKey <> -1
  UNION ALL SELECT ExpenseDateKey AS DateKey FROM gold.fact_expenseentry WHERE ExpenseDateKey <> -1
  UNION ALL SELECT InvoiceDateKey AS DateKey FROM gold.fact_invoice WHERE InvoiceDateKey <> -1
  UNION ALL SELECT DueDateKey AS DateKey FROM gold.fact_invoice WHERE DueDateKey <> -1
  UNION ALL SELECT InvoiceDateKey AS DateKey FROM gold.fact_invoiceline WHERE InvoiceDateKey <> -1
  UNION ALL SELECT PurchaseDateKey AS DateKey FROM gold.fact_productitem WHERE PurchaseDateKey <> -1
  UNION ALL SELECT WorkDateKey AS DateKey FROM gold.fact_timeentry WHERE WorkDateKey <> -1
),
bounds AS (
  SELECT MIN(DateKey) AS first_key, MAX(DateKey) AS last_key
  FROM used
  WHERE DateKey BETWEEN 19900101 AND 21001231
),
-- Without facts: ten years around the business date. With them: two years past the last day, ten years at least.
span AS (
  SELECT
    COALESCE(make_date(CAST(first_key div 10000 AS INT), CAST(first_key div 100 % 100 AS INT), CAST(first_key % 100 AS INT)), date_add(DATE '${businessDate}', CAST(-2922 AS INT))) AS first_day,
    date_add(COALESCE(make_date(CAST(last_key div 10000 AS INT), CAST(last_key div 100 % 100 AS INT), CAST(last_key % 100 AS INT)), DATE '${businessDate}'), CAST(731 AS INT)) AS last_day
  FROM bounds
),
whole_years AS (
  SELECT
    make_date(CAST(EXTRACT(YEAR FROM first_day) AS INT), CAST(1 AS INT), CAST(1 AS INT)) AS first_day,
    make_date(CAST(GREATEST(EXTRACT(YEAR FROM last_day), EXTRACT(YEAR FROM first_day) + 10) AS INT), CAST(12 AS INT), CAST(31 AS INT)) AS last_day
  FROM span
),
every_day AS (
  SELECT explode(sequence(first_day, last_day, INTERVAL '1' DAY)) AS Midnight FROM whole_years
),
days AS (
  SELECT CAST(Midnight AS DATE) AS Date FROM every_day
  UNION
  SELECT make_date(CAST(DateKey div 10000 AS INT), CAST(DateKey div 100 % 100 AS INT), CAST(DateKey % 100 AS INT)) AS Date
  FROM used
  WHERE DateKey NOT BETWEEN 19900101 AND 21001231
),
numbered AS (
  SELECT
    Date,
    CAST(EXTRACT(YEAR FROM Date) AS BIGINT) AS Year,
    CAST(EXTRACT(MONTH FROM Date) AS BIGINT) AS Month,
    CAST(EXTRACT(DAY FROM Date) AS BIGINT) AS Day,
    -- 1970-01-05 was a Monday.
    (CAST(datediff(Date, DATE '1970-01-05') AS BIGINT) % 7 + 7) % 7 + 1 AS DayOfWeek,
    CAST(datediff(Date, make_date(CAST(EXTRACT(YEAR FROM Date) AS INT), CAST(1 AS INT), CAST(1 AS INT))) AS BIGINT) + 1 AS DayOfYear
  FROM days
),
-- An ISO week belongs to the year of its Thursday. Easter by the Gregorian computus.
thursday AS (
  SELECT
    *,
    date_add(Date, CAST(4 - DayOfWeek AS INT)) AS Thursday,
    Year % 19 AS a,
    (Year div 100) AS b,
    Year % 100 AS c
  FROM numbered
),
golden AS (
  SELECT
    *,
    (19 * a + b - (b div 4) - ((b - ((b + 8) div 25) + 1) div 3) + 15) % 30 AS h,
    (32 + 2 * (b % 4) + 2 * (c div 4) - c % 4) AS k
  FROM thursday
),
moon AS (
  SELECT *, (k - h) % 7 AS l FROM golden
),
paschal AS (
  SELECT *, ((a + 11 * h + 22 * l) div 451) AS m FROM moon
),
dated AS (
  SELECT
    *,
    CAST(datediff(Date, make_date(CAST(Year AS INT), CAST(((h + l - 7 * m + 114) div 31) AS INT), CAST((h + l - 7 * m + 114) % 31 + 1 AS INT))) AS BIGINT) AS AfterEaster
  FROM paschal
),
named AS (
  SELECT
    *,
    CASE
      WHEN Month = 1 AND Day = 1 THEN 'Nýársdagur'
      WHEN AfterEaster = -3 THEN 'Skírdagur'
      WHEN AfterEaster = -2 THEN 'Föstudagurinn langi'
      WHEN AfterEaster = 0 THEN 'Páskadagur'
      WHEN AfterEaster = 1 THEN 'Annar í páskum'
      WHEN Month = 4 AND Day BETWEEN 19 AND 25 AND DayOfWeek = 4 THEN 'Sumardagurinn fyrsti'
      WHEN Month = 5 AND Day = 1 THEN 'Verkalýðsdagurinn'
      WHEN AfterEaster = 39 THEN 'Uppstigningardagur'
      WHEN AfterEaster = 49 THEN 'Hvítasunnudagur'
      WHEN AfterEaster = 50 THEN 'Annar í hvítasunnu'
      WHEN Month = 6 AND Day = 17 THEN 'Þjóðhátíðardagurinn'
      WHEN Month = 8 AND Day <= 7 AND DayOfWeek = 1 THEN 'Frídagur verslunarmanna'
      WHEN Month = 12 AND Day = 24 THEN 'Aðfangadagur'
      WHEN Month = 12 AND Day = 25 THEN 'Jóladagur'
      WHEN Month = 12 AND Day = 26 THEN 'Annar í jólum'
      WHEN Month = 12 AND Day = 31 THEN 'Gamlársdagur'
    END AS HolidayName,
    Month = 12 AND Day IN (24, 31) AS IsHalfHoliday
  FROM dated
)
SELECT
  CAST(-1 AS BIGINT) AS DateKey,
  CAST(NULL AS DATE) AS Date,
  CAST(NULL AS BIGINT) AS Year,
  CAST(NULL AS BIGINT) AS Quarter,
  CAST(NULL AS BIGINT) AS Month,
  CAST(NULL AS BIGINT) AS Day,
  CAST(NULL AS BIGINT) AS YearMonth,
  CAST(NULL AS BIGINT) AS DayOfYear,
  CAST(NULL AS BIGINT) AS DayOfWeek,
  CAST(NULL AS BIGINT) AS IsoYear,
  CAST(NULL AS BIGINT) AS IsoWeek,
  CAST(NULL AS BIGINT) AS FiscalYear,
  CAST(NULL AS BIGINT) AS FiscalQuarter,
  'Óþekkt' AS MonthNameIs,
  'Unknown' AS MonthNameEn,
  'Óþekkt' AS DayNameIs,
  'Unknown' AS DayNameEn,
  false AS IsWeekend,
  false AS IsHoliday,
  CAST(NULL AS STRING) AS HolidayName,
  false AS IsHalfHoliday,
  false AS IsBusinessDay,
  false AS isInferred
UNION ALL
SELECT
  Year * 10000 + Month * 100 + Day AS DateKey,
  Date,
  Year,
  ((Month - 1) div 3) + 1 AS Quarter,
  Month,
  Day,
  Year * 100 + Month AS YearMonth,
  DayOfYear,
  DayOfWeek,
  CAST(EXTRACT(YEAR FROM Thursday) AS BIGINT) AS IsoYear,
  (CAST(datediff(Thursday, make_date(CAST(EXTRACT(YEAR FROM Thursday) AS INT), CAST(1 AS INT), CAST(1 AS INT))) AS BIGINT) div 7) + 1 AS IsoWeek,
  Year AS FiscalYear,
  (((Month - 1 + 12) % 12) div 3) + 1 AS FiscalQuarter,
  CASE Month
    WHEN 1 THEN 'janúar'
    WHEN 2 THEN 'febrúar'
    WHEN 3 THEN 'mars'
    WHEN 4 THEN 'apríl'
    WHEN 5 THEN 'maí'
    WHEN 6 THEN 'júní'
    WHEN 7 THEN 'júlí'
    WHEN 8 THEN 'ágúst'
    WHEN 9 THEN 'september'
    WHEN 10 THEN 'október'
    WHEN 11 THEN 'nóvember'
    WHEN 12 THEN 'desember'
  END AS MonthNameIs,
  CASE Month
    WHEN 1 THEN 'January'
    WHEN 2 THEN 'February'
    WHEN 3 THEN 'March'
    WHEN 4 THEN 'April'
    WHEN 5 THEN 'May'
    WHEN 6 THEN 'June'
    WHEN 7 THEN 'July'
    WHEN 8 THEN 'August'
    WHEN 9 THEN 'September'
    WHEN 10 THEN 'October'
    WHEN 11 THEN 'November'
    WHEN 12 THEN 'December'
  END AS MonthNameEn,
  CASE DayOfWeek
    WHEN 1 THEN 'mánudagur'
    WHEN 2 THEN 'þriðjudagur'
    WHEN 3 THEN 'miðvikudagur'
    WHEN 4 THEN 'fimmtudagur'
    WHEN 5 THEN 'föstudagur'
    WHEN 6 THEN 'laugardagur'
    WHEN 7 THEN 'sunnudagur'
  END AS DayNameIs,
  CASE DayOfWeek
    WHEN 1 THEN 'Monday'
    WHEN 2 THEN 'Tuesday'
    WHEN 3 THEN 'Wednesday'
    WHEN 4 THEN 'Thursday'
    WHEN 5 THEN 'Friday'
    WHEN 6 THEN 'Saturday'
    WHEN 7 THEN 'Sunday'
  END AS DayNameEn,
  DayOfWeek >= 6 AS IsWeekend,
  HolidayName IS NOT NULL AND NOT IsHalfHoliday AS IsHoliday,
  HolidayName,
  IsHalfHoliday,
  DayOfWeek < 6 AND (HolidayName IS NULL OR IsHalfHoliday) AS IsBusinessDay,
  false AS isInferred
FROM named
""", "merge": r"""
-- @generated by `cargo codegen generate` from schema/dimensions/dimdate.yaml. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS gold.dimdate (
  DateKey BIGINT NOT NULL,
  Date DATE,
  Year BIGINT,
  Quarter BIGINT,
  Month BIGINT,
  Day BIGINT,
  YearMonth BIGINT,
  DayOfYear BIGINT,
  DayOfWeek BIGINT,
  IsoYear BIGINT,
  IsoWeek BIGINT,
  FiscalYear BIGINT,
  FiscalQuarter BIGINT,
  MonthNameIs STRING,
  MonthNameEn STRING,
  DayNameIs STRING,
  DayNameEn STRING,
  IsWeekend BOOLEAN,
  IsHoliday BOOLEAN,
  HolidayName STRING,
  IsHalfHoliday BOOLEAN,
  IsBusinessDay BOOLEAN,
  isInferred BOOLEAN
)
USING DELTA
TBLPROPERTIES ('delta.enableDeletionVectors' = 'false');
SELECT
  COALESCE(n.DateKey, o.DateKey) AS DateKey,
  n.Date,
  n.Year,
  n.Quarter,
  n.Month,
  n.Day,
  n.YearMonth,
  n.DayOfYear,
  n.DayOfWeek,
  n.IsoYear,
  n.IsoWeek,
  n.FiscalYear,
  n.FiscalQuarter,
  n.MonthNameIs,
  n.MonthNameEn,
  n.DayNameIs,
  n.DayNameEn,
  n.IsWeekend,
  n.IsHoliday,
  n.HolidayName,
  n.IsHalfHoliday,
  n.IsBusinessDay,
  n.isInferred,
  n.DateKey IS NULL AS _etl_gone
FROM computed AS n
FULL OUTER JOIN gold.dimdate AS o ON o.DateKey = n.DateKey
WHERE n.DateKey IS NULL OR o.DateKey IS NULL OR NOT (
  n.Date <=> o.Date AND
  n.Year <=> o.Year AND
  n.Quarter <=> o.Quarter AND
  n.Month <=> o.Month AND
  n.Day <=> o.Day AND
  n.YearMonth <=> o.YearMonth AND
  n.DayOfYear <=> o.DayOfYear AND
  n.DayOfWeek <=> o.DayOfWeek AND
  n.IsoYear <=> o.IsoYear AND
  n.IsoWeek <=> o.IsoWeek AND
  n.FiscalYear <=> o.FiscalYear AND
  n.FiscalQuarter <=> o.FiscalQuarter AND
  n.MonthNameIs <=> o.MonthNameIs AND
  n.MonthNameEn <=> o.MonthNameEn AND
  n.DayNameIs <=> o.DayNameIs AND
  n.DayNameEn <=> o.DayNameEn AND
  n.IsWeekend <=> o.IsWeekend AND
  n.IsHoliday <=> o.IsHoliday AND
  n.HolidayName <=> o.HolidayName AND
  n.IsHalfHoliday <=> o.IsHalfHoliday AND
  n.IsBusinessDay <=> o.IsBusinessDay AND
  n.isInferred <=> o.isInferred
);
MERGE INTO gold.dimdate AS t
USING changed AS s
ON t.DateKey = s.DateKey
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  Date = s.Date,
  Year = s.Year,
  Quarter = s.Quarter,
  Month = s.Month,
  Day = s.Day,
  YearMonth = s.YearMonth,
  DayOfYear = s.DayOfYear,
  DayOfWeek = s.DayOfWeek,
  IsoYear = s.IsoYear,
  IsoWeek = s.IsoWeek,
  FiscalYear = s.FiscalYear,
  FiscalQuarter = s.FiscalQuarter,
  MonthNameIs = s.MonthNameIs,
  MonthNameEn = s.MonthNameEn,
  DayNameIs = s.DayNameIs,
  DayNameEn = s.DayNameEn,
  IsWeekend = s.IsWeekend,
  IsHoliday = s.IsHoliday,
  HolidayName = s.HolidayName,
  IsHalfHoliday = s.IsHalfHoliday,
  IsBusinessDay = s.IsBusinessDay,
  isInferred = s.isInferred
WHEN NOT MATCHED AND NOT s._etl_gone THEN INSERT (
  DateKey,
  Date,
  Year,
  Quarter,
  Month,
  Day,
  YearMonth,
  DayOfYear,
  DayOfWeek,
  IsoYear,
  IsoWeek,
  FiscalYear,
  FiscalQuarter,
  MonthNameIs,
  MonthNameEn,
  DayNameIs,
  DayNameEn,
  IsWeekend,
  IsHoliday,
  HolidayName,
  IsHalfHoliday,
  IsBusinessDay,
  isInferred
) VALUES (
  s.DateKey,
  s.Date,
  s.Year,
  s.Quarter,
  s.Month,
  s.Day,
  s.YearMonth,
  s.DayOfYear,
  s.DayOfWeek,
  s.IsoYear,
  s.IsoWeek,
  s.FiscalYear,
  s.FiscalQuarter,
  s.MonthNameIs,
  s.MonthNameEn,
  s.DayNameIs,
  s.DayNameEn,
  s.IsWeekend,
  s.IsHoliday,
  s.HolidayName,
  s.IsHalfHoliday,
  s.IsBusinessDay,
  s.isInferred
)
"""})

# METADATA ********************

# META {
# META   "language": "python",
# META   "language_group": "synapse_pyspark"
# META }

# CELL ********************

steps.append({"layer": "gold", "table": "dimcalendar", "select": r"""
-- @generated by `cargo codegen generate` from schema/dimensions/dimcalendar.yaml. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
-- and the run's day, which stands for businessDate below: SET businessDate = 2026-06-15
WITH used AS (
  SELECT EffectiveDateKey AS DateKey FROM gold.fact_agreementaddition WHERE EffectiveDateKey <> -1
  UNION ALL SELECT CancelledDateKey AS DateKey FROM gold.fact_agreementaddition WHERE CancelledDateKey <> -1
  UNION ALL SELECT EffectiveDateKey AS DateKey FROM gold.fact_agreementadjustment WHERE EffectiveDateKey <> -1
  UNION ALL SELECT ExpenseDateKey AS DateKey FROM gold.fact_expenseentry WHERE ExpenseDateKey <> -1
  UNION ALL SELECT InvoiceDateKey AS DateKey FROM gold.fact_invoice WHERE InvoiceDateKey <> -1
  UNION ALL SELECT DueDateKey AS DateKey FROM gold.fact_invoice WHERE DueDateKey <> -1
  UNION ALL SELECT InvoiceDateKey AS DateKey FROM gold.fact_invoiceline WHERE InvoiceDateKey <> -1
  UNION ALL SELECT PurchaseDateKey AS DateKey FROM gold.fact_productitem WHERE PurchaseDateKey <> -1
  UNION ALL SELECT WorkDateKey AS DateKey FROM gold.fact_timeentry WHERE WorkDateKey <> -1
),
bounds AS (
  SELECT MIN(DateKey) AS first_key, MAX(DateKey) AS last_key
  FROM used
  WHERE DateKey BETWEEN 19900101 AND 21001231
),
-- Without facts: the year of the run and two more.
years AS (
  SELECT
    COALESCE((first_key div 10000), EXTRACT(YEAR FROM DATE '${businessDate}')) AS first_year,
    LEAST(
      COALESCE((last_key div 10000), EXTRACT(YEAR FROM DATE '${businessDate}')) + 2,
      2100
    ) AS last_year
  FROM bounds
)
SELECT
  d.DateKey,
  d.Date,
  d.Year,
  d.Quarter,
  d.Month,
  d.Day,
  d.YearMonth,
  d.DayOfYear,
  d.DayOfWeek,
  d.IsoYear,
  d.IsoWeek,
  d.FiscalYear,
  d.FiscalQuarter,
  d.MonthNameIs,
  d.MonthNameEn,
  d.DayNameIs,
  d.DayNameEn,
  d.IsWeekend,
  d.IsHoliday,
  d.HolidayName,
  d.IsHalfHoliday,
  d.IsBusinessDay,
  d.isInferred
FROM gold.dimdate AS d
CROSS JOIN years AS y
WHERE d.Year BETWEEN y.first_year AND y.last_year
""", "merge": r"""
-- @generated by `cargo codegen generate` from schema/dimensions/dimcalendar.yaml. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS gold.dimcalendar (
  DateKey BIGINT NOT NULL,
  Date DATE,
  Year BIGINT,
  Quarter BIGINT,
  Month BIGINT,
  Day BIGINT,
  YearMonth BIGINT,
  DayOfYear BIGINT,
  DayOfWeek BIGINT,
  IsoYear BIGINT,
  IsoWeek BIGINT,
  FiscalYear BIGINT,
  FiscalQuarter BIGINT,
  MonthNameIs STRING,
  MonthNameEn STRING,
  DayNameIs STRING,
  DayNameEn STRING,
  IsWeekend BOOLEAN,
  IsHoliday BOOLEAN,
  HolidayName STRING,
  IsHalfHoliday BOOLEAN,
  IsBusinessDay BOOLEAN,
  isInferred BOOLEAN
)
USING DELTA
TBLPROPERTIES ('delta.enableDeletionVectors' = 'false');
SELECT
  COALESCE(n.DateKey, o.DateKey) AS DateKey,
  n.Date,
  n.Year,
  n.Quarter,
  n.Month,
  n.Day,
  n.YearMonth,
  n.DayOfYear,
  n.DayOfWeek,
  n.IsoYear,
  n.IsoWeek,
  n.FiscalYear,
  n.FiscalQuarter,
  n.MonthNameIs,
  n.MonthNameEn,
  n.DayNameIs,
  n.DayNameEn,
  n.IsWeekend,
  n.IsHoliday,
  n.HolidayName,
  n.IsHalfHoliday,
  n.IsBusinessDay,
  n.isInferred,
  n.DateKey IS NULL AS _etl_gone
FROM computed AS n
FULL OUTER JOIN gold.dimcalendar AS o ON o.DateKey = n.DateKey
WHERE n.DateKey IS NULL OR o.DateKey IS NULL OR NOT (
  n.Date <=> o.Date AND
  n.Year <=> o.Year AND
  n.Quarter <=> o.Quarter AND
  n.Month <=> o.Month AND
  n.Day <=> o.Day AND
  n.YearMonth <=> o.YearMonth AND
  n.DayOfYear <=> o.DayOfYear AND
  n.DayOfWeek <=> o.DayOfWeek AND
  n.IsoYear <=> o.IsoYear AND
  n.IsoWeek <=> o.IsoWeek AND
  n.FiscalYear <=> o.FiscalYear AND
  n.FiscalQuarter <=> o.FiscalQuarter AND
  n.MonthNameIs <=> o.MonthNameIs AND
  n.MonthNameEn <=> o.MonthNameEn AND
  n.DayNameIs <=> o.DayNameIs AND
  n.DayNameEn <=> o.DayNameEn AND
  n.IsWeekend <=> o.IsWeekend AND
  n.IsHoliday <=> o.IsHoliday AND
  n.HolidayName <=> o.HolidayName AND
  n.IsHalfHoliday <=> o.IsHalfHoliday AND
  n.IsBusinessDay <=> o.IsBusinessDay AND
  n.isInferred <=> o.isInferred
);
MERGE INTO gold.dimcalendar AS t
USING changed AS s
ON t.DateKey = s.DateKey
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  Date = s.Date,
  Year = s.Year,
  Quarter = s.Quarter,
  Month = s.Month,
  Day = s.Day,
  YearMonth = s.YearMonth,
  DayOfYear = s.DayOfYear,
  DayOfWeek = s.DayOfWeek,
  IsoYear = s.IsoYear,
  IsoWeek = s.IsoWeek,
  FiscalYear = s.FiscalYear,
  FiscalQuarter = s.FiscalQuarter,
  MonthNameIs = s.MonthNameIs,
  MonthNameEn = s.MonthNameEn,
  DayNameIs = s.DayNameIs,
  DayNameEn = s.DayNameEn,
  IsWeekend = s.IsWeekend,
  IsHoliday = s.IsHoliday,
  HolidayName = s.HolidayName,
  IsHalfHoliday = s.IsHalfHoliday,
  IsBusinessDay = s.IsBusinessDay,
  isInferred = s.isInferred
WHEN NOT MATCHED AND NOT s._etl_gone THEN INSERT (
  DateKey,
  Date,
  Year,
  Quarter,
  Month,
  Day,
  YearMonth,
  DayOfYear,
  DayOfWeek,
  IsoYear,
  IsoWeek,
  FiscalYear,
  FiscalQuarter,
  MonthNameIs,
  MonthNameEn,
  DayNameIs,
  DayNameEn,
  IsWeekend,
  IsHoliday,
  HolidayName,
  IsHalfHoliday,
  IsBusinessDay,
  isInferred
) VALUES (
  s.DateKey,
  s.Date,
  s.Year,
  s.Quarter,
  s.Month,
  s.Day,
  s.YearMonth,
  s.DayOfYear,
  s.DayOfWeek,
  s.IsoYear,
  s.IsoWeek,
  s.FiscalYear,
  s.FiscalQuarter,
  s.MonthNameIs,
  s.MonthNameEn,
  s.DayNameIs,
  s.DayNameEn,
  s.IsWeekend,
  s.IsHoliday,
  s.HolidayName,
  s.IsHalfHoliday,
  s.IsBusinessDay,
  s.isInferred
)
"""})

# METADATA ********************

# META {
# META   "language": "python",
# META   "language_group": "synapse_pyspark"
# META }

# CELL ********************

steps.append({"layer": "gold", "table": "fact_monthend", "select": r"""
-- @generated by `cargo codegen generate` from schema/facts/fact_monthend.yaml. Do not edit.
-- Before it: SET spark.sql.session.timeZone = UTC
-- and the run's day, which stands for businessDate below: SET businessDate = 2026-06-15
-- One row a month, measure, company and agreement.
WITH source AS (
  SELECT
    CONCAT(CAST(e.MonthEndDateKey AS STRING), '/', e.measure, '/', CAST(e.CompanyKey AS STRING), '/', CAST(e.AgreementKey AS STRING)) AS monthEndId,
    COALESCE(e.MonthEndDateKey, -1) AS MonthEndDateKey,
    e.measure AS measure,
    COALESCE(e.CompanyKey, -1) AS CompanyKey,
    COALESCE(e.AgreementKey, -1) AS AgreementKey,
    COALESCE(TRY_CAST(e.amount AS DECIMAL(19, 4)), 0) AS amount,
    CAST(REPLACE('${businessDate}', '-', '') AS BIGINT) AS writtenOnKey
  FROM (
    SELECT o.MonthEndDateKey, o.measure, o.CompanyKey, o.AgreementKey, SUM(o.amount) AS amount
    FROM (
      -- Work on no invoice by then: an invoice of a later date does not count yet, one without a date does. What is open
      -- is what was done until then, less what was invoiced, and stays so until the next month in which any was.
      SELECT m.MonthEndDateKey, u.measure, w.CompanyKey, w.AgreementKey,
        CASE WHEN u.measure = 'unbilledHours' THEN w.hours ELSE w.amount END AS amount
      FROM (SELECT (MAX(DateKey) div 100) AS month, MAX(DateKey) AS MonthEndDateKey, MAX(Date) AS lastDay
  FROM gold.dimcalendar
  GROUP BY Year, Month
  HAVING MAX(Date) < DATE '${businessDate}'
  ) AS m
      JOIN (SELECT CompanyKey, AgreementKey, month,
    SUM(hours) OVER (PARTITION BY CompanyKey, AgreementKey ORDER BY month) AS hours,
    SUM(amount) OVER (PARTITION BY CompanyKey, AgreementKey ORDER BY month) AS amount,
    LEAD(month) OVER (PARTITION BY CompanyKey, AgreementKey ORDER BY month) AS until
  FROM (
    SELECT w.CompanyKey, w.AgreementKey, CASE WHEN d.comes THEN w.worked ELSE w.invoiced END AS month,
      SUM(CASE WHEN d.comes THEN w.hours ELSE -w.hours END) AS hours,
      SUM(CASE WHEN d.comes THEN w.amount ELSE -w.amount END) AS amount
    FROM (
      SELECT t.CompanyKey, t.AgreementKey, (t.WorkDateKey div 100) AS worked,
        CASE WHEN t.invoiceId IS NOT NULL THEN GREATEST(COALESCE((i.InvoiceDateKey div 100), 0), 0) END
          AS invoiced,
        t.actualHours AS hours, t.potentialRevenue AS amount
      FROM gold.fact_timeentry AS t
      JOIN gold.dimbillablestatus AS b ON b.BillableStatusKey = t.BillableStatusKey
      JOIN gold.dimtimeentrystatus AS s ON s.TimeEntryStatusKey = t.TimeEntryStatusKey
      LEFT JOIN gold.fact_invoice AS i ON i.invoiceId = t.invoiceId
      WHERE b.billableOption = 'Billable' AND t.agreementTypeNormalized NOT IN ('prepaid_hours', 'internal_project')
        AND (t.invoiceId IS NOT NULL OR s.statusCategory IN ('Approved', 'Ready'))
    ) AS w
    CROSS JOIN (SELECT true AS comes UNION ALL SELECT false) AS d
    WHERE w.invoiced IS NULL AND d.comes OR w.invoiced > w.worked
    GROUP BY w.CompanyKey, w.AgreementKey, CASE WHEN d.comes THEN w.worked ELSE w.invoiced END
  ) AS c
  ) AS w ON w.month <= m.month AND (w.until IS NULL OR w.until > m.month)
      CROSS JOIN (SELECT 'unbilledHours' AS measure UNION ALL SELECT 'unbilledAmount') AS u
      WHERE w.hours <> 0 OR w.amount <> 0
      UNION ALL
      -- Balances as they are when the month is written; an open invoice was not sent yet.
      SELECT m.MonthEndDateKey, 'receivables' AS measure, i.CompanyKey, CAST(-1 AS BIGINT) AS AgreementKey, i.amount
      FROM (SELECT (MAX(DateKey) div 100) AS month, MAX(DateKey) AS MonthEndDateKey, MAX(Date) AS lastDay
  FROM gold.dimcalendar
  GROUP BY Year, Month
  HAVING MAX(Date) < DATE '${businessDate}'
  ) AS m
      JOIN (
        SELECT (InvoiceDateKey div 100) AS invoiced, CompanyKey, SUM(balance) AS amount
        FROM gold.fact_invoice
        WHERE balance <> 0 AND postingStatus <> 'Open'
        GROUP BY (InvoiceDateKey div 100), CompanyKey
      ) AS i ON i.invoiced <= m.month
      UNION ALL
      -- What is left of prepaid hours is known as of now alone: months that ended long ago have none.
      SELECT m.MonthEndDateKey, 'prepaidHoursRemaining' AS measure, COALESCE(c.CompanyKey, -1) AS CompanyKey,
        a.AgreementKey, r.remaining AS amount
      FROM (SELECT (MAX(DateKey) div 100) AS month, MAX(DateKey) AS MonthEndDateKey, MAX(Date) AS lastDay
  FROM gold.dimcalendar
  GROUP BY Year, Month
  HAVING MAX(Date) < DATE '${businessDate}'
  ) AS m
      CROSS JOIN gold.fact_agreementrecap AS r
      JOIN gold.dimagreement AS a ON a.AgreementKey = r.AgreementKey
      LEFT JOIN gold.dimcompany AS c ON c.companyId = a.companyId
      WHERE m.lastDay >= date_add(DATE '${businessDate}', CAST(-92 AS INT))
        AND a.agreementTypeNormalized = 'prepaid_hours' AND a.applicationUnits = 'Hours'
        AND a.isActive AND NOT a.isDeleted AND NOT r.isUnlimited
      UNION ALL
      -- A month in which nothing stands open has its rows as well.
      SELECT m.MonthEndDateKey, e.measure, CAST(-1 AS BIGINT) AS CompanyKey, CAST(-1 AS BIGINT) AS AgreementKey,
        CAST(0 AS DECIMAL(19, 4)) AS amount
      FROM (SELECT (MAX(DateKey) div 100) AS month, MAX(DateKey) AS MonthEndDateKey, MAX(Date) AS lastDay
  FROM gold.dimcalendar
  GROUP BY Year, Month
  HAVING MAX(Date) < DATE '${businessDate}'
  ) AS m
      CROSS JOIN (
        SELECT 'unbilledHours' AS measure UNION ALL SELECT 'unbilledAmount' UNION ALL SELECT 'receivables'
      ) AS e
    ) AS o
    GROUP BY o.MonthEndDateKey, o.measure, o.CompanyKey, o.AgreementKey
    HAVING SUM(o.amount) <> 0
      OR o.measure <> 'prepaidHoursRemaining' AND o.CompanyKey = -1 AND o.AgreementKey = -1
  ) AS e
)
SELECT
  monthEndId,
  CAST(MonthEndDateKey AS BIGINT) AS MonthEndDateKey,
  measure,
  CAST(CompanyKey AS BIGINT) AS CompanyKey,
  CAST(AgreementKey AS BIGINT) AS AgreementKey,
  CAST(amount AS DECIMAL(19, 4)) AS amount,
  CAST(writtenOnKey AS BIGINT) AS writtenOnKey
FROM source
""", "merge": r"""
-- @generated by `cargo codegen generate` from schema/facts/fact_monthend.yaml. Do not edit.
-- The table where it is missing; the rows of `computed`, the view of its SELECT, that differ from it; and the
-- merge of these as the view `changed`.
CREATE TABLE IF NOT EXISTS gold.fact_monthend (
  monthEndId STRING NOT NULL,
  MonthEndDateKey BIGINT,
  measure STRING,
  CompanyKey BIGINT,
  AgreementKey BIGINT,
  amount DECIMAL(19, 4),
  writtenOnKey BIGINT
)
USING DELTA
TBLPROPERTIES ('delta.enableDeletionVectors' = 'false');
-- A period that has rows is never written again.
SELECT
  n.monthEndId,
  n.MonthEndDateKey,
  n.measure,
  n.CompanyKey,
  n.AgreementKey,
  n.amount,
  n.writtenOnKey,
  false AS _etl_gone
FROM computed AS n
LEFT ANTI JOIN gold.fact_monthend AS o ON o.MonthEndDateKey = n.MonthEndDateKey;
MERGE INTO gold.fact_monthend AS t
USING changed AS s
ON t.monthEndId = s.monthEndId
WHEN MATCHED AND s._etl_gone THEN DELETE
WHEN MATCHED THEN UPDATE SET
  MonthEndDateKey = s.MonthEndDateKey,
  measure = s.measure,
  CompanyKey = s.CompanyKey,
  AgreementKey = s.AgreementKey,
  amount = s.amount,
  writtenOnKey = s.writtenOnKey
WHEN NOT MATCHED AND NOT s._etl_gone THEN INSERT (
  monthEndId,
  MonthEndDateKey,
  measure,
  CompanyKey,
  AgreementKey,
  amount,
  writtenOnKey
) VALUES (
  s.monthEndId,
  s.MonthEndDateKey,
  s.measure,
  s.CompanyKey,
  s.AgreementKey,
  s.amount,
  s.writtenOnKey
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
