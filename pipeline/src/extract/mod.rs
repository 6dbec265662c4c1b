//! Extract: reads an entity from the API into staged rows, all of it or a window of time.
//!
//! ```text
//! lists ─► filter ─► plan ─► ranges, page by page ─► what changed meanwhile ─► complete
//! ```
//!
//! Invariant: an [`Extracted`] must hold every record that the API counts for the window, each id once (the newest
//! version); otherwise the extraction fails and nothing of it is used.

mod ask_again;
mod changed_during_read;
mod chunk;
mod complete;
mod extracted;
mod filter;
mod fingerprint;
mod fingerprint_cache;
mod flags;
mod ids;
mod latest;
mod list_reader;
mod lists;
mod pages;
mod plan;
mod ranges;
mod recent_fingerprints;
mod request;
mod resume;
mod rows;
mod short_list;
mod stored;
mod tolerance;
mod unserved;

pub use crate::client::field_groups;
pub(crate) use ask_again::first_page;
pub use extracted::{Extracted, StagedChunks};
pub(crate) use filter::filter_name;
pub use fingerprint::FingerprintCache;
pub(crate) use flags::{FlagHash, flag_hashes};
pub use ids::{Listed, read_ids};
pub use latest::LatestVersions;
pub use plan::PlanSummary;
pub use request::{ExtractRequest, Window};
pub use rows::{ExtractStats, RowVersion};
pub(crate) use rows::{SEQUENCE, id_of, last_updated};
pub(crate) use stored::decode_stored;
pub(crate) use tolerance::{MOST_PERCENT, check_share};
pub(crate) use unserved::unserved_id;

use crate::client::{Client, RequestStats, Selection};
use crate::conditions::Condition;
use crate::error::Result;
use crate::lake::{Format, Stage};
use changed_during_read::Newest;
use chrono::{DateTime, TimeDelta};
use complete::{Tolerance, prove_complete};
use connectwise_runtime::{ChangeDetection, Table, bronze_schema};
use fingerprint_cache::is_told;
use futures::StreamExt as _;
use list_reader::ListReader;
use lists::lists;
use pages::Page;
use ranges::Sink;
use recent_fingerprints::Recency;
use request::Filter;
use resume::{Checkpoint, Resumed};
use rows::staged_schema;
use short_list::{Access, FirstLook, SharedChunk, look};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// Days before the newest change in a checkpoint from which later changes are read again. It applies where the newest
/// change at the start of the interrupted run is not known.
const RESUME_OVERLAP_DAYS: i64 = 1;
/// The most changed records that are read again by id; where there are more, all of their window is read again.
const MOST_BY_ID: usize = 5_000;

/// Fetches an entity into staged files. An entity with a parent is read list by list, one for each of the parents.
///
/// # Errors
/// [`Error::Client`] when the API can't be read, [`Error::Incomplete`] when less (or more) came than the API counts,
/// [`Error::Data`] when too many records do not fit.
pub async fn extract(
    client: &Client,
    stage: &Stage,
    order: &ExtractRequest<'_>,
    stats: &Arc<RequestStats>,
) -> Result<Extracted> {
    let started = Instant::now();
    let (table, lists) = (order.table, lists(order.table, order.parents));
    let filter = order.filter(client, &lists, stats).await?;
    let mut extracted = Extracted::nothing(table);
    let (mut next, mut twice) = (0, 0);
    let again = ask_again::ask_once(client, stage, order, stats).await?;
    let left_out = Arc::new(again.left_out());
    let readers = lists.into_iter().map(|list| {
        let all = ListReader::of(client, table, list, stats)?;
        Ok(ListReader {
            selection: Selection {
                condition: filter.as_ref().map(|filter| filter.condition.clone()),
                left_out: Arc::clone(&left_out),
                ..all.selection.clone()
            },
            hash_key: stage.hash_key().cloned(),
            known: Arc::clone(&order.known),
            recency: is_told(table).then(|| Recency::of(order.began, order.lookback_days)),
            format: staged_format(stage, order, filter.as_ref(), &all),
            ..all
        })
    });
    // In the lists' order, whatever the order of the responses.
    let mut looks = futures::stream::iter(readers).map(look).buffered(client.rate_limit().workers);
    let mut access = Access::default();
    let schema = staged_schema(&bronze_schema(table));
    let mut shared: Option<SharedChunk> = None;
    while let Some(looked) = looks.next().await {
        let Some((source, first)) = access.judge(table, looked)? else { continue };
        match first {
            FirstLook::Longer => {}
            FirstLook::Whole(None) => {
                order.progress.expect_more(0);
                continue;
            }
            FirstLook::Whole(Some(page)) => {
                let mut sink = Sink { stage, schema: &schema, kept: None, next: &mut next };
                let shared = shared.get_or_insert_with(|| SharedChunk::begin(&source, &mut sink));
                twice += extracted.merge(short_list(&source, stage, order, page, shared)?);
                continue;
            }
            FirstLook::Gone => {
                tracing::debug!(endpoint = source.list.endpoint, "nothing there any more");
                continue;
            }
        }
        // Rows are numbered in the order of the lists.
        if let Some(shared) = shared.take() {
            extracted.absorb_file(shared.end()?);
        }
        twice += extracted.merge(read_list(&source, stage, order, filter.as_ref(), &mut next).await?);
    }
    drop(looks);
    access.of_any()?;
    if let Some(shared) = shared {
        extracted.absorb_file(shared.end()?);
    }
    if twice > 0 {
        let entity = table.entity;
        tracing::warn!(entity, records = twice, "records below several parents: each is one row, with the last parent");
    }
    // Whatever the window: the source has these records, and those that it returns now are added.
    extracted.quarantined.extend(again.still);
    again.given.into_iter().for_each(|chunk| extracted.absorb_late(chunk));
    extracted.tell_rejected_once();
    // The readers finish in any order: sorting makes the result the same for every run.
    extracted.quarantined.sort_by(|one, other| {
        (&one.record_id, &one.path, &one.raw_json).cmp(&(&other.record_id, &other.path, &other.raw_json))
    });
    extracted.whole = filter.is_none();
    extracted.began = stats.began.get().map(DateTime::timestamp_micros);
    extracted.numbers.requests = stats.requests.load(Ordering::Relaxed);
    extracted.numbers.retries = stats.retries.load(Ordering::Relaxed);
    extracted.numbers.bytes = stats.bytes.load(Ordering::Relaxed);
    extracted.numbers.seconds = started.elapsed().as_secs_f64();
    Ok(extracted)
}

/// The form in which the rows of a list are staged. Of a list that is read whole, the table becomes what was read, so
/// its rows are encoded as the table's files hold them, once.
fn staged_format(stage: &Stage, order: &ExtractRequest<'_>, filter: Option<&Filter>, source: &ListReader) -> Format {
    let is_whole = filter.is_none() && order.known.records.is_empty() && source.list.parent.is_none();
    if is_whole { stage.data_format("bronze", source.table.table) } else { Format::Arrow }
}

/// Fetches the records with these ids, whenever they changed, of an entity without a parent.
///
/// # Errors
/// [`Error::Client`] when the API can't be read.
pub async fn extract_some(
    client: &Client,
    stage: &Stage,
    table: &'static Table,
    ids: &[i64],
    stats: &Arc<RequestStats>,
) -> Result<Extracted> {
    let mut extracted = Extracted::nothing(table);
    let schema = staged_schema(&bronze_schema(table));
    let mut next = 0;
    for list in lists(table, &[]) {
        let source = ListReader { hash_key: stage.hash_key().cloned(), ..ListReader::of(client, table, list, stats)? };
        complete::fetch(&source, stage, &schema, &mut next, ids, |chunk| {
            extracted.absorb(chunk);
            Ok(())
        })
        .await?;
    }
    extracted.tell_rejected_once();
    Ok(extracted)
}

/// Summarizes the plans to read the entity's lists, of which at most so many are planned.
///
/// # Errors
/// [`Error::Client`] when the API can't be asked.
pub async fn plan_summaries(client: &Client, order: &ExtractRequest<'_>, most: usize) -> Result<Vec<PlanSummary>> {
    let stats = Arc::new(RequestStats::default());
    let lists = lists(order.table, order.parents);
    let filter = order.filter(client, &lists, &stats).await?;
    let mut summaries = Vec::new();
    for list in lists.into_iter().take(most) {
        let source = ListReader::of(client, order.table, list, &stats)?;
        let source = filter.as_ref().map_or(source.clone(), |filter| source.which(filter.condition.clone()));
        summaries.push(plan::summary(&source).await?);
    }
    Ok(summaries)
}

/// Reads a list: resumes a checkpoint, reads the rest, and proves that all records were read.
async fn read_list(
    source: &ListReader,
    stage: &Stage,
    order: &ExtractRequest<'_>,
    filter: Option<&Filter>,
    next: &mut i64,
) -> Result<Extracted> {
    let (table, progress) = (source.table, order.progress);
    let schema = staged_schema(&bronze_schema(table));
    let mut fetched = Extracted::nothing(table);
    let before = source.count().await?;
    before.map_or_else(|| progress.expect_any(), |records| progress.expect_more(records));
    let (kept, found, since) = left_over(source, stage, order, filter, &schema).await?;
    let resumed = !found.chunks.is_empty();
    *next = found.next.max(*next);
    let tolerance = Tolerance { percent: order.max_rejected_percent, of: before };
    for chunk in found.chunks {
        fetched.absorb(chunk);
    }
    source.unserved.recall(&fetched.quarantined);
    if resumed {
        let records = fetched.numbers.rows_resumed;
        progress.rows(records);
        progress.note(&format!("going on from {records} records that a run read which was cut off"));
        tracing::info!(entity = table.entity, records, "going on where a run was cut off");
    }
    let (newest, plan) = futures::try_join!(changed_during_read::newest(source, before), plan::plan(source, before))?;
    let since = since.or_else(|| newest.as_ref()?.condition(order.began));
    let plan = plan.without(&found.covered);
    tracing::debug!(endpoint = source.list.endpoint, ?before, ranges = plan.ranges.len(), mode = ?plan.mode, "plan");
    // A short list is read as quickly as it is resumed.
    let mut kept = kept.filter(|_| plan.ranges.len() > 1 || resumed);
    if let Some(kept) = &mut kept {
        kept.begin(newest.as_ref().map(|newest| newest.at), !resumed)?;
    }
    let mut by_number = false;
    let take = |chunk: chunk::FetchedChunk| {
        by_number |= chunk.by_number;
        fetched.absorb(chunk);
        tolerance.check(&fetched)
    };
    let sink = Sink { stage, schema: &schema, kept: kept.as_ref(), next };
    ranges::read(source, plan, sink, take).await?;
    fetched.numbers.rows_repeated = fetched.read_before();
    let mut after = None;
    if let Some(since) = since {
        let changed = source.around_unserved().which(since);
        let (count, now) = futures::join!(changed.count(), source.count());
        after = Some(now?);
        match count {
            Ok(count) => {
                let plan = plan::plan(&changed, count).await?;
                let differing = match &newest {
                    Some(newest) => {
                        Some(changed_during_read::differing(&changed, plan.clone(), &fetched, newest.at).await?)
                    }
                    None => None,
                };
                let records = differing.as_ref().map_or(count, |ids| Some(ids.len() as u64));
                tracing::debug!(entity = table.entity, ?count, ?records, "reading again what changed meanwhile");
                if let Some(records) = records.filter(|records| *records > 0) {
                    progress.expect_more(records);
                    progress.note(&format!("reading {records} records again or anew, which changed meanwhile"));
                }
                let take = |chunk: chunk::FetchedChunk| {
                    by_number |= chunk.by_number;
                    fetched.absorb_late(chunk);
                    tolerance.check(&fetched)
                };
                match differing.filter(|ids| ids.len() <= MOST_BY_ID) {
                    Some(ids) => complete::fetch(source, stage, &schema, next, &ids, take).await?,
                    None => {
                        let sink = Sink { stage, schema: &schema, kept: None, next };
                        ranges::read(&changed, plan, sink, take).await?;
                    }
                }
                fetched.numbers.rows_changed = fetched.read_before().saturating_sub(fetched.numbers.rows_repeated);
            }
            // The endpoint sorts by the time of change and can't filter by it.
            Err(error) if error.is_bad_condition() && !resumed => {
                tracing::debug!(entity = table.entity, "what changed meanwhile can't be asked for");
            }
            Err(error) => return Err(error.into()),
        }
    }
    // A failure that has passed by now was not the record's: unserved records are requested once more.
    let mut sink = Sink { stage, schema: &schema, kept: None, next };
    let again = ask_again::ask_again(source, &mut sink, source.unserved.ids()).await?;
    source.unserved.give_up_on(&again.still, &mut fetched);
    again.given.into_iter().for_each(|chunk| fetched.absorb_late(chunk));
    let after = match after {
        Some(after) => after,
        None => source.count().await?,
    };
    let adds_up = before == after && before.is_none_or(|before| before == fetched.distinct());
    if !adds_up || by_number || resumed {
        prove_complete(source, stage, &schema, next, tolerance, &mut fetched).await?;
    }
    Ok(fetched)
}

/// Stages a list that is one page.
fn short_list(
    source: &ListReader,
    stage: &Stage,
    order: &ExtractRequest<'_>,
    page: Page,
    shared: &mut SharedChunk,
) -> Result<Extracted> {
    order.progress.expect_more(page.records);
    source.stats.observer.received(page.records);
    let mut fetched = Extracted::nothing(source.table);
    fetched.absorb(shared.add(source, stage, page)?);
    Ok(fetched)
}

/// Opens the checkpoint of a window: its folder, the chunks of an earlier run, and the condition for later changes. A
/// list below a parent is too short for a checkpoint; a snapshot may have changed anywhere.
async fn left_over(
    source: &ListReader,
    stage: &Stage,
    order: &ExtractRequest<'_>,
    filter: Option<&Filter>,
    schema: &arrow::datatypes::SchemaRef,
) -> Result<(Option<Checkpoint>, Resumed, Option<Condition>)> {
    let table = source.table;
    if source.list.parent.is_some() || table.change_detection != ChangeDetection::LastUpdated {
        return Ok((None, Resumed::default(), None));
    }
    let window = source.selection.condition.as_ref().map(ToString::to_string);
    let open = || Checkpoint::open(stage, source, window.as_deref(), order.began, schema);
    let Some((kept, found)) = open() else { return Ok((None, Resumed::default(), None)) };
    if found.chunks.is_empty() {
        return Ok((Some(kept), found, None));
    }
    // By the server's own clock: a record that changed after a chunk was read has a time of change that is not before
    // the newest one known by then, where the server told it, and is later than the newest in the chunk.
    let in_them = || found.chunks.iter().flat_map(|chunk| &chunk.rows).filter_map(|(_, row)| row.last_updated()).max();
    let by_then = || {
        let newest = in_them().and_then(DateTime::from_timestamp_micros)?;
        newest.checked_sub_signed(TimeDelta::days(RESUME_OVERLAP_DAYS))
    };
    let since = match kept.newest().or_else(by_then) {
        Some(newest) => {
            let name = match filter {
                Some(filter) => Some(filter.name.clone()),
                None => filter_name(&source.client, table, &source.list.endpoint, newest, &source.stats).await?,
            };
            name.and_then(|name| Newest { name, at: newest }.condition(order.began))
        }
        None => None,
    };
    if since.is_none() {
        crate::staging::forget(stage, table.entity);
        return Ok((open().map(|(kept, _)| kept), Resumed::default(), None));
    }
    Ok((Some(kept), found, since))
}
