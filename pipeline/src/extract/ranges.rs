//! A list read in key ranges, several at a time.
//!
//! Invariants: the ranges of a list cover all keys and do not overlap; what a reader holds in memory is one page. A
//! range that turns out to be long gives its rest back in two halves, so that no worker is left alone with it.

use super::extracted::{Numbers, Origin, Winner, last_updated};
use super::known::Known;
use super::lists::List;
use super::paging::{Page, Pager, Way};
use super::plan::{Expected, Plan};
use super::resume::Kept;
use super::unserved::Unserved;
use crate::client::{Client, ClientError, MOST_ON_A_PAGE, Traffic};
use crate::error::{Error, Result};
use crate::lake::{Format, Stage, StagedFile, longs};
use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use arrow::datatypes::SchemaRef;
use connectwise_runtime::{HashKey, Misfit, Table, with_parent};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// Pages after which a range gives its rest back.
const PAGES_AT_A_TIME: u64 = 8;
/// Rows of a staged piece are numbered from its own number times this.
const ROWS_A_PIECE: i64 = 1 << 32;

/// Keys above `after` up to `to`; open where absent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct KeyRange {
    pub(super) after: Option<i64>,
    pub(super) to: Option<i64>,
}

impl KeyRange {
    /// One key.
    pub(super) fn only(key: i64) -> Self {
        Self { after: Some(key.saturating_sub(1)), to: Some(key) }
    }

    /// As conditions on the key.
    fn conditions(self, key: &str) -> Vec<String> {
        let after = self.after.map(|after| format!("{key} > {after}"));
        after.into_iter().chain(self.to.map(|to| format!("{key} <= {to}"))).collect()
    }

    /// The least key that it may hold, as a text: in the order of these texts, pieces of a list are in the order of their
    /// keys, and that is the order in which the engine reads their files.
    pub(super) fn first(self) -> String {
        format!("{:020}", self.after.unwrap_or(0).max(0))
    }

    fn is_empty(self) -> bool {
        matches!((self.after, self.to), (Some(after), Some(to)) if after >= to)
    }

    /// The keys of this range that are not in another.
    pub(super) fn minus(self, other: Self) -> Vec<Self> {
        if other.is_empty() {
            return vec![self];
        }
        let least = |one: Option<i64>, other: Option<i64>| one.into_iter().chain(other).min();
        let below = other.after.map(|after| Self { after: self.after, to: least(self.to, Some(after)) });
        let above = other.to.map(|to| Self { after: self.after.max(Some(to)), to: self.to });
        below.into_iter().chain(above).filter(|range| !range.is_empty()).collect()
    }

    /// Two halves, where the keys up to `newest` leave room for more than a page.
    fn halves(self, newest: i64) -> Vec<Self> {
        let (after, end) = (self.after.unwrap_or(0), self.to.unwrap_or(newest));
        let width = end.saturating_sub(after);
        if width <= i64::try_from(MOST_ON_A_PAGE).unwrap_or(i64::MAX) {
            return vec![self];
        }
        let middle = after + width / 2;
        vec![Self { to: Some(middle), ..self }, Self { after: Some(middle), ..self }]
    }
}

/// What is read, and with what.
#[derive(Clone)]
pub(super) struct Source {
    pub(super) client: Client,
    pub(super) table: &'static Table,
    pub(super) list: List,
    pub(super) condition: Option<String>,
    pub(super) traffic: Arc<Traffic>,
    /// Ask for the key and these properties alone.
    pub(super) only: Option<&'static [&'static str]>,
    /// The key of the hashes that are kept in the place of personal texts.
    pub(super) hash_key: Option<HashKey>,
    /// The records that need not be read again.
    pub(super) known: Arc<Known>,
    /// Records that the server does not give: it is asked for all but these.
    pub(super) left_out: Arc<BTreeSet<i64>>,
    /// The ones that turn out to be such records.
    pub(super) unserved: Arc<Unserved>,
}

impl Source {
    /// All of a list.
    pub(super) fn of(client: &Client, table: &'static Table, list: List, traffic: &Arc<Traffic>) -> Self {
        Self {
            client: client.clone(),
            table,
            list,
            condition: None,
            traffic: Arc::clone(traffic),
            only: None,
            hash_key: None,
            known: Arc::default(),
            left_out: Arc::default(),
            unserved: Arc::default(),
        }
    }

    /// The same but for what the server turned out not to give.
    pub(super) fn around_unserved(&self) -> Self {
        let left_out = self.left_out.iter().copied().chain(self.unserved.ids()).collect::<BTreeSet<i64>>();
        Self { left_out: left_out.into(), ..self.clone() }
    }

    /// The conditions for a range.
    pub(super) fn conditions(&self, range: KeyRange) -> Option<String> {
        let mut all = range.conditions(self.table.key);
        all.extend(self.left_out.iter().map(|id| format!("{} != {id}", self.table.key)));
        all.extend(self.condition.as_ref().map(|condition| format!("({condition})")));
        match all.len() {
            0 => None,
            // The one condition of a window needs no parentheses.
            1 => Some(self.condition.clone().unwrap_or_else(|| all.remove(0))),
            _ => Some(all.join(" and ")),
        }
    }

    /// The number of records, where the API has a count.
    pub(super) async fn count(&self) -> Result<Option<u64>, ClientError> {
        let conditions = self.conditions(KeyRange::default());
        self.list.count(&self.client, self.table, conditions.as_deref(), &self.traffic).await
    }
}

/// What one reader brought: rows on disk, the rest in memory.
pub(super) struct Piece {
    /// The key above which its range begins.
    pub(super) after: i64,
    pub(super) staged: StagedFile,
    /// The key of each record, and what there is of it.
    pub(super) rows: Vec<(i64, Winner)>,
    pub(super) quarantined: Vec<Misfit>,
    pub(super) unknown_fields: BTreeMap<String, u64>,
    pub(super) numbers: Numbers,
    /// Whether pages were asked for by their number, where nothing but a second reading tells that none was missed.
    pub(super) by_number: bool,
}

impl Piece {
    pub(super) fn new(range: KeyRange, staged: StagedFile) -> Self {
        Self {
            after: range.after.unwrap_or(i64::MIN),
            staged,
            rows: Vec::new(),
            quarantined: Vec::new(),
            unknown_fields: BTreeMap::new(),
            numbers: Numbers::default(),
            by_number: false,
        }
    }

    fn take(&mut self, source: &Source, schema: &SchemaRef, page: Page, first: i64) -> Result<()> {
        let table = source.table;
        let failed = |error: &dyn std::fmt::Display| Error::data(table.entity, error.to_string());
        let batch = match source.list.parent {
            None => page.decoded.batch,
            Some(id) => with_parent(table, page.decoded.batch, id).map_err(|error| failed(&error))?,
        };
        let from = first + i64::try_from(self.rows.len()).unwrap_or(ROWS_A_PIECE);
        let mut numbers = from..;
        let sequence: Int64Array = numbers.by_ref().take(batch.num_rows()).collect();
        let keys = longs(&batch, table.key);
        if keys.len() != batch.num_rows() {
            return Err(failed(&"the decoded page has no key column"));
        }
        let origin = |row: usize| page.prints.get(row).map_or(Origin::Staged, |print| Origin::Printed(*print));
        let rows = keys.into_iter().zip(last_updated(&batch)).zip(sequence.values()).enumerate();
        self.rows.extend(rows.map(|(row, ((id, last_updated), sequence))| {
            (id, Winner { last_updated, sequence: *sequence, origin: origin(row) })
        }));
        self.numbers.rows_recalled += page.recalled.len() as u64;
        let recalled = page.recalled.into_iter().zip(numbers);
        self.rows.extend(
            recalled.map(|((id, last_updated), sequence)| {
                (id, Winner { last_updated, sequence, origin: Origin::Recalled })
            }),
        );
        let mut columns = batch.columns().to_vec();
        columns.push(Arc::new(sequence) as ArrayRef);
        let batch = RecordBatch::try_new(SchemaRef::clone(schema), columns).map_err(|error| failed(&error))?;
        self.staged.write(&batch)?;
        self.quarantined.extend(page.decoded.quarantined);
        for (path, count) in page.decoded.unknown_fields {
            *self.unknown_fields.entry(path).or_default() += count;
        }
        Ok(())
    }
}

/// Where readers put their rows: files of the run, or files that a later run can go on from.
pub(super) struct Sink<'a> {
    pub(super) stage: &'a Stage,
    pub(super) schema: &'a SchemaRef,
    pub(super) kept: Option<&'a Kept>,
    /// The next piece's number.
    pub(super) next: &'a mut i64,
}

impl Sink<'_> {
    /// A file, and the number of its first row.
    fn file(&mut self, table: &Table, range: KeyRange) -> (StagedFile, i64) {
        let number = *self.next;
        *self.next += 1;
        let file = match self.kept {
            Some(kept) => self.stage.kept_file(kept.path(range, number), Format::Arrow, self.schema),
            None => self.stage.file(&format!("{}-{}", table.table, range.first()), Format::Arrow, self.schema),
        };
        (file, number * ROWS_A_PIECE)
    }

    /// A page as a piece of its own.
    ///
    /// # Errors
    /// [`Error::Io`] when the disk refuses.
    pub(super) fn page(&mut self, source: &Source, range: KeyRange, page: Page) -> Result<Piece> {
        let (file, first) = self.file(source.table, range);
        let mut piece = Piece::new(range, file);
        piece.numbers = Numbers { pages: 1, rows_read: page.records, ..Numbers::default() };
        piece.take(source, self.schema, page, first)?;
        piece.staged.finish()?;
        Ok(piece)
    }
}

/// Reads a plan's ranges, so many at a time as the client's pace has workers, and hands each piece to `take`.
///
/// # Errors
/// The first reader's, or what `take` gives; the others are stopped.
pub(super) async fn read(
    source: &Source,
    plan: Plan,
    mut sink: Sink<'_>,
    mut take: impl FnMut(Piece) -> Result<()>,
) -> Result<()> {
    let (way, newest, expected) = (plan.way, plan.newest, plan.expected);
    let kept = sink.kept;
    let schema = SchemaRef::clone(sink.schema);
    let start = |range: KeyRange| {
        let (file, first) = sink.file(source.table, range);
        read_range(source.clone(), range, way, expected, file, first, SchemaRef::clone(&schema))
    };
    let done = |read: Read| {
        if let (Some(kept), Some(covered)) = (kept, read.covered) {
            kept.note(&read.piece, covered)?;
        }
        take(read.piece)?;
        Ok(read.rest.map(|rest| rest.halves(newest)).unwrap_or_default())
    };
    side_by_side(source.client.pace().workers, plan.ranges.into(), source.table.entity, start, done).await
}

/// Starts a reader for each range, so many at a time, and asks `done` what is left of it.
///
/// # Errors
/// The first reader's, or what `done` gives; the others are stopped.
pub(super) async fn side_by_side<T: Send + 'static, F: Future<Output = Result<T>> + Send + 'static>(
    workers: usize,
    mut waiting: VecDeque<KeyRange>,
    entity: &str,
    mut start: impl FnMut(KeyRange) -> F,
    mut done: impl FnMut(T) -> Result<Vec<KeyRange>>,
) -> Result<()> {
    // Dropping the set stops the readers.
    let mut readers = tokio::task::JoinSet::new();
    loop {
        while readers.len() < workers
            && let Some(range) = waiting.pop_front()
        {
            readers.spawn(start(range));
        }
        let Some(joined) = readers.join_next().await else { return Ok(()) };
        let read = joined.map_err(|error| Error::data(entity, error))??;
        waiting.extend(done(read)?);
    }
}

/// A range, or the start of one.
struct Read {
    piece: Piece,
    /// The keys of which all were read; `None` where that can't be said.
    covered: Option<KeyRange>,
    /// What is left of the range.
    rest: Option<KeyRange>,
}

/// Reads a range to its end; one of several gives its rest back after some pages.
async fn read_range(
    source: Source,
    range: KeyRange,
    way: Way,
    expected: Expected,
    file: StagedFile,
    first: i64,
    schema: SchemaRef,
) -> Result<Read> {
    let mut pager = Pager::new(&source, range, way).expecting(expected);
    let mut piece = Piece::new(range, file);
    let mut rest = None;
    while let Some(page) = pager.next(&source.traffic).await? {
        piece.numbers.rows_read += page.records;
        source.traffic.observer.received(page.records);
        piece.take(&source, &schema, page, first)?;
        if expected == Expected::Part && pager.pages() >= PAGES_AT_A_TIME && pager.way() != Way::ByNumber {
            rest = pager.rest();
            break;
        }
    }
    piece.numbers.pages = pager.pages();
    piece.staged.finish()?;
    piece.by_number = pager.way() == Way::ByNumber;
    // Up to the last key that came: what comes above it later was not read.
    let to = if rest.is_none() && range.to.is_some() { range.to } else { pager.last_id() };
    let covered = to.filter(|_| !piece.by_number).map(|to| KeyRange { after: range.after, to: Some(to) });
    Ok(Read { piece, covered, rest })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(in super::super) fn holds(range: &KeyRange, key: i64) -> bool {
        range.after.is_none_or(|after| key > after) && range.to.is_none_or(|to| key <= to)
    }

    proptest! {
        #[test]
        fn halves_cover_what_they_are_of(after in 0_i64..1_000_000, width in 0_i64..1_000_000, open: bool, key in 0_i64..3_000_000) {
            let to = (!open).then_some(after + width);
            let range = KeyRange { after: Some(after), to };
            let found = range.halves(after + width).iter().filter(|half| holds(half, key)).count();
            prop_assert_eq!(found, usize::from(holds(&range, key)));
        }

        #[test]
        fn a_difference_holds_what_the_other_lacks(
            one in (prop::option::of(-20_i64..20), prop::option::of(-20_i64..20)),
            other in (prop::option::of(-20_i64..20), prop::option::of(-20_i64..20)),
            key in -25_i64..25,
        ) {
            let range = |(after, to)| KeyRange { after, to };
            let (one, other) = (range(one), range(other));
            let found = one.minus(other).iter().filter(|range| holds(range, key)).count();
            prop_assert_eq!(found, usize::from(holds(&one, key) && !holds(&other, key)));
        }
    }
}
