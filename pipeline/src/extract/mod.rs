//! From the API to staged rows: one entity, all of it or a window.
//!
//! Invariant: an [`Extracted`] holds every record that the API counts for the window, each id once (the newest
//! version), or the function failed and nothing of it is used.

mod fields;
mod paging;

pub use fields::field_groups;

use crate::client::{Client, Request, Traffic};
use crate::error::{Error, Result};
use crate::lake::{Stage, StagedFile};
use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef};
use chrono::{DateTime, Utc};
use connectwise_runtime::{ChangeDetection, Misfit, Table, bronze_schema};
use paging::{Page, Pager};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// The staged column that numbers rows in the order in which they came.
pub(crate) const SEQUENCE: &str = "__sequence";

/// What an incremental run asks for: everything, or what changed since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// All records.
    Everything,
    /// Records whose `_info.lastUpdated` is this or later.
    Since(DateTime<Utc>),
}

impl std::fmt::Display for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Window::Everything => f.write_str("everything"),
            Window::Since(since) => write!(f, "changed since {}", since.format("%Y-%m-%dT%H:%M:%SZ")),
        }
    }
}

/// What was fetched of one entity.
pub struct Extracted {
    /// The entity.
    pub table: &'static Table,
    /// Rows in the bronze schema plus [`SEQUENCE`].
    pub staged: StagedFile,
    /// The winning row of each id.
    pub ids: HashMap<i64, Winner>,
    /// Sequence numbers of rows that a newer version of the same record replaced.
    pub superseded: HashSet<i64>,
    /// Records that did not fit.
    pub quarantined: Vec<Misfit>,
    /// Properties that the spec does not know, and how often each came.
    pub unknown_fields: BTreeMap<String, u64>,
    /// Whether the answer is all there is (a full run, a snapshot or a full scan).
    pub whole: bool,
    /// Numbers for the run's log.
    pub numbers: Numbers,
}

/// The row that counts for an id.
#[derive(Debug, Clone, Copy)]
pub struct Winner {
    sequence: i64,
    last_updated: Option<i64>,
}

/// Numbers of an extraction.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Numbers {
    /// Requests, retries included.
    pub requests: u64,
    /// Pages read.
    pub pages: u64,
    /// Repeated requests.
    pub retries: u64,
    /// Bytes of JSON.
    pub bytes: u64,
    /// Records read.
    pub rows_read: u64,
    /// Seconds from the first request to the last row staged.
    pub seconds: f64,
}

impl Extracted {
    /// The newest `_info.lastUpdated` that was read, in microseconds since 1970.
    pub fn newest(&self) -> Option<i64> {
        self.ids.values().filter_map(|winner| winner.last_updated).max()
    }

    /// Ids of quarantined records, where they could be read.
    pub fn quarantined_ids(&self) -> HashSet<i64> {
        self.quarantined.iter().filter_map(|misfit| misfit.record_id.as_deref()?.parse().ok()).collect()
    }
}

/// Fetches an entity into a staged file.
///
/// # Errors
/// [`Error::Client`] when the API can't be read, [`Error::Incomplete`] when less (or more) came than the API counts.
pub async fn extract(client: &Client, stage: &Stage, table: &'static Table, window: Window) -> Result<Extracted> {
    let traffic = Traffic::default();
    let started = Instant::now();
    let condition = match (window, table.change_detection) {
        (Window::Since(since), ChangeDetection::LastUpdated) => find_filter(client, table, since, &traffic).await?,
        _ => None,
    };
    let mut attempt = 0;
    loop {
        attempt += 1;
        let before = client.count(table.endpoint, condition.as_deref(), &traffic).await?;
        let mut extracted = read_pages(client, stage, table, condition.as_deref(), before, &traffic).await?;
        let after = client.count(table.endpoint, condition.as_deref(), &traffic).await?;
        let fetched = extracted.ids.len() as u64 + distinct_misfits(&extracted);
        if fetched >= before.min(after) && fetched <= before.max(after) {
            extracted.whole = condition.is_none();
            extracted.numbers.requests = traffic.requests.load(Ordering::Relaxed);
            extracted.numbers.retries = traffic.retries.load(Ordering::Relaxed);
            extracted.numbers.bytes = traffic.bytes.load(Ordering::Relaxed);
            extracted.numbers.seconds = started.elapsed().as_secs_f64();
            return Ok(extracted);
        }
        tracing::warn!(entity = table.entity, fetched, before, after, "the count does not match; reading again");
        if attempt == 3 {
            let counted = if before == after { before.to_string() } else { format!("{before} and then {after}") };
            return Err(Error::Incomplete { entity: table.entity.to_owned(), fetched, counted });
        }
    }
}

/// Misfits that are not another version of a good record.
fn distinct_misfits(extracted: &Extracted) -> u64 {
    let mut named = HashSet::new();
    let mut nameless = 0;
    for misfit in &extracted.quarantined {
        match misfit.record_id.as_deref() {
            Some(id) if id.parse().is_ok_and(|id: i64| extracted.ids.contains_key(&id)) => {}
            Some(id) => {
                named.insert(id);
            }
            None => nameless += 1,
        }
    }
    named.len() as u64 + nameless
}

/// The condition for a window, in the form that the endpoint takes; `None` where it takes none.
async fn find_filter(
    client: &Client,
    table: &Table,
    since: DateTime<Utc>,
    traffic: &Traffic,
) -> Result<Option<String>> {
    let instant = since.format("%Y-%m-%dT%H:%M:%SZ");
    for name in ["lastUpdated", "_info/lastUpdated"] {
        let condition = format!("{name} >= [{instant}]");
        let request =
            Request::new(table.endpoint).with("conditions", &condition).with("fields", table.key).with("pageSize", 1);
        match client.get(&request, traffic, |_| Ok(())).await {
            Ok(()) => return Ok(Some(condition)),
            Err(error) if error.is_bad_condition() => {
                tracing::debug!(entity = table.entity, name, "the endpoint can't filter by it");
            }
            Err(error) => return Err(error.into()),
        }
    }
    tracing::warn!(entity = table.entity, "the endpoint can't filter by the time of change: reading all of it");
    Ok(None)
}

async fn read_pages(
    client: &Client,
    stage: &Stage,
    table: &'static Table,
    condition: Option<&str>,
    expected: u64,
    traffic: &Traffic,
) -> Result<Extracted> {
    let bronze = bronze_schema(table);
    let schema = staged_schema(&bronze);
    let mut extracted = Extracted {
        table,
        staged: stage.file(table.table, &schema),
        ids: HashMap::new(),
        superseded: HashSet::new(),
        quarantined: Vec::new(),
        unknown_fields: BTreeMap::new(),
        whole: false,
        numbers: Numbers::default(),
    };
    let mut pager = Pager::new(client, table, condition, expected);
    let mut next_sequence = 0_i64;
    while let Some(page) = pager.next(traffic).await? {
        extracted.numbers.pages += 1;
        extracted.numbers.rows_read += page.records;
        take_page(&mut extracted, page, &schema, &mut next_sequence)?;
    }
    extracted.staged.finish()?;
    Ok(extracted)
}

fn take_page(extracted: &mut Extracted, page: Page, schema: &SchemaRef, next_sequence: &mut i64) -> Result<()> {
    let batch = page.decoded.batch;
    let failed = |error: arrow::error::ArrowError| Error::data(extracted.table.entity, error);
    let updated = last_updated(&batch);
    let rows = i64::try_from(batch.num_rows()).unwrap_or(i64::MAX);
    let sequence: Int64Array = (*next_sequence..*next_sequence + rows).collect();
    *next_sequence += rows;
    let keys = batch.column_by_name(extracted.table.key).and_then(|column| column.as_primitive_opt::<Int64Type>());
    let Some(keys) = keys else {
        return Err(Error::data(extracted.table.entity, "the decoded page has no key column"));
    };
    for ((id, sequence), last_updated) in keys.values().iter().zip(sequence.values()).zip(updated) {
        let row = Winner { sequence: *sequence, last_updated };
        // The newest wins; of two equally new ones, the one that came last.
        if let Some(other) = extracted.ids.insert(*id, row) {
            if other.last_updated > row.last_updated {
                extracted.ids.insert(*id, other);
                extracted.superseded.insert(row.sequence);
            } else {
                extracted.superseded.insert(other.sequence);
            }
        }
    }
    let mut columns = batch.columns().to_vec();
    columns.push(Arc::new(sequence) as ArrayRef);
    extracted.staged.write(&RecordBatch::try_new(Arc::clone(schema), columns).map_err(failed)?)?;
    extracted.quarantined.extend(page.decoded.quarantined);
    for (path, count) in page.decoded.unknown_fields {
        *extracted.unknown_fields.entry(path).or_default() += count;
    }
    Ok(())
}

fn staged_schema(bronze: &Schema) -> SchemaRef {
    let mut fields: Vec<Field> = bronze.fields().iter().map(|field| field.as_ref().clone()).collect();
    fields.push(Field::new(SEQUENCE, DataType::Int64, false));
    Arc::new(Schema::new(fields))
}

/// `_info.lastUpdated` of each row in microseconds, where there is one.
fn last_updated(batch: &RecordBatch) -> Vec<Option<i64>> {
    let Some(info) = batch.column_by_name("_info").and_then(|column| column.as_map_opt()) else {
        return vec![None; batch.num_rows()];
    };
    let (Some(keys), Some(values)) = (info.keys().as_string_opt::<i32>(), info.values().as_string_opt::<i32>()) else {
        return vec![None; batch.num_rows()];
    };
    let offsets = info.value_offsets();
    (0..batch.num_rows())
        .map(|row| {
            let (from, to) = (usize::try_from(offsets[row]).ok()?, usize::try_from(offsets[row + 1]).ok()?);
            let entry = (from..to).find(|entry| keys.value(*entry) == "lastUpdated" && values.is_valid(*entry))?;
            connectwise_runtime::timestamp::parse_micros(values.value(entry))
        })
        .collect()
}
