//! Rebuild check: compares a gold table that was not fully refreshed with its full statement.
//!
//! Invariant: both sides must be read at the versions that the build itself read, and every row of both must be hashed;
//! the sums of the hashes and the counts agree only where the rows are the same, in whatever order they come.

use super::inputs::Inputs;
use super::statement::schema;
use crate::check::Check;
use crate::error::{BoxError, Error, Result};
use crate::lake::cast_to_schema;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::util::display::array_value_to_string;
use connectwise_generated::gold::GoldTable;
use connectwise_runtime::row_hashes;
use datafusion::prelude::DataFrame;
use futures::StreamExt as _;
use std::collections::HashSet;
use std::time::Instant;

/// Number of rows below which a table is compared in every run: that takes less than a second.
pub(super) const ALWAYS_BELOW: u64 = 200_000;

/// Number of differing keys that a check's detail names.
const SHOWN: usize = 3;

/// Compares a table with its full statement.
pub(super) async fn compare(inputs: &Inputs, table: &GoldTable, sql: &str) -> Result<Check> {
    let started = Instant::now();
    let sides = Sides { inputs, table, sql, schema: schema(table) };
    let (whole, stored) = (sides.sum(&sides.whole().await?).await?, sides.sum(&sides.stored().await?).await?);
    let passed = whole == stored;
    let detail = if passed {
        format!("{} rows, as the whole statement gives them", stored.rows)
    } else {
        format!(
            "{} rows are stored, the whole statement gives {}; it has rows that are not stored ({}), and stored are \
             rows that it does not give ({})",
            stored.rows,
            whole.rows,
            sides.only_in(sides.whole().await?, sides.stored().await?).await?,
            sides.only_in(sides.stored().await?, sides.whole().await?).await?,
        )
    };
    tracing::debug!(table = table.name, passed, seconds = started.elapsed().as_secs_f64(), "compared");
    Ok(Check::new(format!("rebuild/{}", table.name), passed, detail))
}

/// Count of rows and sum of their hashes, whatever their order.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sum {
    rows: u64,
    hashes: u128,
}

/// Both sides of a comparison: the stored rows and those of the full statement.
struct Sides<'a> {
    inputs: &'a Inputs,
    table: &'a GoldTable,
    sql: &'a str,
    schema: SchemaRef,
}

impl Sides<'_> {
    fn failed(&self, error: impl Into<BoxError>) -> Error {
        Error::table("gold", self.table.name, "comparing with the whole statement", error)
    }

    async fn whole(&self) -> Result<DataFrame> {
        self.inputs.context().sql(self.sql).await.map_err(|error| self.failed(error))
    }

    async fn stored(&self) -> Result<DataFrame> {
        let sql = format!("SELECT * FROM gold.{}", self.table.name);
        self.inputs.context().sql(&sql).await.map_err(|error| self.failed(error))
    }

    /// Visits the rows, in the table's schema, with their hashes.
    async fn each(&self, rows: DataFrame, mut visit: impl FnMut(&RecordBatch, &[u128])) -> Result<()> {
        let columns: Vec<usize> = (0..self.schema.fields().len()).collect();
        let mut batches = rows.execute_stream().await.map_err(|error| self.failed(error))?;
        while let Some(batch) = batches.next().await {
            let batch = batch.map_err(|error| self.failed(error))?;
            let batch = cast_to_schema(&batch, &self.schema).map_err(|error| self.failed(error))?;
            visit(&batch, &row_hashes(&batch, &columns).map_err(|error| self.failed(error))?);
        }
        Ok(())
    }

    async fn sum(&self, rows: &DataFrame) -> Result<Sum> {
        let mut sum = Sum::default();
        self.each(rows.clone(), |batch, hashes| {
            sum.rows += batch.num_rows() as u64;
            sum.hashes = hashes.iter().fold(sum.hashes, |sum, hash| sum.wrapping_add(*hash));
        })
        .await?;
        Ok(sum)
    }

    /// Describes the rows that one side alone has: their number and the first keys.
    async fn only_in(&self, one: DataFrame, other: DataFrame) -> Result<String> {
        let mut there = HashSet::new();
        self.each(other, |_, hashes| there.extend(hashes.iter().copied())).await?;
        let (mut count, mut shown) = (0_u64, Vec::new());
        self.each(one, |batch, hashes| {
            for (row, _) in hashes.iter().enumerate().filter(|(_, hash)| !there.contains(hash)) {
                count += 1;
                if shown.len() < SHOWN
                    && let Some(key) = batch.column_by_name(self.table.key)
                {
                    shown.push(array_value_to_string(key, row).unwrap_or_default());
                }
            }
        })
        .await?;
        let more = if count > shown.len() as u64 { ", …" } else { "" };
        Ok(match count {
            0 => "none".to_owned(),
            _ => format!("{count}: {} {}{more}", self.table.key, shown.join(", ")),
        })
    }
}
