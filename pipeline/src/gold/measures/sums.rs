//! The sums behind measures, by month and key: one query for all sums over the same rows.

use super::month::{Month, Span};
use crate::error::{Error, Result};
use arrow::array::{Array as _, AsArray as _, RecordBatch};
use arrow::datatypes::{DataType, Decimal128Type, Int64Type};
use arrow::error::ArrowError;
use connectwise_generated::measures::{MEASURES, MeasureKey, MeasureKind, MeasureRows};
use std::collections::HashMap;

/// Digits behind the point of a sum.
pub(super) const SCALE: i8 = 4;

/// Type of a sum.
pub(super) const TYPE: DataType = DataType::Decimal128(38, SCALE);

/// The sums of a key in a month; without a month those of rows without a date.
struct InMonth {
    month: Option<Month>,
    sums: Vec<i128>,
}

/// All sums over the same rows.
pub(super) struct Sums {
    pub(super) rows: &'static MeasureRows,
    /// The measures' names, in the order of the sums.
    names: Vec<&'static str>,
    /// By key; 0 where there are none.
    by_key: HashMap<i64, Vec<InMonth>>,
}

/// Returns the query; none for rows that no measure is over.
pub(super) fn statement(rows: &MeasureRows, key: Option<&MeasureKey>, business_date: &str) -> Option<String> {
    let mut columns = vec![
        rows.date.map_or_else(
            || "CAST(NULL AS BIGINT) AS month".to_owned(),
            |date| format!("CASE WHEN {date} > 0 THEN {date} / 100 END AS month"),
        ),
        format!("{} AS key", key.map_or("CAST(0 AS BIGINT)", |key| key.column)),
    ];
    for (_, sum, filter) in sums_over(rows.name) {
        let filter = filter.map(|filter| format!(" FILTER (WHERE {filter})")).unwrap_or_default();
        columns.push(format!("CAST(COALESCE(SUM({sum}){filter}, 0) AS DECIMAL(38, {SCALE})) AS sum{}", columns.len()));
    }
    let sql = format!("SELECT {} FROM {} GROUP BY 1, 2", columns.join(", "), rows.from);
    (columns.len() > 2).then(|| sql.replace("${businessDate}", business_date))
}

/// The measures that are sums over these rows: name, expression and filter.
fn sums_over(rows: &str) -> impl Iterator<Item = (&'static str, &'static str, Option<&'static str>)> {
    MEASURES.iter().filter_map(move |measure| match measure.kind {
        MeasureKind::Sum { rows: over, sum, filter, .. } if over == rows => Some((measure.name, sum, filter)),
        _ => None,
    })
}

impl Sums {
    /// Reads what the query gave.
    ///
    /// # Errors
    /// [`Error::Query`] where the columns are of other types than keys and sums.
    pub(super) fn read(rows: &'static MeasureRows, batches: &[RecordBatch]) -> Result<Self> {
        let mut sums =
            Self { rows, names: sums_over(rows.name).map(|(name, ..)| name).collect(), by_key: HashMap::new() };
        let whole = |column| arrow::compute::cast(column, &DataType::Int64);
        let failed = |error: ArrowError| Error::query(format!("the rows {} can't be added up: {error}", rows.name));
        for batch in batches {
            let (months, keys) = (whole(batch.column(0)).map_err(failed)?, whole(batch.column(1)).map_err(failed)?);
            let (months, keys) = (months.as_primitive::<Int64Type>(), keys.as_primitive::<Int64Type>());
            let columns: Vec<_> =
                batch.columns()[2..].iter().map(|column| column.as_primitive::<Decimal128Type>()).collect();
            for row in 0..batch.num_rows() {
                let month = months.is_valid(row).then(|| Month::of_number(months.value(row)));
                let values = columns.iter().map(|column| column.value(row)).collect();
                sums.by_key.entry(keys.value(row)).or_default().push(InMonth { month, sums: values });
            }
        }
        Ok(sums)
    }

    /// Lists the keys.
    pub(super) fn keys(&self) -> impl Iterator<Item = i64> {
        self.by_key.keys().copied()
    }

    /// Lists the months that rows are dated in.
    pub(super) fn months(&self) -> impl Iterator<Item = Month> {
        self.by_key.values().flatten().filter_map(|sums| sums.month)
    }

    /// Returns the place of a measure's sums.
    pub(super) fn place(&self, measure: &str) -> Option<usize> {
        self.names.iter().position(|name| *name == measure)
    }

    /// Adds up the sums of a key over some months, or over all rows. A balance counts what came before these months
    /// and what has no date; rows without a day count in every month.
    pub(super) fn total(&self, place: usize, key: i64, span: Option<Span>, is_balance: bool) -> i128 {
        let counts = |month: Option<Month>| match span.filter(|_| self.rows.date.is_some()) {
            None => true,
            Some(span) if is_balance => month.is_none_or(|month| month <= span.to),
            Some(span) => month.is_some_and(|month| span.from <= month && month <= span.to),
        };
        let in_months = self.by_key.get(&key).into_iter().flatten();
        in_months.filter(|sums| counts(sums.month)).map(|sums| sums.sums[place]).sum()
    }
}
