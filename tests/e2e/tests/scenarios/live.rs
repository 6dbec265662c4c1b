//! Checks that only read, against a ConnectWise: a real one with `CW_LIVE=1` and the `CW_…` variables set, the simulator
//! always.
//!
//! Invariant: nothing is written anywhere, and no credential is in what is told.

use crate::support::{SMALL, Scene};
use connectwise_etl::client::{Client, ClientError, RateLimit, Request, RequestStats};
use connectwise_etl::conditions::field;
use connectwise_generated::tables::TABLES;
use connectwise_runtime::{ChangeDetection, Table};
use futures::TryStreamExt as _;
use std::collections::BTreeSet;
use std::io::Write as _;

/// The most records of a list whose ids are all read.
const SHORT: u64 = 2_000;

fn tell(line: &str) {
    // Captured by the test runner unless it is told otherwise.
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// All checks, a line each; the ones that failed.
async fn failures(client: &Client) -> Vec<String> {
    let stats = RequestStats::default();
    let mut failed = Vec::new();
    let mut check = |name: &str, outcome: Result<String, String>| match outcome {
        Ok(found) => tell(&format!("✓ {name}: {found}")),
        Err(reason) => {
            tell(&format!("✗ {name}: {reason}"));
            failed.push(format!("{name}: {reason}"));
        }
    };
    check("system/info", info(client, &stats).await);
    let mut shortest: Option<(u64, &Table)> = None;
    for table in TABLES.iter().copied().filter(|table| table.parent.is_none() && table.counted) {
        match client.count(table.endpoint, None, &stats).await {
            // A right that is missing is no fault of ours.
            Err(ClientError::Forbidden { .. }) => tell(&format!("– {}: no right to read it", table.entity)),
            Err(ClientError::NotFound { .. }) if table.optional => tell(&format!("– {}: no such list", table.entity)),
            Err(error) => check(table.entity, Err(error.to_string())),
            Ok(count) => {
                if shortest.is_none_or(|(least, _)| count < least) {
                    shortest = Some((count, table));
                }
                check(&format!("{} count", table.entity), Ok(count.to_string()));
                check(&format!("{} first page", table.entity), first_page(client, table, count).await);
                check(&format!("{} filter", table.entity), filter(client, &stats, table, count).await);
            }
        }
    }
    match shortest {
        Some((count, table)) if count <= SHORT => {
            check(&format!("{} ids", table.entity), ids(client, &stats, table).await);
        }
        _ => tell("– ids: no list is short enough"),
    }
    failed
}

async fn info(client: &Client, stats: &RequestStats) -> Result<String, String> {
    let request = Request::new("/system/info");
    let read = client.get(&request, stats, |answer| {
        let info: serde_json::Value = serde_json::from_slice(&answer.body).map_err(|error| error.to_string())?;
        info["version"].as_str().map(ToOwned::to_owned).ok_or_else(|| "it names no version".to_owned())
    });
    read.await.map_err(|error| error.to_string())
}

async fn first_page(client: &Client, table: &Table, count: u64) -> Result<String, String> {
    let list = client.list_at(table.endpoint).page_size(50).limit(50);
    let batches: Vec<_> =
        list.batches().map_err(|error| error.to_string())?.try_collect().await.map_err(|error| error.to_string())?;
    let rows: usize = batches.iter().map(arrow::array::RecordBatch::num_rows).sum();
    let columns = batches.first().map_or(0, arrow::array::RecordBatch::num_columns);
    match count.min(50) {
        least if (rows as u64) < least => Err(format!("{rows} records of {count}")),
        _ => Ok(format!("{rows} records in {columns} columns")),
    }
}

async fn filter(client: &Client, stats: &RequestStats, table: &Table, count: u64) -> Result<String, String> {
    if table.change_detection != ChangeDetection::LastUpdated {
        return Ok("not asked for: it is read whole".to_owned());
    }
    for name in ["lastUpdated", "_info/lastUpdated"] {
        let ever = field(name).map_err(|error| error.to_string())?.at_least(chrono::DateTime::UNIX_EPOCH);
        match client.count(table.endpoint, Some(&ever), stats).await {
            Ok(found) => return Ok(format!("by {name}, {found} of {count}")),
            Err(error) if error.is_bad_condition() => {}
            Err(error) => return Err(error.to_string()),
        }
    }
    Ok("none: it is read whole".to_owned())
}

async fn ids(client: &Client, stats: &RequestStats, table: &Table) -> Result<String, String> {
    let said = |error: &dyn std::fmt::Display| error.to_string();
    let before = client.count(table.endpoint, None, stats).await.map_err(|error| said(&error))?;
    let list = client.list_at(table.endpoint).fields([table.key]).map_err(|error| said(&error))?;
    let records: Vec<_> = list.records().try_collect().await.map_err(|error| said(&error))?;
    let after = client.count(table.endpoint, None, stats).await.map_err(|error| said(&error))?;
    let ids: BTreeSet<Vec<u8>> = records.iter().map(|record| record.to_vec()).collect();
    if ids.len() != records.len() {
        return Err(format!("{} ids came, {} of them different", records.len(), ids.len()));
    }
    let found = ids.len() as u64;
    let range = before.min(after)..=before.max(after);
    if range.contains(&found) { Ok(format!("all {found}")) } else { Err(format!("{found}, counted {range:?}")) }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_checks_hold_against_the_simulator() {
    let scene = Scene::new(SMALL).await;
    assert_eq!(failures(&scene.client).await, Vec::<String>::new());
    // And can fail.
    scene.world().faults(connectwise_simulator::Faults::default().with_kind(
        "/",
        "count",
        connectwise_simulator::When::Always,
        connectwise_simulator::Fault::WrongCount { by: 2 },
    ));
    let failed = failures(&scene.client).await;
    assert!(failed.iter().any(|line| line.contains(" ids: ")), "{failed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_checks_hold_against_a_connectwise() {
    if std::env::var("CW_LIVE").as_deref() != Ok("1") {
        return tell("skipped: set CW_LIVE=1 and the CW_… variables to read from a real ConnectWise");
    }
    let client = Client::from_env(RateLimit::default()).unwrap();
    assert_eq!(failures(&client).await, Vec::<String>::new());
}
