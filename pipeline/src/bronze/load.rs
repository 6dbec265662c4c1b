//! Loads what was extracted into a bronze table, in one commit.

use super::columns::{ENTITY, RUN_ID, TIMESTAMP, schema};
use super::deletions::{Finding, find, last_good_rows, mark_rows, refuse_to_empty, stored_ids};
use super::loading::Loading;
use super::privacy::{self, PiiPolicy};
use super::replace::BronzeWrite;
use super::staged::staged_rows;
use super::watermark::{self, Watermark};
use super::{page_limit, passwords};
use crate::context::RunContext;
use crate::error::{Error, Result};
use crate::extract::{Extracted, Listed};
use crate::lake::{Counts, KeySet, Scope, Table, Target, longs, upsert_table};
use connectwise_runtime::ChangeDetection;
use futures::StreamExt as _;
use std::collections::HashSet;
use std::sync::Arc;

/// The application transaction of a bronze table that records, by a number, which source its rows came from.
pub(crate) const SOURCE: &str = "source";

/// Result of a load.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// Rows that were inserted, updated, left unchanged and deleted.
    pub counts: Counts,
    /// The watermark before.
    pub watermark_before: Option<Watermark>,
    /// The watermark after.
    pub watermark_after: Option<Watermark>,
    /// The table's version that holds what was read.
    pub version: i64,
    /// The version before that one: the same where no row changed.
    pub changed_version: i64,
}

/// What a bronze table records beside its rows.
struct Recorded {
    watermark: Option<Watermark>,
    policy: PiiPolicy,
    source: Option<i64>,
}

impl Recorded {
    /// Reads what a table records; nothing where there is no table yet.
    async fn of(table: Option<&Table>) -> Result<Self> {
        let Some(table) = table else { return Ok(Self { watermark: None, policy: PiiPolicy::NOTHING, source: None }) };
        Ok(Self {
            watermark: Watermark::of(table).await?,
            policy: PiiPolicy::of(table).await?,
            source: table.transaction(SOURCE).await?,
        })
    }
}

/// Brings an entity's bronze table up to date with what was extracted, in one commit. After a full scan a second commit
/// marks what is gone.
///
/// # Errors
/// [`Error`]; the table stays as it was.
pub async fn load(run: &RunContext, extracted: &Extracted, loading: Loading) -> Result<Loaded> {
    let (entity, full) = (extracted.table, loading.full);
    let before = run.lake.open("bronze", entity.table).await?;
    let recorded = Recorded::of(before.as_ref()).await?;
    let watermark_after = watermark::after(recorded.watermark, extracted, loading, run.id.started_micros());
    let snapshot = entity.change_detection == ChangeDetection::Snapshot;
    let is_whole = extracted.whole && (full || snapshot);
    let policy = PiiPolicy::wanted(entity, run.lake.hash_key());
    // Rows that were kept under another privacy policy must not stay beside those that are read now.
    let anew = before.is_some() && policy != recorded.policy;
    if anew && !is_whole {
        return Err(Error::data(entity.entity, privacy::READ_WHOLE));
    }
    let mut transactions: Vec<(String, i64)> = watermark_after.into_iter().flat_map(Watermark::transactions).collect();
    transactions.extend(page_limit::transaction(before.as_ref(), loading.page_limit).await?);
    transactions.extend(policy.transactions(recorded.policy));
    // After a load of some rows, those of another source are still there.
    let takes_source = recorded.source.is_none() || is_whole;
    let source = loading.source.filter(|source| takes_source && recorded.source != Some(*source));
    transactions.extend(source.map(|source| (SOURCE.to_owned(), source)));
    if before.is_none() {
        transactions.push(passwords::transaction());
    }
    let schema = schema(entity);
    let write = BronzeWrite { run, extracted, schema: &schema, transactions: &transactions, anew };
    // A first run reads everything, whatever its mode.
    let is_first = extracted.whole && !extracted.ids.is_empty() && rows_of(before.as_ref()).await? == 0;
    let is_full_scan = extracted.whole && !full && entity.change_detection == ChangeDetection::FullScan;
    let gone = if is_full_scan { Some(find_gone(run, extracted).await?) } else { None };
    let (mut counts, version, changed_version) = if !snapshot && (full || is_first) {
        write.replace(before).await?
    } else {
        merge(&write, before.as_ref(), snapshot).await?
    };
    if let Some(gone) = gone {
        // Where a crash prevents this commit, the next scan marks the rows.
        counts.deleted = mark_rows(run, entity, &gone).await?.deleted;
    }
    Ok(Loaded { counts, watermark_before: recorded.watermark, watermark_after, version, changed_version })
}

/// Merges fetched rows into a table; a snapshot's table becomes equal to them. Returns the counts, the version that
/// holds the rows, and the version before it (the same where no row changed).
async fn merge(write: &BronzeWrite<'_>, before: Option<&Table>, snapshot: bool) -> Result<(Counts, i64, i64)> {
    let BronzeWrite { run, extracted, schema, transactions, anew } = *write;
    let entity = extracted.table;
    let mut kept = match before {
        Some(table) => last_good_rows(table, extracted, !snapshot).await?,
        None => Vec::new(),
    };
    if anew {
        kept = kept.iter().map(|batch| privacy::drop_pii(batch, entity)).collect::<Result<_>>()?;
    }
    let scope = if snapshot {
        Scope::All
    } else {
        let kept = kept.iter().flat_map(|batch| longs(batch, entity.key));
        let ids = extracted.staged_ids().chain(kept).collect();
        Scope::Only { column: entity.key, keys: Arc::new(KeySet::Ids(ids)) }
    };
    let target = Target {
        layer: "bronze",
        name: entity.table,
        schema: Arc::clone(schema),
        key: &[entity.key],
        stamps: &[TIMESTAMP, ENTITY, RUN_ID],
    };
    let fresh = staged_rows(run, extracted, schema).await?;
    let rows = fresh.chain(futures::stream::iter(kept.into_iter().map(Ok)));
    let (mut counts, table) = upsert_table(&run.lake, &run.stage, &target, &scope, rows, transactions).await?;
    let changed_version = table.version() - i64::from(counts.any_change());
    counts.unchanged += extracted.recalled();
    Ok((counts, table.version(), changed_version))
}

async fn rows_of(table: Option<&Table>) -> Result<u64> {
    match table {
        Some(table) => Ok(table.rows().await?),
        None => Ok(0),
    }
}

/// Finds the rows that the source no longer has, after a full scan.
async fn find_gone(run: &RunContext, extracted: &Extracted) -> Result<Finding> {
    let entity = extracted.table;
    let ids = extracted.ids.ids().chain(extracted.not_fetched_but_there()).collect();
    let source = Listed { ids, ..Listed::default() };
    let finding = find(&source, &stored_ids(&run.lake, entity, &[]).await?, &HashSet::new());
    refuse_to_empty(entity, finding.gone.len() as u64, finding.live, run.options.force)?;
    // What returned is merged already.
    Ok(Finding { returned: Vec::new(), ..finding })
}
