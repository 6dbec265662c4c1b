//! A list read in key ranges, several at a time.
//!
//! Invariants: the ranges of a list cover all keys and do not overlap; what a reader holds in memory is one page. A
//! range that turns out to be long gives its rest back in two halves, so that no worker is left alone with it.

use super::paging::{PAGE_SIZE, Page, Pager, Way};
use super::{Numbers, last_updated};
use crate::client::{Client, ClientError, Request, Traffic};
use crate::error::{Error, Result};
use crate::lake::{Stage, StagedFile};
use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch};
use arrow::datatypes::{Int64Type, SchemaRef};
use connectwise_runtime::{Misfit, Table, with_parent};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// Pages after which a range gives its rest back.
const PAGES_AT_A_TIME: u64 = 8;
/// Pages that a range is made for; more ranges than workers, so that uneven ones do not matter.
const PAGES_A_RANGE: u64 = 2;
/// The most ranges to begin with.
const MOST_RANGES: i64 = 64;
/// Rows of a staged piece are numbered from its own number times this.
const ROWS_A_PIECE: i64 = 1 << 32;

/// Keys above `after` up to `to`; open where absent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct KeyRange {
    pub(super) after: Option<i64>,
    pub(super) to: Option<i64>,
}

impl KeyRange {
    /// As conditions on the key.
    pub(super) fn conditions(self, key: &str) -> Vec<String> {
        let after = self.after.map(|after| format!("{key} > {after}"));
        after.into_iter().chain(self.to.map(|to| format!("{key} <= {to}"))).collect()
    }

    /// Two halves, where the keys up to `newest` leave room for more than a page.
    fn halves(self, newest: i64) -> Vec<Self> {
        let (after, end) = (self.after.unwrap_or(0), self.to.unwrap_or(newest));
        let width = end.saturating_sub(after);
        if width <= i64::try_from(PAGE_SIZE).unwrap_or(i64::MAX) {
            return vec![self];
        }
        let middle = after + width / 2;
        vec![Self { to: Some(middle), ..self }, Self { after: Some(middle), ..self }]
    }
}

/// How a list is read: in which ranges, and by which way of paging.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) ranges: Vec<KeyRange>,
    pub(super) way: Way,
    newest: i64,
}

impl Plan {
    /// One reader from the start.
    pub(super) fn whole() -> Self {
        Self { ranges: vec![KeyRange::default()], way: Way::ForwardOnly, newest: 0 }
    }

    /// Equal ranges between the oldest and the newest key, the first open below and the last above.
    fn between(oldest: i64, newest: i64, expected: u64, way: Way) -> Self {
        let wanted = i64::try_from(expected.div_ceil(PAGE_SIZE * PAGES_A_RANGE)).unwrap_or(MOST_RANGES);
        let width = newest.saturating_sub(oldest).max(1);
        let number = wanted.clamp(1, MOST_RANGES).min(width);
        let bound = |index: i64| oldest + (i128::from(width) * i128::from(index) / i128::from(number)) as i64;
        let ranges = (0..number)
            .map(|index| KeyRange {
                after: (index > 0).then(|| bound(index)),
                to: (index + 1 < number).then(|| bound(index + 1)),
            })
            .collect();
        Self { ranges, way, newest }
    }
}

/// Finds out how a list that counts so many records is best read.
///
/// # Errors
/// [`ClientError`] when the endpoint can't be read at all.
pub(super) async fn plan(
    client: &Client,
    table: &Table,
    endpoint: &str,
    condition: Option<&str>,
    expected: u64,
    traffic: &Traffic,
) -> Result<Plan, ClientError> {
    if expected <= PAGE_SIZE * PAGES_A_RANGE {
        return Ok(Plan::whole());
    }
    let one = |request: Request| {
        let request = request.with("pageSize", 1).with("fields", table.key);
        match condition {
            Some(condition) => request.with("conditions", condition),
            None => request,
        }
    };
    let ordered = |order: &str| one(Request::new(endpoint)).with("orderBy", format!("{} {order}", table.key));
    let mut forward = one(Request::new(endpoint));
    forward.forward_only = true;
    let forward_only = match client.get(&forward, traffic, |answer| Ok(answer.next_is_forward_only)).await {
        Ok(forward_only) => forward_only,
        Err(ClientError::Refused { .. }) => false,
        Err(error) => return Err(error),
    };
    let mut ends = Vec::new();
    for order in ["asc", "desc"] {
        let key = table.key;
        match client.get(&ordered(order), traffic, |answer| first_key(&answer.body, key)).await {
            Ok(found) => ends.extend(found),
            Err(ClientError::Refused { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    let way = if forward_only { Way::ForwardOnly } else { Way::ById };
    match ends.as_slice() {
        [oldest, newest] if oldest < newest => Ok(Plan::between(*oldest, *newest, expected, way)),
        // It can't be sorted by the key: whatever way the reader finds.
        _ => Ok(Plan::whole()),
    }
}

/// The key of the first record of a page.
fn first_key(body: &[u8], key: &str) -> Result<Option<i64>, String> {
    let page: Vec<serde_json::Value> = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    Ok(page.first().and_then(|record| record[key].as_i64()))
}

/// What a list is read with.
#[derive(Clone)]
pub(super) struct Source {
    pub(super) client: Client,
    pub(super) table: &'static Table,
    pub(super) endpoint: String,
    pub(super) parent: Option<i64>,
    pub(super) condition: Option<String>,
    pub(super) schema: SchemaRef,
    pub(super) traffic: Arc<Traffic>,
    pub(super) expected: u64,
}

/// What one reader brought: rows on disk, the rest in memory.
pub(super) struct Piece {
    pub(super) staged: StagedFile,
    /// Key, time of change and sequence number of each row.
    pub(super) rows: Vec<(i64, Option<i64>, i64)>,
    pub(super) quarantined: Vec<Misfit>,
    pub(super) unknown_fields: BTreeMap<String, u64>,
    pub(super) numbers: Numbers,
    /// What is left of the range.
    rest: Option<KeyRange>,
}

/// Reads a plan's ranges, so many at a time as the client's pace has workers, and hands each piece to `take`.
///
/// # Errors
/// The first reader's; the others are stopped.
pub(super) async fn read(
    source: &Source,
    stage: &Stage,
    plan: Plan,
    next_piece: &mut i64,
    mut take: impl FnMut(Piece),
) -> Result<()> {
    let alone = plan.ranges.len() == 1;
    let mut waiting: VecDeque<KeyRange> = plan.ranges.into();
    // Dropping the set stops the readers.
    let mut readers = tokio::task::JoinSet::new();
    loop {
        while readers.len() < source.client.pace().workers
            && let Some(range) = waiting.pop_front()
        {
            let file = stage.file(source.table.table, &source.schema);
            let first = *next_piece * ROWS_A_PIECE;
            *next_piece += 1;
            readers.spawn(read_range(source.clone(), range, plan.way, alone, file, first));
        }
        let Some(joined) = readers.join_next().await else { return Ok(()) };
        let mut piece = joined.map_err(|error| Error::data(source.table.entity, error))??;
        if let Some(rest) = piece.rest.take() {
            waiting.extend(rest.halves(plan.newest));
        }
        take(piece);
    }
}

/// Reads a range to its end; one of several gives its rest back after some pages.
async fn read_range(
    source: Source,
    range: KeyRange,
    way: Way,
    alone: bool,
    file: StagedFile,
    first: i64,
) -> Result<Piece> {
    let expected = if alone { source.expected } else { 0 };
    let condition = source.condition.as_deref();
    let mut pager = Pager::new(&source.client, source.table, &source.endpoint, condition, expected).within(range, way);
    let mut piece = Piece {
        staged: file,
        rows: Vec::new(),
        quarantined: Vec::new(),
        unknown_fields: BTreeMap::new(),
        numbers: Numbers::default(),
        rest: None,
    };
    while let Some(page) = pager.next(&source.traffic).await? {
        piece.numbers.pages += 1;
        piece.numbers.rows_read += page.records;
        source.traffic.watcher.rows(page.records);
        piece.take(&source, page, first)?;
        if !alone && piece.numbers.pages == PAGES_AT_A_TIME {
            piece.rest = pager.rest();
            break;
        }
    }
    piece.staged.finish()?;
    Ok(piece)
}

impl Piece {
    fn take(&mut self, source: &Source, page: Page, first: i64) -> Result<()> {
        let table = source.table;
        let batch = match source.parent {
            None => page.decoded.batch,
            Some(id) => with_parent(table, page.decoded.batch, id).map_err(|error| Error::data(table.entity, error))?,
        };
        let from = first + i64::try_from(self.rows.len()).unwrap_or(ROWS_A_PIECE);
        let sequence: Int64Array = (from..).take(batch.num_rows()).collect();
        let keys = batch.column_by_name(table.key).and_then(|column| column.as_primitive_opt::<Int64Type>());
        let keys = keys.ok_or_else(|| Error::data(table.entity, "the decoded page has no key column"))?;
        let rows = keys.values().iter().zip(last_updated(&batch)).zip(sequence.values());
        self.rows.extend(rows.map(|((id, updated), sequence)| (*id, updated, *sequence)));
        let mut columns = batch.columns().to_vec();
        columns.push(Arc::new(sequence) as ArrayRef);
        let batch = RecordBatch::try_new(SchemaRef::clone(&source.schema), columns)
            .map_err(|error| Error::data(table.entity, error))?;
        self.staged.write(&batch)?;
        self.quarantined.extend(page.decoded.quarantined);
        for (path, count) in page.decoded.unknown_fields {
            *self.unknown_fields.entry(path).or_default() += count;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn holds(range: &KeyRange, key: i64) -> bool {
        range.after.is_none_or(|after| key > after) && range.to.is_none_or(|to| key <= to)
    }

    proptest! {
        #[test]
        fn every_key_is_in_one_range(
            oldest in 0_i64..1_000_000,
            width in 1_i64..i64::MAX / 4,
            expected in 0_u64..10_000_000,
            keys in prop::collection::vec(any::<i64>(), 1..20),
        ) {
            let plan = Plan::between(oldest, oldest + width, expected, Way::ForwardOnly);
            for key in keys.into_iter().chain([oldest, oldest + width, oldest + width / 2]) {
                prop_assert_eq!(plan.ranges.iter().filter(|range| holds(range, key)).count(), 1, "{} {:?}", key, plan);
            }
        }

        #[test]
        fn halves_cover_what_they_are_of(after in 0_i64..1_000_000, width in 0_i64..1_000_000, open: bool, key in 0_i64..3_000_000) {
            let to = (!open).then_some(after + width);
            let range = KeyRange { after: Some(after), to };
            let found = range.halves(after + width).iter().filter(|half| holds(half, key)).count();
            prop_assert_eq!(found, usize::from(holds(&range, key)));
        }
    }
}
