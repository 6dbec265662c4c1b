//! Measures from their sums: periods, balances, and what is computed from other measures.

use super::month::{Month, Span};
use super::sums::{self, SCALE, Sums};
use crate::context::RunId;
use crate::error::{Error, Result};
use crate::gold::required::require_tables;
use crate::gold::statement::business_date;
use crate::lake::Lakehouse;
use crate::lake::session::register_named;
use arrow::array::{Array as _, ArrayRef, AsArray as _, Decimal128Array, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type, Field, Int64Type, Schema};
use connectwise_generated::measures::{KEYS, MEASURES, Measure, MeasureKey, MeasureKind, ROWS};
use datafusion::common::DFSchema;
use datafusion::error::DataFusionError;
use datafusion::prelude::SessionContext;
use futures::future::try_join_all;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// What measures are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The months from the first with facts to the one of the business date.
    Month,
    /// The rows of a dimension.
    Key(&'static MeasureKey),
}

impl By {
    /// Lists the names: `month`, and those of the dimensions.
    pub fn names() -> impl Iterator<Item = &'static str> {
        KEYS.iter().map(|key| key.name).chain(["month"])
    }

    /// Returns the one of a name.
    pub fn named(name: &str) -> Option<Self> {
        let key = || KEYS.iter().find(|key| key.name == name).map(Self::Key);
        if name == "month" { Some(Self::Month) } else { key() }
    }
}

/// What a row of values is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowKey {
    /// All that there is.
    All,
    /// A month.
    Month(Month),
    /// A row of a dimension: its surrogate key and its name.
    Key(i64, String),
}

/// Values of all measures.
#[derive(Debug)]
pub struct Measured {
    /// What the rows are of.
    pub rows: Vec<RowKey>,
    /// The measures in the order of the file, each with a value a row, Decimal(38,4); none where it can't be told apart
    /// by such a key.
    pub columns: Vec<(&'static Measure, Option<Decimal128Array>)>,
}

/// Computes all measures, over all rows or in a month.
///
/// # Errors
/// [`crate::lake::Error::Lakehouse`] where a table that they read was not built; [`Error::Query`] when one can't be
/// computed.
pub async fn measures(lake: &Lakehouse, run: &RunId, month: Option<Month>, by: Option<By>) -> Result<Measured> {
    let today = business_date(run)?;
    let key = match by {
        Some(By::Key(key)) => Some(key),
        _ => None,
    };
    let (rows, mut statements): (Vec<_>, Vec<_>) = ROWS
        .iter()
        .filter(|rows| key.is_none_or(|key| rows.by.contains(&key.name)))
        .filter_map(|rows| Some((rows, sums::statement(rows, key, &today)?)))
        .unzip();
    statements.push(match key {
        Some(key) => format!("SELECT {}, {} FROM gold.{}", key.column, key.label, key.dimension),
        None => "SELECT MIN(DateKey) / 100 FROM gold.dimcalendar".to_owned(),
    });
    let context = session(lake, &statements).await?;
    let mut answers = try_join_all(statements.iter().map(|sql| answer(&context, sql))).await?;
    let beside = answers.pop().unwrap_or_default();
    let sums = rows.into_iter().zip(&answers).map(|(rows, batches)| Sums::read(rows, batches));
    let this_month = today.get(..7).unwrap_or_default().parse().map_err(Error::Usage)?;
    let computing = Computing { sums: sums.collect::<Result<_>>()?, context, this_month };
    let span = month.map(Span::of);
    let (rows, slots) = match by {
        None => (vec![RowKey::All], vec![Slot { key: 0, span }]),
        Some(By::Month) => {
            let months: Vec<Month> = computing.months(first_month(&beside)?).collect();
            let slots = months.iter().map(|month| Slot { key: 0, span: Some(Span::of(*month)) }).collect();
            (months.into_iter().map(RowKey::Month).collect(), slots)
        }
        Some(By::Key(_)) => {
            let keys = computing.named_keys(&beside)?;
            let slots = keys.iter().map(|(_, key)| Slot { key: *key, span }).collect();
            (keys.into_iter().map(|(name, key)| RowKey::Key(key, name)).collect(), slots)
        }
    };
    let mut columns = Vec::new();
    for measure in MEASURES {
        columns
            .push((measure, computing.column(measure, &slots)?.map(|column| rounded(measure, &column)).transpose()?));
    }
    Ok(Measured { rows, columns })
}

/// Opens the tables of all statements, once.
async fn session(lake: &Lakehouse, statements: &[String]) -> Result<SessionContext> {
    let all: Vec<String> =
        statements.iter().enumerate().map(|(place, sql)| format!("({sql}) AS statement{place}")).collect();
    let all = format!("SELECT 1 FROM {}", all.join(", "));
    let context = register_named(lake, &all).await?;
    require_tables(lake, &context, &all, " yet")?;
    // Without it, 0.5 is a floating-point number.
    answer(&context, "SET datafusion.sql_parser.parse_float_as_decimal = true").await?;
    Ok(context)
}

async fn answer(context: &SessionContext, sql: &str) -> Result<Vec<RecordBatch>> {
    let failed = |error: DataFusionError| {
        Error::query(format!("the measures can't be computed: {}\n  {sql}", error.strip_backtrace()))
    };
    context.sql(sql).await.map_err(failed)?.collect().await.map_err(failed)
}

fn first_month(batches: &[RecordBatch]) -> Result<Option<Month>> {
    let Some(batch) = batches.iter().find(|batch| batch.num_rows() > 0) else { return Ok(None) };
    let month = cast(batch.column(0), &DataType::Int64).map_err(Error::query)?;
    Ok(month.is_valid(0).then(|| Month::of_number(month.as_primitive::<Int64Type>().value(0))))
}

/// The values in their own type, rounded half away from zero.
fn rounded(measure: &Measure, column: &ArrayRef) -> Result<Decimal128Array> {
    let failed = |error| Error::query(format!("the measure {} can't be rounded: {error}", measure.name));
    Ok(cast(column, &sums::TYPE).map_err(failed)?.as_primitive::<Decimal128Type>().clone())
}

/// A key with the months that count; without months, all rows do.
#[derive(Debug, Clone, Copy)]
struct Slot {
    key: i64,
    span: Option<Span>,
}

struct Computing {
    sums: Vec<Sums>,
    context: SessionContext,
    /// The month of the business date.
    this_month: Month,
}

impl Computing {
    /// Lists the months from the first that a fact is dated in, within the calendar, to this one.
    fn months(&self, first_of_calendar: Option<Month>) -> impl Iterator<Item = Month> {
        let facts = self.sums.iter().filter(|sums| sums.rows.table.is_some()).flat_map(Sums::months);
        let first = facts.filter(|month| first_of_calendar.is_none_or(|first| first <= *month)).min();
        let this_month = self.this_month;
        first.into_iter().flat_map(move |first| first.up_to(this_month))
    }

    /// Lists the keys that rows have, with their names, by name.
    fn named_keys(&self, dimension: &[RecordBatch]) -> Result<BTreeSet<(String, i64)>> {
        let mut names = HashMap::new();
        for batch in dimension {
            let texts = cast(batch.column(1), &DataType::Utf8).map_err(Error::query)?;
            let keys = batch.column(0).as_primitive::<Int64Type>().values();
            names.extend(keys.iter().copied().zip(texts.as_string::<i32>().iter().map(|text| text.map(str::to_owned))));
        }
        let keys = self.sums.iter().flat_map(Sums::keys);
        Ok(keys.map(|key| (names.get(&key).cloned().flatten().unwrap_or_default(), key)).collect())
    }

    /// Computes a measure for some slots; none where its rows lack their key.
    fn column(&self, measure: &Measure, slots: &[Slot]) -> Result<Option<ArrayRef>> {
        match measure.kind {
            MeasureKind::Sum { rows, balance, .. } => {
                let sums = self.sums.iter().find(|sums| sums.rows.name == rows);
                let Some((sums, place)) = sums.and_then(|sums| Some((sums, sums.place(measure.name)?))) else {
                    return Ok(None);
                };
                let values = slots.iter().map(|slot| sums.total(place, slot.key, slot.span, balance));
                let values = Decimal128Array::from_iter_values(values).with_precision_and_scale(38, SCALE);
                Ok(Some(Arc::new(values.map_err(Error::query)?)))
            }
            MeasureKind::Period { measure, period } => {
                let moved = |slot: &Slot| {
                    let span = slot.span.unwrap_or(Span::of(self.this_month));
                    Slot { span: Some(span.over(period)), ..*slot }
                };
                self.column(by_name(measure)?, &slots.iter().map(moved).collect::<Vec<_>>())
            }
            MeasureKind::Computed { sql, of } => {
                let mut parts = Vec::new();
                for name in of {
                    let Some(part) = self.column(by_name(name)?, slots)? else { return Ok(None) };
                    parts.push((*name, part));
                }
                let failed = |error: DataFusionError| {
                    Error::query(format!("the measure {} can't be computed: {}", measure.name, error.strip_backtrace()))
                };
                self.expression(sql, parts, slots.len()).map(Some).map_err(failed)
            }
        }
    }

    /// Evaluates an expression over columns.
    fn expression(&self, sql: &str, columns: Vec<(&str, ArrayRef)>, rows: usize) -> Result<ArrayRef, DataFusionError> {
        let fields = columns.iter().map(|(name, column)| Field::new(*name, column.data_type().clone(), true));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let batch = RecordBatch::try_new(Arc::clone(&schema), columns.into_iter().map(|(_, column)| column).collect())?;
        let schema = DFSchema::try_from(schema)?;
        let expression = self.context.parse_sql_expr(sql, &schema)?;
        self.context.create_physical_expr(expression, &schema)?.evaluate(&batch)?.into_array(rows)
    }
}

fn by_name(name: &str) -> Result<&'static Measure> {
    let missing = || Error::query(format!("there is no measure {name}; run `cargo codegen generate`"));
    MEASURES.iter().find(|measure| measure.name == name).ok_or_else(missing)
}
