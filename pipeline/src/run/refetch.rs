//! Re-reading of single records by their ids, and setting and removing of deletion marks.

use crate::bronze::deletions::{Finding, mark_rows};
use crate::bronze::{self, Loading, privacy, quarantine};
use crate::client::{Client, RequestStats};
use crate::context::RunContext;
use crate::error::Result;
use crate::extract::{ExtractStats, Extracted, extract_some};
use crate::lake::Counts;
use connectwise_runtime::Table;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// Maximum number of records that are re-read because they returned, are missing or differ. A full run reads
/// larger numbers better.
const MOST_BROUGHT: usize = 5_000;
/// Returns the statistics of requests that were made since `started`.
pub(super) fn numbers(stats: &RequestStats, started: Instant) -> ExtractStats {
    ExtractStats {
        requests: stats.requests.load(Ordering::Relaxed),
        retries: stats.retries.load(Ordering::Relaxed),
        bytes: stats.bytes.load(Ordering::Relaxed),
        seconds: started.elapsed().as_secs_f64(),
        ..ExtractStats::default()
    }
}

/// Applies a comparison to bronze: re-reads what returned, is missing or differs, and marks what is gone. Records are
/// re-read whatever their time of change.
///
/// # Errors
/// [`Error::Client`] when the API can't be read, [`crate::lake::Error::Table`] when the table can't be written.
pub(super) async fn apply(
    client: &Client,
    run: &RunContext,
    entity: &'static Table,
    finding: &mut Finding,
) -> Result<Counts> {
    let wanted = finding.wanted();
    let mut counts = Counts::default();
    // Records below a parent can't be requested by their ids alone, and the privacy policy must be the one of the other
    // rows.
    let can = wanted.len() <= MOST_BROUGHT
        && entity.parent.is_none()
        && (entity.hashed.is_empty() || run.lake.hash_key().is_some())
        && !privacy::changed(&run.lake, entity).await?;
    if can && !wanted.is_empty() {
        let (loaded, extracted) = bring(client, run, entity, &wanted, &Arc::default()).await?;
        let rejected = extracted.quarantined_ids();
        // A record that was deleted again meanwhile stays marked.
        finding.returned.retain(|id| extracted.ids.contains(*id) || rejected.contains(id));
        // A missing one that does not fit is in quarantine now.
        let (put_aside, missing): (Vec<_>, Vec<_>) =
            std::mem::take(&mut finding.missing).into_iter().partition(|id| rejected.contains(id));
        finding.missing = missing;
        finding.quarantined.extend(put_aside);
        counts = loaded;
        finding.brought = true;
    }
    let marked = mark_rows(run, entity, finding).await?;
    counts.deleted += marked.deleted;
    if !finding.brought {
        counts.updated += marked.updated;
    }
    Ok(counts)
}

/// Fetches the records with these ids, whatever their time of change, and loads them.
pub(super) async fn bring(
    client: &Client,
    run: &RunContext,
    entity: &'static Table,
    ids: &[i64],
    stats: &Arc<RequestStats>,
) -> Result<(Counts, Extracted)> {
    let extracted = extract_some(client, &run.stage, entity, ids, stats).await?;
    if extracted.ids.is_empty() && extracted.quarantined.is_empty() {
        return Ok((Counts::default(), extracted));
    }
    quarantine::add(run, &extracted).await?;
    // A window that begins after all time leaves the watermark where it is.
    let loading = Loading { since: Some(i64::MAX), ..Loading::default() };
    let loaded = bronze::load(run, &extracted, loading).await?;
    quarantine::clear_resolved(run, &extracted).await?;
    Ok((loaded.counts, extracted))
}
