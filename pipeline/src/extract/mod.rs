//! From the API to staged rows: one entity, all of it or a window.
//!
//! Invariant: an [`Extracted`] holds every record that the API counts for the window, each id once (the newest
//! version), or the function failed and nothing of it is used.

mod fields;
mod ids;
mod paging;
mod ranges;
mod stored;

pub use fields::field_groups;
pub use ids::read_ids;
pub(crate) use stored::decode_stored;

use crate::client::{Client, ClientError, Request, Traffic};
use crate::error::{Error, Result};
use crate::lake::{Stage, StagedFile};
use crate::progress::EntityProgress;
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use chrono::{DateTime, Utc};
use connectwise_runtime::{ChangeDetection, Misfit, Table, bronze_schema};
use datafusion::prelude::{DataFrame, SessionContext};
use ranges::{Piece, Source};
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
    pub staged: StagedPieces,
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

/// The staged rows of an entity, a file for each range of keys that was read at a time.
#[derive(Default)]
pub struct StagedPieces(Vec<(i64, StagedFile)>);

impl From<StagedFile> for StagedPieces {
    fn from(file: StagedFile) -> Self {
        Self(vec![(0, file)])
    }
}

impl StagedPieces {
    /// The rows as a DataFrame, the files in the order of their keys; `None` where there are none.
    ///
    /// # Errors
    /// [`Error::Query`] when a file can't be read back.
    pub async fn read(&self, context: &SessionContext) -> Result<Option<DataFrame>> {
        let mut files: Vec<&(i64, StagedFile)> = self.0.iter().collect();
        files.sort_by_key(|(lowest, _)| *lowest);
        StagedFile::read_all(files.into_iter().map(|(_, file)| file), context).await
    }
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

    /// Adds a row: the newest wins; of two equally new ones, the one that came last.
    fn add(&mut self, id: i64, row: Winner) {
        if let Some(other) = self.ids.insert(id, row) {
            if (other.last_updated, other.sequence) > (row.last_updated, row.sequence) {
                self.ids.insert(id, other);
                self.superseded.insert(row.sequence);
            } else {
                self.superseded.insert(other.sequence);
            }
        }
    }

    /// `_info.lastUpdated` of a record, in microseconds since 1970.
    pub(crate) fn last_updated(&self, id: i64) -> Option<i64> {
        self.ids.get(&id)?.last_updated
    }

    /// Leaves the watermark out of it: what was read says nothing of what else changed.
    pub(crate) fn forget_times(&mut self) {
        self.ids.values_mut().for_each(|winner| winner.last_updated = None);
    }

    /// Records that were read, each once: good ones, and misfits that are not another version of a good one.
    fn distinct(&self) -> u64 {
        let mut named = HashSet::new();
        let mut nameless = 0;
        for misfit in &self.quarantined {
            match misfit.record_id.as_deref() {
                Some(id) if id.parse().is_ok_and(|id: i64| self.ids.contains_key(&id)) => {}
                Some(id) => {
                    named.insert(id);
                }
                None => nameless += 1,
            }
        }
        self.ids.len() as u64 + named.len() as u64 + nameless
    }

    /// Ids of quarantined records, where they could be read.
    pub fn quarantined_ids(&self) -> HashSet<i64> {
        self.quarantined.iter().filter_map(|misfit| misfit.record_id.as_deref()?.parse().ok()).collect()
    }
}

/// How often an entity is read anew when its count does not match.
const ATTEMPTS: usize = 3;

/// Fetches an entity into a staged file. An entity with a parent is read list by list, one for each of the parents.
///
/// # Errors
/// [`Error::Client`] when the API can't be read, [`Error::Incomplete`] when less (or more) came than the API counts.
pub async fn extract(
    client: &Client,
    stage: &Stage,
    table: &'static Table,
    window: Window,
    parents: &[i64],
    watcher: &EntityProgress,
) -> Result<Extracted> {
    let traffic = Arc::new(Traffic::watched(watcher));
    let started = Instant::now();
    let lists = lists(table, parents);
    let condition = match (window, table.change_detection, lists.first()) {
        (Window::Since(since), ChangeDetection::LastUpdated, Some(list)) => {
            let name = filter_name(client, table, &list.endpoint, since, &traffic).await?;
            if name.is_none() {
                tracing::warn!(
                    entity = table.entity,
                    "the endpoint can't filter by the time of change: reading all of it"
                );
            }
            name.map(|name| changed_since(name, since))
        }
        _ => None,
    };
    let mut attempt = 1;
    loop {
        match read_lists(client, stage, table, &lists, condition.as_deref(), &traffic).await {
            Ok(mut extracted) => {
                extracted.whole = condition.is_none();
                extracted.numbers.requests = traffic.requests.load(Ordering::Relaxed);
                extracted.numbers.retries = traffic.retries.load(Ordering::Relaxed);
                extracted.numbers.bytes = traffic.bytes.load(Ordering::Relaxed);
                extracted.numbers.seconds = started.elapsed().as_secs_f64();
                return Ok(extracted);
            }
            Err(error @ Error::Incomplete { .. }) if attempt < ATTEMPTS => {
                tracing::warn!(%error, "reading it again");
                watcher.restart("reading it again");
                attempt += 1;
            }
            Err(error) => return Err(error),
        }
    }
}

/// A list to read.
struct List {
    endpoint: String,
    /// The record that the list lies below.
    parent: Option<i64>,
}

/// The lists to read: the entity's own, or one a parent.
fn lists(table: &Table, parents: &[i64]) -> Vec<List> {
    match table.parent {
        None => vec![List { endpoint: table.endpoint.to_owned(), parent: None }],
        Some(parent) => {
            let place = format!("{{{}}}", parent.parameter);
            let list = |id: &i64| List { endpoint: table.endpoint.replace(&place, &id.to_string()), parent: Some(*id) };
            parents.iter().map(list).collect()
        }
    }
}

/// Reads all lists of an entity and compares each with its count before and after.
async fn read_lists(
    client: &Client,
    stage: &Stage,
    table: &'static Table,
    lists: &[List],
    condition: Option<&str>,
    traffic: &Arc<Traffic>,
) -> Result<Extracted> {
    let schema = staged_schema(&bronze_schema(table));
    let mut extracted = Extracted {
        table,
        staged: StagedPieces::default(),
        ids: HashMap::new(),
        superseded: HashSet::new(),
        quarantined: Vec::new(),
        unknown_fields: BTreeMap::new(),
        whole: false,
        numbers: Numbers::default(),
    };
    let mut next_piece = 0_i64;
    for List { endpoint, parent } in lists {
        let before = match client.count(endpoint, condition, traffic).await {
            // The parent went away between its own list and this one.
            Err(ClientError::NotFound { .. }) if table.parent.is_some() => {
                tracing::debug!(endpoint, "nothing there any more");
                continue;
            }
            other => other?,
        };
        traffic.watcher.expect_more(before);
        let known = extracted.distinct();
        let source = Source {
            client: client.clone(),
            table,
            endpoint: endpoint.clone(),
            parent: *parent,
            condition: condition.map(ToOwned::to_owned),
            schema: SchemaRef::clone(&schema),
            traffic: Arc::clone(traffic),
            expected: before,
        };
        let plan = ranges::plan(client, table, endpoint, condition, before, traffic).await?;
        tracing::debug!(endpoint, records = before, ranges = plan.ranges.len(), way = ?plan.way, "plan");
        ranges::read(&source, stage, plan, &mut next_piece, |piece| absorb(&mut extracted, piece)).await?;
        let after = client.count(endpoint, condition, traffic).await?;
        let fetched = extracted.distinct() - known;
        if fetched < before.min(after) || fetched > before.max(after) {
            let counted = if before == after { before.to_string() } else { format!("{before} and then {after}") };
            return Err(Error::Incomplete { entity: table.entity.to_owned(), fetched, counted });
        }
    }
    // The readers end in any order; what they found is told in one.
    extracted.quarantined.sort_by(|one, other| {
        (&one.record_id, &one.path, &one.raw_json).cmp(&(&other.record_id, &other.path, &other.raw_json))
    });
    Ok(extracted)
}

/// The condition for a window.
fn changed_since(name: &str, since: DateTime<Utc>) -> String {
    format!("{name} >= [{}]", since.format("%Y-%m-%dT%H:%M:%SZ"))
}

/// The name by which an endpoint filters by the time of change; `None` where it can't.
pub(crate) async fn filter_name(
    client: &Client,
    table: &Table,
    endpoint: &str,
    since: DateTime<Utc>,
    traffic: &Traffic,
) -> Result<Option<&'static str>, ClientError> {
    for name in ["lastUpdated", "_info/lastUpdated"] {
        let request = Request::new(endpoint)
            .with("conditions", changed_since(name, since))
            .with("fields", table.key)
            .with("pageSize", 1);
        match client.get(&request, traffic, |_| Ok(())).await {
            Ok(()) => return Ok(Some(name)),
            Err(error) if error.is_bad_condition() => {
                tracing::debug!(entity = table.entity, name, "the endpoint can't filter by it");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// Adds what one reader brought.
fn absorb(extracted: &mut Extracted, piece: Piece) {
    let lowest = piece.rows.iter().map(|(id, ..)| *id).min();
    for (id, last_updated, sequence) in piece.rows {
        extracted.add(id, Winner { sequence, last_updated });
    }
    if let Some(lowest) = lowest {
        extracted.staged.0.push((lowest, piece.staged));
    }
    extracted.quarantined.extend(piece.quarantined);
    for (path, count) in piece.unknown_fields {
        *extracted.unknown_fields.entry(path).or_default() += count;
    }
    extracted.numbers.pages += piece.numbers.pages;
    extracted.numbers.rows_read += piece.numbers.rows_read;
}

fn staged_schema(bronze: &Schema) -> SchemaRef {
    let mut fields: Vec<Field> = bronze.fields().iter().map(|field| field.as_ref().clone()).collect();
    fields.push(Field::new(SEQUENCE, DataType::Int64, false));
    Arc::new(Schema::new(fields))
}

/// `_info.lastUpdated` of each row in microseconds, where there is one.
pub(crate) fn last_updated(batch: &RecordBatch) -> Vec<Option<i64>> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::datatypes::Int64Type;
    use connectwise_runtime::with_parent;
    use connectwise_runtime::{Field, Kind, Parent};

    static ADDITION: Table = Table {
        entity: "Addition",
        table: "cw_addition",
        endpoint: "/finance/agreements/{parentId}/additions",
        counted: true,
        parent: Some(Parent { entity: "Agreement", parameter: "parentId", path: &["parentId"], in_record: false }),
        schema: "Addition",
        key: "id",
        lookback_days: None,
        change_detection: ChangeDetection::LastUpdated,
        variants: &[],
        sensitive: &["secret"],
        shape: &[
            Field { name: "id", kind: Kind::Int },
            Field { name: "secret", kind: Kind::Sensitive },
            Field { name: "note", kind: Kind::Text },
            Field { name: "parentId", kind: Kind::Int },
        ],
        silver: &[],
        children: &[],
    };

    #[test]
    fn an_entity_below_another_is_one_list_a_parent() {
        let lists = lists(&ADDITION, &[7, 9]);
        let endpoints: Vec<&str> = lists.iter().map(|list| list.endpoint.as_str()).collect();
        assert_eq!(endpoints, ["/finance/agreements/7/additions", "/finance/agreements/9/additions"]);
        assert_eq!(lists.iter().map(|list| list.parent).collect::<Vec<_>>(), [Some(7), Some(9)]);
        assert!(super::lists(&ADDITION, &[]).is_empty());
    }

    #[test]
    fn neither_secrets_nor_added_columns_are_asked_for() {
        assert_eq!(field_groups(&ADDITION), ["id,note"]);
    }

    #[test]
    fn the_parent_is_filled_in() {
        let mut decoder = connectwise_runtime::Decoder::new(&ADDITION);
        decoder.page(br#"[{"id":1,"secret":"s"},{"id":2,"parentId":5}]"#).unwrap();
        let batch = with_parent(&ADDITION, decoder.finish().unwrap().batch, 7).unwrap();
        let parents = batch.column_by_name("parentId").unwrap().as_primitive::<Int64Type>();
        assert_eq!(parents.values().to_vec(), [7, 5], "what the API sent stays");
    }
}
