//! Incremental refresh: finds the rows of a gold table to recompute, and plans the statement over these alone.
//!
//! Invariant: each gold commit must record the definition and the versions of the tables that it was made from. What
//! changed since is read from these tables' logs; the rows to recompute are those whose driving row changed and those
//! for which a join input differs between the two versions. Where that can't be found out, the refresh must be full:
//! the result is the same either way.

use super::definition::made_by;
use super::inputs::{DEFINITION, Inputs, application};
use super::references;
use super::shape::{self, Driver, JoinInput, Name};
use crate::error::{Error, Result};
use crate::lake::{KeySet, VersionDiff};
use crate::silver::{BATCH_ID, PROCESSED_AT, SILVER_DELETED_AT};
use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use connectwise_generated::agreement_rules::{OTHERWISE, RULES};
use connectwise_generated::gold::{GoldTable, TABLES as GOLD};
use connectwise_generated::tables::TABLES as ENTITIES;
use connectwise_runtime::row_hashes;
use datafusion::common::DFSchema;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, ident};
use datafusion::prelude::{DataFrame, SessionContext};
use futures::StreamExt as _;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// Divisor of the driving table's rows: where more than a third are affected, a full refresh costs less.
///
/// It reads no more rows, by fewer queries.
const LARGEST_SHARE: u64 = 3;

/// Plan of a gold table's refresh.
pub(super) enum RefreshPlan {
    /// Skipped: no input changed.
    Nothing,
    /// Skipped: the changed inputs, of so many rows in total, leave it as it is.
    Same(u64),
    /// Incremental: the rows with these keys.
    Some(LogicalPlan, KeySet),
    /// Full: all rows.
    Whole(LogicalPlan),
}

impl Inputs {
    /// Plans the refresh of a table, and returns the transactions to commit with it.
    ///
    /// A full refresh on request, without changed inputs, has nothing to record: no commit if no row differs.
    pub(super) async fn work(
        &self,
        table: &GoldTable,
        sql: &str,
        whole: bool,
    ) -> Result<(RefreshPlan, Vec<(String, i64)>)> {
        let failed = |error: DataFusionError| Error::table("gold", table.name, "planning", error);
        let written = self.context().sql(sql).await.map_err(failed)?;
        let inputs = shape::inputs(written.logical_plan());
        // Before the optimiser replaces now() by the time of this run.
        let whole = whole || !shape::is_stable(written.logical_plan());
        let mut ids = Vec::new();
        for name in &inputs {
            if !self.knows(name) {
                return Err(failed(DataFusionError::Plan(format!("there is no table {}.{}", name.0, name.1))));
            }
            if let Some(input) = self.table(name) {
                ids.push(input.id()?);
            }
        }
        let made_by = made_by(sql, &format!("{:?}", table.columns), &format!("{RULES:?} {OTHERWISE:?}"), &ids);
        let transactions = self.transactions(made_by, &inputs);
        let changed = self.changed(table, made_by, &inputs).await?;
        if let Some(changed) = &changed
            && changed.is_empty()
            && !whole
        {
            return Ok((RefreshPlan::Nothing, transactions));
        }
        let plan = written.into_optimized_plan().map_err(failed)?;
        let changed = match changed {
            None => return Ok((RefreshPlan::Whole(plan), transactions)),
            Some(changed) if whole => {
                let fresh = if changed.is_empty() { Vec::new() } else { transactions };
                return Ok((RefreshPlan::Whole(plan), fresh));
            }
            Some(changed) => changed,
        };
        match references::reason_to_rebuild(self, table, &changed).await {
            Ok(None) => {
                let mut rows = 0;
                for table in changed.keys().filter_map(|name| self.table(name)) {
                    rows += table.rows().await?;
                }
                return Ok((RefreshPlan::Same(rows), transactions));
            }
            Ok(Some(why)) => tracing::debug!(table = table.name, why, "references do not say that it is the same"),
            Err(error) => tracing::info!(table = table.name, %error, "references are not compared"),
        }
        let narrowed = match shape::drivers(&plan, table.key, &key_of) {
            Some(drivers) => self.narrow(&plan, &drivers, &changed).await,
            None => Ok(None),
        };
        match narrowed {
            Ok(Some((plan, keys))) => Ok((RefreshPlan::Some(plan, keys), transactions)),
            Ok(None) => Ok((RefreshPlan::Whole(plan), transactions)),
            Err(error) => {
                // Mostly a version whose files are gone. The full statement will report real errors.
                tracing::info!(table = table.name, %error, "computed whole");
                Ok((RefreshPlan::Whole(plan), transactions))
            }
        }
    }

    /// Finds the inputs that changed since the table's last refresh, with their diffs.
    ///
    /// `None` where there is no table yet, its definition changed, or an input's version is not recorded.
    async fn changed(
        &self,
        table: &GoldTable,
        made_by: i64,
        inputs: &BTreeSet<Name>,
    ) -> Result<Option<BTreeMap<Name, Arc<VersionDiff>>>> {
        let Some(target) = self.table(&("gold".to_owned(), table.name.to_owned())) else { return Ok(None) };
        if target.transaction(DEFINITION).await? != Some(made_by) {
            return Ok(None);
        }
        let mut changed = BTreeMap::new();
        for name in inputs {
            let Some(version) = target.transaction(&application(name)).await? else { return Ok(None) };
            let difference = self.difference(name, version).await?;
            if !matches!(*difference, VersionDiff::None) {
                changed.insert(name.clone(), difference);
            }
        }
        Ok(Some(changed))
    }

    /// Plans the statement over the affected driving rows, and returns the output keys that they have or had.
    async fn narrow(
        &self,
        plan: &LogicalPlan,
        drivers: &[Driver],
        changed: &BTreeMap<Name, Arc<VersionDiff>>,
    ) -> Result<Option<(LogicalPlan, KeySet)>> {
        let mut by_table = BTreeMap::new();
        let mut keys = None;
        for driver in drivers {
            let Some(ids) = self.affected(driver, changed).await? else { return Ok(None) };
            let made = self.output_keys(driver, &ids)?;
            let Some(made) = made else { return Ok(None) };
            let all: &mut KeySet = keys.get_or_insert_with(|| KeySet::Ids(HashSet::new()));
            if !all.add(made) {
                return Ok(None);
            }
            by_table.insert(driver.name.clone(), (driver.key, Arc::new(KeySet::Ids(ids))));
        }
        let narrowed = shape::replace_scans(plan, |scan, name| {
            let Some((key, ids)) = by_table.get(name) else { return Ok(None) };
            let scan = LogicalPlan::TableScan(scan.clone());
            let key = scan.schema().columns().into_iter().find(|column| column.name == *key);
            let key = key.ok_or_else(|| DataFusionError::Plan(format!("no key of {}", name.1)))?;
            LogicalPlanBuilder::from(scan).filter(KeySet::holds(ids, Expr::Column(key)))?.build().map(Some)
        });
        let narrowed = narrowed.map_err(Error::query)?;
        Ok(keys.map(|keys| (narrowed, keys)))
    }

    /// Finds the driving rows that changed or whose join input changed; `None` where the refresh has to be full.
    async fn affected(
        &self,
        driver: &Driver,
        changed: &BTreeMap<Name, Arc<VersionDiff>>,
    ) -> Result<Option<HashSet<i64>>> {
        let Some(table) = self.table(&driver.name) else { return Ok(None) };
        let mut ids = HashSet::new();
        if let Some(difference) = changed.get(&driver.name) {
            let VersionDiff::Some(changed_files) = difference.as_ref() else { return Ok(None) };
            let read = driver.scan.projected_schema.columns();
            let filtered = driver.scan.filters.iter().flat_map(|filter| filter.column_refs().into_iter().cloned());
            let columns: BTreeSet<String> = read.into_iter().chain(filtered).map(|column| column.name).collect();
            let compared: Vec<&str> = if driver.name.0 == "silver" {
                // Every write of a silver row changes its stamps.
                vec![BATCH_ID, PROCESSED_AT, SILVER_DELETED_AT]
            } else {
                columns.iter().map(String::as_str).collect()
            };
            match changed_files.keys(&table, driver.key, &compared).await? {
                Some(changed) => ids.extend(changed),
                None => return Ok(None),
            }
        }
        for side in &driver.sides {
            let touched = shape::inputs(&side.plan).iter().any(|name| changed.contains_key(name));
            if !touched {
                continue;
            }
            if side.on.is_empty() || !driver.compares_alike(side) {
                return Ok(None);
            }
            let Some(offered) = self.changed_fingerprints(side, changed).await? else { return Ok(None) };
            if !offered.is_empty() {
                self.rows_that_meet(driver, side, &offered, &mut ids).await?;
            }
        }
        let few = ids.len() as u64 * LARGEST_SHARE <= table.rows().await?;
        Ok(few.then_some(ids))
    }

    /// Finds the join keys, as hashes, for which the rows of a join input differ between the two versions.
    async fn changed_fingerprints(
        &self,
        side: &JoinInput,
        changed: &BTreeMap<Name, Arc<VersionDiff>>,
    ) -> Result<Option<HashSet<u128>>> {
        let Some(earlier) = earlier_plan(&side.plan, changed).await? else { return Ok(None) };
        let before = self.join_fingerprints(side, earlier).await?;
        let mut now = self.join_fingerprints(side, side.plan.clone()).await?;
        let mut differing: HashSet<u128> =
            before.into_iter().filter(|(key, content)| now.remove(key) != Some(*content)).map(|(key, _)| key).collect();
        differing.extend(now.into_keys());
        Ok(Some(differing))
    }

    /// Fingerprints a join input by join key: the sum of its rows' hashes, whatever their order.
    async fn join_fingerprints(&self, side: &JoinInput, plan: LogicalPlan) -> Result<HashMap<u128, u128>> {
        let on: Vec<Expr> = side.on.iter().map(|(_, other)| other.clone()).collect();
        let columns = plan.schema().columns().into_iter().map(Expr::Column).collect();
        let mut offers: HashMap<u128, u128> = HashMap::new();
        self.each_row(plan, &on, columns, |keys, contents, _| {
            for (key, content) in keys.iter().zip(contents) {
                let sum = offers.entry(*key).or_default();
                *sum = sum.wrapping_add(*content);
            }
        })
        .await?;
        Ok(offers)
    }

    /// Adds the ids of the driving rows whose join key is among these.
    async fn rows_that_meet(
        &self,
        driver: &Driver,
        side: &JoinInput,
        offered: &HashSet<u128>,
        ids: &mut HashSet<i64>,
    ) -> Result<()> {
        let on: Vec<Expr> = side.on.iter().map(|(own, _)| own.clone()).collect();
        let scan = LogicalPlan::TableScan(driver.scan.clone());
        let key = scan.schema().columns().into_iter().filter(|column| column.name == driver.key);
        let key = key.map(Expr::Column).collect();
        self.each_row(scan, &on, key, |keys, _, columns| {
            if let Some(values) = columns.first().and_then(|column| column.as_primitive_opt::<Int64Type>()) {
                let met = keys.iter().zip(values.values()).filter(|(key, _)| offered.contains(key));
                ids.extend(met.map(|(_, id)| *id));
            }
        })
        .await
    }

    /// Visits the rows of a plan whose join key has no null: hashes of the keys and of the columns, and the columns.
    async fn each_row(
        &self,
        plan: LogicalPlan,
        on: &[Expr],
        columns: Vec<Expr>,
        mut visit: impl FnMut(&[u128], &[u128], &[ArrayRef]),
    ) -> Result<()> {
        let failed = |error: DataFusionError| Error::query(format!("comparing versions: {error}"));
        let keyed = on.iter().enumerate().map(|(place, key)| key.clone().alias(format!("__on{place}")));
        let selected: Vec<Expr> = keyed.chain(columns).collect();
        let not_null = on.iter().cloned().map(Expr::is_not_null).reduce(Expr::and);
        let mut builder = LogicalPlanBuilder::from(plan);
        if let Some(not_null) = not_null {
            builder = builder.filter(not_null).map_err(failed)?;
        }
        let plan = builder.project(selected).and_then(LogicalPlanBuilder::build).map_err(failed)?;
        let mut rows = DataFrame::new(self.context().state(), plan).execute_stream().await.map_err(failed)?;
        while let Some(batch) = rows.next().await {
            let batch = batch.map_err(failed)?;
            let hashes = |from: usize, to: usize| {
                let columns: Vec<usize> = (from..to).collect();
                row_hashes(&batch, &columns).map_err(|error| Error::query(format!("comparing versions: {error}")))
            };
            let (keys, contents) = (hashes(0, on.len())?, hashes(on.len(), batch.num_columns())?);
            visit(&keys, &contents, &batch.columns()[on.len()..]);
        }
        Ok(())
    }

    /// Computes the output keys of driving rows.
    fn output_keys(&self, driver: &Driver, ids: &HashSet<i64>) -> Result<Option<KeySet>> {
        let failed = |error: DataFusionError| Error::query(format!("computing keys: {error}"));
        let schema = Arc::new(Schema::new(vec![Field::new(driver.key, DataType::Int64, true)]));
        let described = DFSchema::try_from_qualified_schema(driver.scan.table_name.clone(), &schema).map_err(failed)?;
        let expression = self.context().create_physical_expr(driver.output_key.clone(), &described).map_err(failed)?;
        let column: ArrayRef = Arc::new(ids.iter().copied().collect::<Int64Array>());
        let rows = ids.len();
        let batch = RecordBatch::try_new(schema, vec![column]).map_err(|error| Error::data("keys", error))?;
        let values = expression.evaluate(&batch).and_then(|value| value.into_array(rows)).map_err(failed)?;
        Ok(KeySet::of(&values))
    }
}

/// Returns the key of a table whose rows can drive a statement.
fn key_of((layer, table): &Name) -> Option<&'static str> {
    match layer.as_str() {
        "silver" => ENTITIES.iter().find(|entity| entity.table == table).map(|entity| entity.key),
        "gold" => GOLD.iter().find(|gold| gold.name == table).map(|gold| gold.key),
        _ => None,
    }
}

/// Plans a statement over the earlier versions of changed inputs; `None` where one is unknown or has another schema.
async fn earlier_plan(plan: &LogicalPlan, changed: &BTreeMap<Name, Arc<VersionDiff>>) -> Result<Option<LogicalPlan>> {
    let mut providers = BTreeMap::new();
    for name in shape::inputs(plan) {
        match changed.get(&name).map(AsRef::as_ref) {
            None | Some(VersionDiff::None) => {}
            Some(VersionDiff::Unknown) => return Ok(None),
            Some(VersionDiff::Some(changed_files)) => {
                providers.insert(name, changed_files.earlier().provider()?);
            }
        }
    }
    let mut same = true;
    let earlier = shape::replace_scans(plan, |scan, name| {
        let Some(provider) = providers.get(name) else { return Ok(None) };
        let (now, before) = (scan.source.schema(), provider.schema());
        same &= now.fields() == before.fields();
        if !same {
            return Ok(None);
        }
        shape::scan_of(scan, provider).map(Some)
    });
    let earlier = earlier.map_err(|error| Error::query(format!("comparing versions: {error}")))?;
    Ok(same.then_some(earlier))
}

/// Sorts a plan's rows by the table's key.
pub(super) fn sorted(context: &SessionContext, plan: LogicalPlan, key: &str) -> datafusion::error::Result<DataFrame> {
    DataFrame::new(context.state(), plan).sort(vec![ident(key).sort(true, true)])
}

#[cfg(test)]
mod tests;
