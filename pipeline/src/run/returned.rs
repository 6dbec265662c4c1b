//! Returned rows: marked as deleted, but at the source again; every incremental run asks for them.

use super::refetch::{apply, bring, numbers};
use super::report::EntityReport;
use crate::bronze::deletions::{Finding, find, marks, stored_ids};
use crate::bronze::{self, quarantine};
use crate::client::{Client, RequestStats};
use crate::context::RunContext;
use crate::error::{Error, Result};
use crate::extract::{ExtractStats, read_ids};
use crate::lake::Lakehouse;
use chrono::{DateTime, Utc};
use connectwise_runtime::Table;
use std::sync::Arc;
use std::time::Instant;

/// Maximum number of marked rows that are requested by their ids. Where there are more, the source's count tells first
/// whether any of them can have returned.
const MOST_ASKED: usize = 2_000;

/// Re-reads rows that are marked as deleted but are at the source, after an incremental load. They return, for example,
/// with a right of the API member. A window does not show them: they need not have changed. Returns `None` where no row
/// is marked. An error fails this entity alone and is stored in its report.
pub(super) async fn bring_back(client: &Client, run: &RunContext, entity: &'static Table) -> Option<EntityReport> {
    let started = Instant::now();
    let stats = Arc::new(RequestStats::default());
    let mut report = EntityReport { entity: entity.entity, ..EntityReport::default() };
    let outcome = async {
        let marked: Vec<i64> = marks(&run.lake, entity).await?.into_keys().collect();
        if marked.is_empty() {
            return Ok::<_, Error>(false);
        }
        if marked.len() <= MOST_ASKED && entity.parent.is_none() {
            let (counts, extracted) = bring(client, run, entity, &marked, &stats).await?;
            report.counts = counts;
            report.quarantined = extracted.quarantined.len() as u64;
            report.numbers = extracted.numbers;
        } else {
            let mut finding = find_returned(client, &run.lake, entity, run.id.started(), &stats).await?;
            report.counts = apply(client, run, entity, &mut finding).await?;
        }
        Ok(true)
    };
    let outcome = outcome.await;
    let ExtractStats { pages, rows_read, .. } = report.numbers;
    report.numbers = ExtractStats { pages, rows_read, ..numbers(&stats, started) };
    match outcome {
        Ok(any) => any.then_some(report),
        Err(error) => Some(EntityReport { error: Some(error.of(entity.entity)), ..report }),
    }
}

/// Finds marked rows that the source has again. All its ids are read only where it counts more records than are live
/// here.
async fn find_returned(
    client: &Client,
    lake: &Lakehouse,
    entity: &'static Table,
    now: DateTime<Utc>,
    stats: &Arc<RequestStats>,
) -> Result<Finding> {
    let (stored, quarantined) = (stored_ids(lake, entity, &[]).await?, quarantine::ids(lake, entity).await?);
    if entity.parent.is_none() && entity.counted {
        let put_aside = quarantined.iter().filter(|id| !stored.live.contains(id)).count();
        let known = (stored.live.len() + put_aside) as u64;
        let count = client.count_where_there_is_one(entity.endpoint, None, stats).await?;
        if count.is_some_and(|count| count <= known) {
            return Ok(Finding::default());
        }
    }
    let parents = bronze::parents(lake, entity, now).await?.asked;
    let unserved = quarantine::unserved(lake, entity).await?;
    let source = read_ids(client, entity, &parents, &unserved, stats).await?;
    let returned = find(&source, &stored, &quarantined).returned;
    Ok(Finding { returned, ..Finding::default() })
}
