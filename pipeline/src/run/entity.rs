//! One entity of a run: determines its window, extracts its records and loads its bronze table.

use super::source;
use crate::bronze::{self, privacy, quarantine};
use crate::bronze::{Loaded, Loading, Watermark};
use crate::client::{Client, RequestStats};
use crate::context::{Mode, Options, RunContext};
use crate::error::{Error, Result};
use crate::extract::{ExtractRequest, FingerprintCache, MOST_PERCENT, Window, check_share, extract};
use crate::lake::Lakehouse;
use crate::run::report::{EntityReport, TableReport};
use chrono::{DateTime, TimeDelta, Utc};
use connectwise_runtime::{ChangeDetection, Table};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;
use tokio::sync::OwnedSemaphorePermit;

/// Minimum overlap in days of a window that begins at the start of a run: edges are not to be trusted. It is the
/// overlap of entities without a look-back, too.
const LEAST_LOOKBACK_DAYS: u32 = 1;

/// Rows below which an entity's slot is free for another once they are fetched.
const FEW_ROWS: u64 = 20_000;

/// Extracts an entity and loads its bronze table. An error fails this entity alone.
pub(super) async fn refresh_bronze(
    client: &Client,
    run: &RunContext,
    entity: &'static Table,
    mut slot: Option<OwnedSemaphorePermit>,
) -> (EntityReport, Option<TableReport>) {
    let (started, lake, stage, options) = (Instant::now(), &run.lake, &run.stage, &*run.options);
    let mut report = EntityReport { entity: entity.entity, ..EntityReport::default() };
    let watcher = options.progress.entity(entity.entity, None);
    let stats = Arc::new(RequestStats::observed(Arc::new(watcher.clone())));
    let max_rejected_percent = options.max_quarantined.unwrap_or(MOST_PERCENT);
    let work = async {
        let forgotten = bronze::passwords::forget(run, entity).await?;
        if forgotten > 0 {
            let why = "an earlier version stored values of passwords: rows lost them";
            tracing::info!(entity = entity.entity, rows = forgotten, why);
        }
        let is_other = source::is_other(lake, entity, client.source(), options.change_source).await?;
        let changed = privacy::changed(lake, entity).await? || is_other;
        if changed {
            let what = if is_other { "its rows are another source's" } else { "what is personal of it changed" };
            tracing::info!(entity = entity.entity, "{what}: reading all of it anew");
        }
        let window =
            if changed { Window::Everything } else { window_of(lake, options, run.id.started(), entity).await? };
        // Of another source nothing was read: its lists are asked for below parents that ended, too.
        let now = if is_other { DateTime::<Utc>::MIN_UTC } else { run.id.started() };
        let parents = bronze::parents(lake, entity, now).await?;
        let full = options.mode == Mode::Full || changed;
        // A full read replaces the table's content, so no record may be skipped as unchanged.
        let known = Arc::new(if full {
            FingerprintCache::default()
        } else {
            FingerprintCache::of(lake, stage, entity).await?
        });
        let began = run.id.started();
        let days = look_back(entity).max(options.lookback_days.unwrap_or(0));
        // A full run learns the server's page limit anew.
        if let Some(limit) = bronze::page_limit(lake, entity).await?.filter(|_| !full) {
            client.limit_pages(limit);
        }
        let unserved = &quarantine::unserved(lake, entity).await?[..];
        let order = ExtractRequest {
            table: entity,
            window,
            parents: &parents.asked,
            max_rejected_percent,
            began,
            lookback_days: days,
            known: Arc::clone(&known),
            unserved,
            progress: &watcher,
        };
        let mut extracted = match extract(client, stage, &order, &stats).await {
            Err(error) => {
                report.unavailable = Some(bronze::left_out(lake, entity, error).await?);
                return Ok(None);
            }
            Ok(extracted) => extracted,
        };
        extracted.kept = parents.kept;
        watcher.done();
        if extracted.staged.rows() < FEW_ROWS {
            drop(slot.take());
        }
        report.numbers = extracted.numbers.clone();
        report.quarantined = extracted.quarantined.len() as u64;
        report.unknown_fields = extracted.unknown_fields.clone();
        check_share(&extracted, max_rejected_percent, extracted.numbers.rows_read)?;
        let since = match window {
            Window::Since(since) if !extracted.whole => Some(since.timestamp_micros()),
            _ => None,
        };
        let loading =
            Loading { full, since, source: Some(client.source().number()), page_limit: Some(client.page_limit()) };
        // A rejected record is in quarantine before the load, and one that fits leaves it after bronze has it: at no
        // moment is a record in neither.
        quarantine::add(run, &extracted).await?;
        let loaded = bronze::load(run, &extracted, loading).await?;
        quarantine::clear_resolved(run, &extracted).await?;
        report.fetched = Some(bronze::check_fetched(lake, &extracted, &loaded).await?);
        report.window = Some(if extracted.whole { Window::Everything } else { window }.to_string());
        report.remarks.extend(remark(entity, options, window, extracted.whole, &loaded));
        for remark in &report.remarks {
            tracing::info!(entity = entity.entity, "{remark}");
        }
        if let Window::Since(since) = window_after(loaded.watermark_after, run.id.started(), days) {
            let since = since.timestamp_micros();
            known.keep(lake, stage, &extracted, (loaded.changed_version, loaded.version), since).await;
        }
        Ok(Some(loaded))
    };
    let outcome = work.await;
    // What was read is kept for the next run where this one was interrupted, or the API or the local disk failed.
    if !outcome.as_ref().is_err_and(Error::is_resumable) {
        crate::staging::forget(stage, entity.entity);
    }
    match outcome {
        Ok(None) => (report, None),
        Ok(Some(loaded)) => {
            report.counts = loaded.counts;
            report.watermark_before = loaded.watermark_before.map(|watermark| watermark.at);
            report.watermark_after = loaded.watermark_after.map(|watermark| watermark.at);
            let table = TableReport {
                layer: "bronze",
                table: entity.table.to_owned(),
                rows: 0,
                counts: loaded.counts,
                refresh: None,
                seconds: started.elapsed().as_secs_f64(),
            };
            (report, Some(table))
        }
        Err(error) => {
            watcher.failed(&error.to_string());
            report.error = Some(error.of(entity.entity));
            report.numbers.requests = stats.requests.load(Ordering::Relaxed);
            report.numbers.retries = stats.retries.load(Ordering::Relaxed);
            report.numbers.bytes = stats.bytes.load(Ordering::Relaxed);
            report.numbers.seconds = started.elapsed().as_secs_f64();
            (report, None)
        }
    }
}

/// Determines the window of an entity: everything, or changes since min(now, watermark) less the look-back.
///
/// # Errors
/// [`crate::lake::Error::Table`] when the watermark can't be read.
pub async fn window_of(lake: &Lakehouse, options: &Options, now: DateTime<Utc>, entity: &Table) -> Result<Window> {
    if options.mode == Mode::Full || privacy::changed(lake, entity).await? {
        return Ok(Window::Everything);
    }
    if let Some(since) = options.since {
        return Ok(Window::Since(since));
    }
    let days = options.lookback_days.unwrap_or_else(|| look_back(entity));
    Ok(window_after(bronze::watermark(lake, entity).await?, now, days))
}

/// Returns the look-back of an entity: how many days before its watermark its window begins.
fn look_back(entity: &Table) -> u32 {
    let variants = entity.variants.iter().map(|variant| variant.lookback_days);
    variants.chain(entity.lookback_days).max().unwrap_or(LEAST_LOOKBACK_DAYS)
}

/// Determines the window that follows from a watermark.
fn window_after(watermark: Option<Watermark>, now: DateTime<Utc>, days: u32) -> Window {
    let Some(Watermark { at, is_start }) = watermark else { return Window::Everything };
    if is_start && at > now.timestamp_micros() {
        // The clock was wrong when it was stored, and by how much is unknown.
        return Window::Everything;
    }
    let days = if is_start { days.max(LEAST_LOOKBACK_DAYS) } else { days };
    let newest = DateTime::from_timestamp_micros(at).unwrap_or(now).min(now);
    // A start before the earliest representable time means everything.
    newest.checked_sub_signed(TimeDelta::days(i64::from(days))).map_or(Window::Everything, Window::Since)
}

/// Returns a remark on how an entity was read, where that is not by its records' time of change.
fn remark(entity: &Table, options: &Options, window: Window, whole: bool, loaded: &Loaded) -> Option<String> {
    const TELL_NONE: &str = "its records tell no time of change";
    let is_start = |watermark: Option<Watermark>| watermark.is_some_and(|watermark| watermark.is_start);
    if entity.change_detection != ChangeDetection::LastUpdated {
        return None;
    }
    match window {
        Window::Since(_) if whole => {
            Some("all of it was read: the API can't filter it by the time of change".to_owned())
        }
        Window::Since(since) if options.since.is_none() && is_start(loaded.watermark_before) => {
            let since = since.format("%Y-%m-%dT%H:%M:%SZ");
            Some(format!("{TELL_NONE}: what changed since {since} was read, from before the start of the last run"))
        }
        _ if is_start(loaded.watermark_after) && !is_start(loaded.watermark_before) => {
            Some(format!("{TELL_NONE}: the next run reads what changed since shortly before the start of this one"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_that_begins_at_the_start_of_a_run_overlaps_and_is_never_taken_from_a_wrong_clock() {
        let day = |day: u32| format!("2026-01-{day:02}T00:00:00Z").parse::<DateTime<Utc>>().unwrap();
        let mark = |of: u32, is_start| Some(Watermark { at: day(of).timestamp_micros(), is_start });
        for (of, is_start, days, window) in [
            (10, false, 0, Window::Since(day(10))),
            (10, true, 0, Window::Since(day(9))),
            (10, true, 3, Window::Since(day(7))),
            (20, false, 3, Window::Since(day(9))),
            (20, true, 3, Window::Everything),
        ] {
            assert_eq!(window_after(mark(of, is_start), day(12), days), window, "{of} {is_start} {days}");
        }
        assert_eq!(window_after(None, day(12), 3), Window::Everything);
    }
}
