//! The statements behind the page.
//!
//! They are the files in `sql/`. Money and hours are not defined there: placeholders stand for the measures of
//! `schema/measures.yaml` and the reports of `schema/checks.yaml`.
//!
//! - `${from:ROWS}`: what stands behind FROM for the rows of that name.
//! - `${source:ROWS}`: the same rows from the word FROM on, for a select list of one's own.
//! - `${sums:A, B}`: the sums A and B over their rows, each as a column of that name.
//! - `${value:A}`: the expression of a measure that is computed from others, which are columns.
//! - `${report:NAME}`: the report.
//! - `${businessDate}`, `${thisMonth}`, `${yearAgo}`, `${threeMonthsAgo}`: a date, and months as yyyymm.

use crate::error::Error;
use chrono::{Datelike as _, Months, NaiveDate};
use connectwise_generated::checks::REPORTS;
use connectwise_generated::gold;
use connectwise_generated::measures::{MEASURES, Measure, MeasureKind, ROWS};
use connectwise_generated::tables;
use std::fmt::Write as _;

/// A statement whose result the page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The name that its result is given under.
    pub name: String,
    /// DataFusion SQL over bronze, silver, gold and meta, ready to be run.
    pub sql: String,
}

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../sql/", $name, ".sql")))),*]
    };
}

/// The files, in the order of the page.
const FILES: &[(&str, &str)] = files![
    "source",
    "currency",
    "runs",
    "entities",
    "checks",
    "quarantine",
    "hours_totals",
    "hours_month",
    "utilization_month",
    "utilization_member",
    "entries_weekday",
    "unbilled_totals",
    "unbilled_age",
    "unbilled_company",
    "unbilled_agreement",
    "unbilled_largest",
    "leakage_month",
    "leakage_company",
    "agreement_totals",
    "agreement_profit",
    "pots",
    "pots_month",
    "prepaid_month",
    "unmatched",
    "invoice_totals",
    "invoice_status",
    "invoice_month",
    "invoice_differences",
    "receivables_company",
];

/// The statement that counts the rows of gold.
pub(crate) const ROWS_OF_GOLD: &str = "rows_gold";

/// The name of the statement that counts an entity's rows.
pub(crate) fn rows_of(entity: &str) -> String {
    format!("rows_{entity}")
}

/// Lists the statements whose results the page shows, as of a business date.
///
/// # Errors
/// [`Error::Placeholder`] where a file names what the generated crate does not have.
pub fn statements(business_date: NaiveDate) -> Result<Vec<Statement>, Error> {
    let mut all = Vec::new();
    for (name, text) in FILES {
        all.push(Statement { name: (*name).to_owned(), sql: expanded(name, text.trim_end(), business_date)? });
    }
    // An entity at a time: a table that is missing hides its own row alone.
    for table in tables::TABLES {
        let sql = format!(
            "SELECT\n  (SELECT COUNT(*) FROM bronze.{0} WHERE etlDeletedAt IS NULL) AS bronze,\n  (SELECT COUNT(*) FROM \
             bronze.{0} WHERE etlDeletedAt IS NOT NULL) AS deleted,\n  (SELECT COUNT(*) FROM silver.{0} WHERE \
             _etl_deleted_at IS NULL) AS silver",
            table.table
        );
        all.push(Statement { name: rows_of(table.entity), sql });
    }
    let counts =
        gold::TABLES.iter().map(|table| format!("SELECT '{0}' AS name, COUNT(*) AS rows FROM gold.{0}", table.name));
    let sql = format!("{}\nORDER BY name", counts.collect::<Vec<_>>().join("\nUNION ALL "));
    all.push(Statement { name: ROWS_OF_GOLD.to_owned(), sql });
    Ok(all)
}

/// Fills in the placeholders, also those of what is filled in.
fn expanded(file: &str, text: &str, day: NaiveDate) -> Result<String, Error> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, (inside, after))) =
        rest.split_once("${").and_then(|(before, behind)| Some((before, behind.split_once('}')?)))
    {
        out.push_str(before);
        let wrong = || Error::Placeholder { file: file.to_owned(), placeholder: inside.to_owned() };
        match inside.split_once(':') {
            Some((kind, name)) => out.push_str(&expanded(file, &named(kind, name).ok_or_else(wrong)?, day)?),
            None => out.push_str(&dated(inside, day).ok_or_else(wrong)?),
        }
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

/// What a placeholder for a day or month stands for.
fn dated(name: &str, day: NaiveDate) -> Option<String> {
    let month = |months: u32| {
        let day = day.checked_sub_months(Months::new(months))?;
        Some((day.year() * 100 + i32::try_from(day.month()).ok()?).to_string())
    };
    match name {
        "businessDate" => Some(day.format("%Y-%m-%d").to_string()),
        "thisMonth" => month(0),
        "threeMonthsAgo" => month(3),
        "yearAgo" => month(11),
        _ => None,
    }
}

/// What a placeholder for something of the generated crate stands for.
fn named(kind: &str, name: &str) -> Option<String> {
    let rows = || ROWS.iter().find(|rows| rows.name == name).map(|rows| rows.from);
    match kind {
        "from" => rows().map(str::to_owned),
        "source" => {
            let select = rows()?.trim().strip_prefix('(')?.strip_suffix(") AS r")?;
            Some(select.get(select.find("FROM ")?..)?.trim_end().to_owned())
        }
        "sums" => {
            let mut out = String::new();
            for name in name.split(", ") {
                let comma = if out.is_empty() { "" } else { ", " };
                let _ = write!(out, "{comma}{} AS \"{name}\"", sum(measure(name)?)?);
            }
            Some(out)
        }
        "value" => match measure(name)?.kind {
            MeasureKind::Computed { sql, .. } => Some(sql.to_owned()),
            _ => None,
        },
        "report" => REPORTS.iter().find(|report| report.name == name).map(|report| report.sql.trim_end().to_owned()),
        _ => None,
    }
}

/// The measure of a name.
pub(crate) fn measure(name: &str) -> Option<&'static Measure> {
    MEASURES.iter().find(|measure| measure.name == name)
}

/// The sum of a measure over its rows, in the type that `report measures` adds up in.
fn sum(measure: &Measure) -> Option<String> {
    let MeasureKind::Sum { sum, filter, .. } = measure.kind else { return None };
    let filter = filter.map(|filter| format!(" FILTER (WHERE {filter})")).unwrap_or_default();
    Some(format!("CAST(COALESCE(SUM({sum}){filter}, 0) AS DECIMAL(38, 4))"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Statement> {
        statements(NaiveDate::from_ymd_opt(2026, 2, 14).unwrap()).unwrap()
    }

    fn sql(name: &str) -> String {
        all().into_iter().find(|statement| statement.name == name).unwrap().sql
    }

    #[test]
    fn every_file_is_a_statement_and_nothing_is_left_to_fill_in() {
        let all = all();
        for statement in &all {
            assert!(!statement.sql.contains("${"), "{}: {}", statement.name, statement.sql);
        }
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/sql");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_str().unwrap().trim_end_matches(".sql").to_owned())
            .collect();
        files.sort();
        let mut listed: Vec<&str> = FILES.iter().map(|(name, _)| *name).collect();
        listed.sort_unstable();
        assert_eq!(files, listed);
        assert_eq!(all.len(), FILES.len() + tables::TABLES.len() + 1);
    }

    #[test]
    fn measures_are_those_of_the_yaml() {
        let unbilled = sql("unbilled_company");
        assert!(unbilled.contains("s.statusCategory IN ('Approved', 'Ready')"), "{unbilled}");
        assert!(unbilled.contains("SUM(potentialRevenue), 0) AS DECIMAL(38, 4)) AS \"Unbilled Amount\""), "{unbilled}");
        assert!(unbilled.contains("DATE '2026-02-14'"), "{unbilled}");
        let leakage = sql("leakage_company");
        assert!(
            leakage
                .contains("SUM(potentialRevenue) FILTER (WHERE effectiveBillingStatus IN ('NoCharge', 'DoNotBill'))"),
            "{leakage}"
        );
        assert!(
            sql("hours_totals").contains("100 * \"Utilized Hours\" / NULLIF(\"Capacity Hours\", 0) AS \"Utilization\"")
        );
        // The largest entries are rows of the very select that the sums are over.
        let largest = sql("unbilled_largest");
        assert!(
            largest.contains("t.status, COUNT(*) OVER () AS entries\n  FROM gold.fact_timeentry AS t"),
            "{largest}"
        );
        assert!(largest.contains("s.statusCategory IN ('Approved', 'Ready')\n)"), "{largest}");
        assert!(!largest.contains("otes"), "notes are personal");
    }

    #[test]
    fn months_reach_over_the_end_of_a_year() {
        let members = sql("utilization_member");
        assert!(members.contains("month BETWEEN 202503 AND 202602"), "{members}");
        assert!(sql("pots").contains("month >= 202511 AND month < 202602"));
    }

    #[test]
    fn what_is_not_there_is_refused() {
        let day = NaiveDate::from_ymd_opt(2026, 2, 14).unwrap();
        for wrong in [
            "${sums:No Such Hours}",
            "${sums:Utilization}",
            "${value:Actual Hours}",
            "${source:time}",
            "${from:x}",
            "${now}",
        ] {
            let error = expanded("a", wrong, day).unwrap_err();
            assert!(error.to_string().contains("sql/a.sql names"), "{error}");
        }
    }

    #[test]
    fn no_record_is_read_from_quarantine() {
        assert!(!sql("quarantine").contains("rawJson"));
    }
}
