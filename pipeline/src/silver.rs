//! Silver: flattens bronze to one flat row per bronze row, and to the child tables.
//!
//! Invariant: silver must be a function of bronze. Each silver commit records the bronze version that it was made from
//! and how it was made; a run looks at the rows that bronze wrote since, by its log. Where the log can't tell, or where
//! the flattening itself changed, it compares all rows, so a crash between the two layers heals by itself. A row whose
//! content did not change must not be rewritten.

use crate::bronze::privacy::PiiPolicy;
use crate::bronze::{DELETED_AT, RUN_ID, TIMESTAMP};
use crate::context::{RunContext, RunId, tables_at_once};
use crate::error::{Error, Result};
use crate::lake::{Counts, KeySet, Scope, Table as LakeTable, Target, definition, upsert_table};
use arrow::array::RecordBatch;
use arrow::compute::take;
use arrow::datatypes::SchemaRef;
use connectwise_runtime::flatten::FLATTEN_VERSION;
use connectwise_runtime::{
    Child, Stamp, Table, child_schema, etl, flatten, flatten_child, silver_schema, stamp, stamped_schema,
};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::ident;
use futures::stream::BoxStream;
use futures::{StreamExt as _, TryStreamExt as _};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

pub use connectwise_runtime::etl::{BATCH_ID, PROCESSED_AT, SILVER_DELETED_AT, SOURCE};

/// The application transaction that holds the bronze version that silver was made from.
const BRONZE_VERSION: &str = "bronze-version";
/// The application transaction that records how silver was made: from which table, by which rules.
const DEFINITION: &str = "definition";

/// The key of a child table.
pub(crate) const CHILD_KEY: [&str; 2] = ["parentId", "listIndex"];

/// The silver table's schema.
pub fn schema(table: &Table) -> SchemaRef {
    stamped_schema(&silver_schema(table), &etl::SILVER)
}

/// The schema of a child table.
pub fn schema_of_child(table: &Table, child: &Child) -> SchemaRef {
    stamped_schema(&child_schema(table, child), &etl::SILVER)
}

/// Refreshes the silver table of an entity, and its child tables, from the rows that bronze wrote since, or from all.
/// Returns the counts of each table, the entity's own first.
///
/// # Errors
/// [`Error`]; each table is either as it was or done.
pub async fn load(run: &RunContext, entity: &'static Table, whole: bool) -> Result<Vec<(&'static str, Counts, u64)>> {
    let Some(bronze) = run.lake.open("bronze", entity.table).await? else {
        return Ok(Vec::new());
    };
    // Rows that lost what is personal keep their stamps, so bronze's privacy policy counts, too.
    let keeping = PiiPolicy::of(&bronze).await?;
    let made_by = made_by(&bronze.id()?, &format!("{entity:?} {keeping:?}"), FLATTEN_VERSION);
    let transactions = [(BRONZE_VERSION.to_owned(), bronze.version()), (DEFINITION.to_owned(), made_by)];
    let source = Source { run, bronze: &bronze, entity, transactions: &transactions };
    let (mut changed, mut work, mut flattens_all, mut remade) = (BTreeMap::new(), Vec::new(), false, false);
    for child in std::iter::once(None).chain(entity.children.iter().map(Some)) {
        let name = child.map_or(entity.table, |child| child.table);
        let stored = if whole { None } else { run.lake.open("silver", name).await? };
        let recorded = match &stored {
            Some(stored) => stored.transaction(DEFINITION).await?,
            None => None,
        };
        remade |= recorded.is_some_and(|recorded| recorded != made_by);
        let ids = match stored.as_ref().filter(|_| recorded == Some(made_by)) {
            Some(stored) => changed_ids(stored, &bronze, entity.key, &mut changed).await?,
            None => None,
        };
        flattens_all |= ids.is_none();
        work.push(source.bring(child, stored, ids));
    }
    if remade {
        let name = entity.entity;
        run.options.progress.say(format!(
            "{name}: silver is computed whole: its columns, its bronze table, or the way this version makes it, is \
             another than before"
        ));
    }
    let at_once = tables_at_once(bronze.rows().await?, flattens_all);
    futures::stream::iter(work).buffered(at_once).try_collect().await
}

/// Source of an entity's silver tables.
struct Source<'a> {
    run: &'a RunContext,
    bronze: &'a LakeTable,
    entity: &'static Table,
    transactions: &'a [(String, i64)],
}

impl Source<'_> {
    /// Refreshes the entity's table, or a child's, from bronze's rows of these ids, or from all.
    async fn bring(
        &self,
        child: Option<&'static Child>,
        stored: Option<LakeTable>,
        ids: Option<Arc<KeySet>>,
    ) -> Result<(&'static str, Counts, u64)> {
        let (started, entity) = (Instant::now(), self.entity);
        let (name, schema, column): (_, _, &'static str) = match child {
            None => (entity.table, schema(entity), entity.key),
            Some(child) => (child.table, schema_of_child(entity, child), "parentId"),
        };
        if let (Some(mut stored), Some(ids)) = (stored, &ids)
            && ids.is_empty()
        {
            stored.record(self.transactions).await?;
            return Ok((name, Counts::default(), stored.rows().await?));
        }
        let scope = match &ids {
            Some(ids) => Scope::Only { column, keys: Arc::clone(ids) },
            None => Scope::All,
        };
        let own = [entity.key];
        let target = Target {
            layer: "silver",
            name,
            schema,
            key: if child.is_some() { &CHILD_KEY } else { &own },
            stamps: &[PROCESSED_AT, SOURCE, BATCH_ID],
        };
        let rows = flat_rows(self.bronze, &self.run.id, entity, child, ids).await?;
        let (counts, stored) =
            upsert_table(&self.run.lake, &self.run.stage, &target, &scope, rows, self.transactions).await?;
        tracing::debug!(table = name, ?counts, seconds = started.elapsed().as_secs_f64(), "silver");
        Ok((name, counts, stored.rows().await?))
    }
}

/// Returns a number for how a silver table is made: its bronze table, its description and the version of flattening.
fn made_by(bronze_id: &str, description: &str, version: i64) -> i64 {
    definition([bronze_id, description, &format!("flattening {version}")])
}

/// Returns the ids whose rows bronze wrote since silver was made from it; `None` for all. The result for each version
/// is kept in `found`: an entity's tables are mostly made from the same one.
async fn changed_ids(
    silver: &LakeTable,
    bronze: &LakeTable,
    key: &str,
    found: &mut BTreeMap<i64, Option<Arc<KeySet>>>,
) -> Result<Option<Arc<KeySet>>> {
    let Some(version) = silver.transaction(BRONZE_VERSION).await? else { return Ok(None) };
    if let Some(ids) = found.get(&version) {
        return Ok(ids.clone());
    }
    // A row that is written gets the run's stamp; one that is only marked as deleted keeps it.
    let changed = bronze.changed_keys(version, key, &[RUN_ID, TIMESTAMP, DELETED_AT]).await?;
    let ids = changed.map(|ids| Arc::new(KeySet::Ids(ids)));
    found.insert(version, ids.clone());
    Ok(ids)
}

/// Reads bronze rows, flattened and stamped.
async fn flat_rows(
    bronze: &LakeTable,
    run: &RunId,
    entity: &'static Table,
    child: Option<&'static Child>,
    ids: Option<Arc<KeySet>>,
) -> Result<BoxStream<'static, Result<RecordBatch>>> {
    let needed = child.map(|child| [entity.key, child.list, DELETED_AT].map(str::to_owned).to_vec());
    let rows = match &ids {
        // In key order, so that what fills a new table needs no sorting.
        None => bronze.rows_by(entity.key, needed)?,
        Some(ids) => {
            let (layer, name) = (bronze.layer(), bronze.name().to_owned());
            let failed = move |error: DataFusionError| crate::lake::Error::table(layer, &name, "reading", error);
            let mut frame = bronze.frame()?.filter(KeySet::holds(ids, ident(entity.key))).map_err(&failed)?;
            if let Some(needed) = needed {
                let needed: Vec<_> = needed.iter().map(|name| ident(name.as_str())).collect();
                frame = frame.select(needed).map_err(&failed)?;
            }
            frame.execute_stream().await.map_err(&failed)?.map_err(failed).boxed()
        }
    };
    let run = run.clone();
    Ok(rows
        .map(move |batch| {
            let failed = |error: String| Error::data(entity.entity, error);
            let batch = batch?;
            let deleted = batch
                .column_by_name(DELETED_AT)
                .map(Arc::clone)
                .ok_or_else(|| failed(format!("bronze lacks {DELETED_AT}")))?;
            let (flat, deleted) = match child {
                None => (flatten(entity, &batch).map_err(|error| failed(error.to_string()))?, deleted),
                Some(child) => {
                    let (flat, parents) =
                        flatten_child(entity, child, &batch).map_err(|error| failed(error.to_string()))?;
                    let deleted = take(&deleted, &parents, None).map_err(|error| failed(error.to_string()))?;
                    (flat, deleted)
                }
            };
            let said = Stamp { began: run.started_micros(), of: "connectwise", run: run.as_str() };
            stamp(&flat, &etl::SILVER, said, Some(deleted)).map_err(|error| failed(error.to_string()))
        })
        .boxed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_description_or_another_version_is_another_definition() {
        let known = made_by("id", "columns", 1);
        assert_eq!(known, made_by("id", "columns", 1));
        for other in [made_by("other", "columns", 1), made_by("id", "other", 1), made_by("id", "columns", 2)] {
            assert_ne!(known, other);
        }
    }
}
