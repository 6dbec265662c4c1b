//! `connectwise-etl status`: runs, watermarks, rows a table, checks, quarantine, what the source deleted, the lock; and,
//! for monitoring, whether the last good run is too old.

mod sight;

use super::args::{LakeArgs, must_exist};
use super::output::Output;
use super::query::select_in;
use crate::bronze::Watermark;
use crate::catalog;
use crate::error::{Error, Result};
use crate::lake::OnTable as _;
use crate::lock;
use crate::run::{meta, source};
use arrow::array::AsArray;
use arrow::datatypes::TimestampMicrosecondType;
use chrono::{DateTime, TimeDelta, Utc};
use clap::Args;
use connectwise_generated::tables::TABLES;
use datafusion::prelude::SessionContext;
use serde_json::{Value, json};
use sight::{Sight, age, iso};

#[derive(Debug, Args)]
pub(super) struct StatusArgs {
    #[command(flatten)]
    lake: LakeArgs,
    /// End with exit status 1 when the last good run is older, e.g. 26h, 90m, 2d
    #[arg(long, value_name = "AGE", value_parser = parse_age)]
    max_age: Option<TimeDelta>,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

const RUNS: &str =
    "SELECT runId, startedAt, mode, layers, status, error FROM meta.etl_run ORDER BY startedAt DESC LIMIT 10";
const BROKEN: &str = "SELECT \"check\", detail FROM meta.etl_check WHERE NOT passed AND runId = (SELECT runId FROM \
                      meta.etl_run ORDER BY startedAt DESC LIMIT 1)";
const QUARANTINE: &str = "SELECT entity, count(*) AS records, max(reason) AS example FROM bronze.cw_quarantine GROUP \
                          BY entity ORDER BY entity";

/// Runs that brought the source's changes through all layers, and whose checks held.
const GOOD: &str = "SELECT max(finishedAt) FROM meta.etl_run WHERE status = 'done' AND mode IN ('incremental', 'full') \
                    AND layers = 'bronze,silver,gold'";
/// Of each entity the last comparison of ids, unless a full run came after it.
const COMPARED: &str = "SELECT entity, startedAt AS compared, sourceRows AS \"atSource\", CASE WHEN gone > deleted THEN gone ELSE 0 END AS \
     \"pendingDeletes\", missing FROM (SELECT e.entity, e.sourceRows, e.gone, e.deleted, e.missing, r.startedAt, r.mode, \
     row_number() OVER (PARTITION BY e.entity ORDER BY r.startedAt DESC) AS place FROM meta.etl_entity_run AS e JOIN \
     meta.etl_run AS r ON r.runId = e.runId WHERE e.gone IS NOT NULL OR (r.mode = 'full' AND e.status = 'done')) AS c \
     WHERE place = 1 AND gone IS NOT NULL ORDER BY entity";

/// 26h, 90m, 2d.
fn parse_age(text: &str) -> std::result::Result<TimeDelta, String> {
    let wrong = || "expected an age such as 26h, 90m or 2d".to_owned();
    let unit = text.chars().last().ok_or_else(wrong)?;
    let number: i64 = text[..text.len() - unit.len_utf8()].parse().map_err(|_| wrong())?;
    let age = match unit {
        'm' => TimeDelta::try_minutes(number),
        'h' => TimeDelta::try_hours(number),
        'd' => TimeDelta::try_days(number),
        _ => None,
    };
    age.filter(|age| *age >= TimeDelta::zero()).ok_or_else(wrong)
}

/// When the last good run ended. Where the record says which entities a run was limited to, such runs do not count: they
/// leave the others as old as they were.
async fn last_good(context: &SessionContext, knows_limits: bool) -> Result<Option<DateTime<Utc>>> {
    let all = if knows_limits { format!("{GOOD} AND {} IS NULL", meta::ONLY) } else { GOOD.to_owned() };
    let batches = select_in(context, &all).await?;
    let micros = batches.first().filter(|batch| batch.num_rows() > 0).and_then(|batch| {
        let instants = batch.column(0).as_primitive_opt::<TimestampMicrosecondType>()?;
        instants.iter().next().flatten()
    });
    Ok(micros.and_then(DateTime::from_timestamp_micros))
}

/// The exit status that an age means, and why.
fn verdict(last: Option<DateTime<Utc>>, most: TimeDelta, now: DateTime<Utc>) -> Option<String> {
    match last {
        None => Some("there was no good run yet".to_owned()),
        Some(last) if now - last > most => {
            Some(format!("the last good run ended {} ({} ago), longer ago than allowed", iso(last), age(now - last)))
        }
        Some(_) => None,
    }
}

pub(super) async fn execute(args: &StatusArgs, output: &mut Output) -> Result<u8> {
    output.set_place(args.lake.location());
    let lake = args.lake.open().await?;
    must_exist(&lake).await?;
    let source = source::remembered(&lake).await?;
    // The tables are opened once for all that is told of them: opening is what takes the time.
    let tables = catalog::open_all(&lake).await?;
    let opened = |layer: &str, name: &str| {
        tables
            .iter()
            .find(|(known, _)| known.layer == layer && known.name == name)
            .and_then(|(_, table)| table.as_ref())
    };
    let mut watermarks = Vec::new();
    for entity in TABLES {
        let newest = match opened("bronze", entity.table) {
            Some(table) => Watermark::of(table).await?,
            None => None,
        };
        let newest = newest.and_then(|newest| DateTime::from_timestamp_micros(newest.at));
        watermarks.push((entity.entity, newest));
    }
    let mut rows = Vec::new();
    for (known, table) in tables.iter().filter_map(|(known, table)| Some((known, table.as_ref()?))) {
        let count = table.frame()?.count().await.on_table(table, "counting")?;
        rows.push((known.layer, known.name, count as u64, table.version()));
    }
    let context = catalog::session(&lake, &tables).await?;
    let knows = |name: &str, column: &str| opened("meta", name).map_or(Ok(false), |table| meta::has(table, column));
    let is_built = |layer: &&str| rows.iter().any(|(other, ..)| other == layer);
    let not_built: Vec<&str> = ["bronze", "silver", "gold"].into_iter().filter(|layer| !is_built(layer)).collect();
    let runs = select_in(&context, RUNS).await?;
    let broken = select_in(&context, BROKEN).await?;
    let quarantine = select_in(&context, QUARANTINE).await?;
    let compared = match knows(meta::ENTITY_RUN, meta::GONE)? {
        true => select_in(&context, COMPARED).await?,
        false => Vec::new(),
    };
    let good = last_good(&context, knows(meta::RUN, meta::ONLY)?).await?;
    let (holder, now) = (lock::holder(&lake).await?, Utc::now());
    let too_old = args.max_age.and_then(|most| verdict(good, most, now));
    let code = u8::from(too_old.is_some());
    if let Some(reason) = &too_old {
        output.progress(format!("error: {reason}"));
    }
    if args.json {
        let watermarks: Vec<Value> = watermarks
            .iter()
            .map(|(entity, newest)| {
                let age = newest.map(|newest| (now - newest).num_seconds());
                json!({ "entity": entity, "watermark": newest.map(iso), "ageSeconds": age })
            })
            .collect();
        let tables: Vec<Value> = rows
            .iter()
            .map(|(layer, name, count, version)| json!({ "layer": layer, "table": name, "rows": count, "version": version }))
            .collect();
        let document = json!({
            "lakehouse": lake.display(),
            "source": source.map(|source| json!({ "address": source.address, "company": source.company })),
            "lastGoodRun": good.map(iso),
            "tooOld": too_old,
            "lock": holder,
            "runs": rows_of(&runs)?,
            "watermarks": watermarks,
            "tables": tables,
            "notBuilt": not_built,
            "failedChecks": rows_of(&broken)?,
            "quarantine": rows_of(&quarantine)?,
            "compared": rows_of(&compared)?,
        });
        output.line(format!("{document:#}"))?;
        return Ok(code);
    }
    output.line(lake.display())?;
    if let Some(source) = &source {
        output.line(format!("the data of {source}"))?;
    }
    if let Some(good) = good {
        output.line(format!("the last good run ended {}, {} ago", iso(good), age(now - good)))?;
    }
    if let Some(holder) = holder {
        output.line(format!("at work: {holder}"))?;
    }
    let sight = Sight { runs, watermarks, rows, not_built, broken, quarantine, compared, now };
    if output.is_verbose() {
        sight.details(output)?
    } else {
        sight.brief(output)?
    }
    Ok(code)
}

fn rows_of(batches: &[arrow::array::RecordBatch]) -> Result<Value> {
    let mut writer = arrow::json::ArrayWriter::new(Vec::new());
    for batch in batches {
        writer.write(batch).map_err(Error::query)?;
    }
    writer.finish().map_err(Error::query)?;
    let text = writer.into_inner();
    if text.is_empty() {
        return Ok(json!([]));
    }
    serde_json::from_slice(&text).map_err(Error::query)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_read_and_judged() {
        assert_eq!(parse_age("26h"), Ok(TimeDelta::hours(26)));
        assert_eq!(parse_age("90m"), Ok(TimeDelta::minutes(90)));
        assert_eq!(parse_age("2d"), Ok(TimeDelta::days(2)));
        for wrong in ["", "h", "26", "26 hours", "-1h", "26ß", "99999999999999999d"] {
            assert!(parse_age(wrong).is_err(), "{wrong}");
        }
        let now = Utc::now();
        let most = TimeDelta::hours(26);
        assert_eq!(verdict(Some(now - most), most, now), None);
        assert!(verdict(Some(now - most - TimeDelta::seconds(1)), most, now).is_some());
        assert!(verdict(None, most, now).is_some());
    }
}
