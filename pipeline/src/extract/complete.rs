//! Completeness proof: compares the fetched records with the ids of their list, and repairs differences.
//!
//! Invariant: after [`prove_complete`], the fetched records must be exactly those of an id list that matches the API's
//! own count: deleted ones were removed, missed ones fetched. Unserved records are neither.

use super::chunk::FetchedChunk;
use super::extracted::Extracted;
use super::ids;
use super::list_reader::ListReader;
use super::plan::Plan;
use super::ranges::{self, Sink};
use super::tolerance::check_share;
use crate::client::pages::{Expected, PagingMode};
use crate::client::{KeyRange, Selection};
use crate::conditions::{Condition, Field};
use crate::error::{Error, Result};
use crate::lake::Stage;
use arrow::datatypes::SchemaRef;
use std::collections::HashSet;

/// The most comparisons of ids before a list counts as one that never matches.
const ROUNDS: usize = 3;
/// The most characters of a list of ids in a condition.
const MAX_IDS: usize = 1200;

/// The share of rejected records that is accepted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tolerance {
    pub(super) percent: f64,
    /// Records that are expected, where the list has a count.
    pub(super) of: Option<u64>,
}

/// Rejected records that a list without a count may hold before their share of the records so far is checked. The
/// oldest records come first, and may be the oddest.
const HELD_UNCOUNTED: usize = 10_000;

impl Tolerance {
    /// Fails where more records than accepted were rejected, which bounds what is held of them in memory.
    ///
    /// # Errors
    /// [`Error::Data`] with what to do.
    pub(super) fn check(self, fetched: &Extracted) -> Result<()> {
        let read = fetched.numbers.rows_read;
        match self.of {
            None if fetched.quarantined.len() < HELD_UNCOUNTED => Ok(()),
            of => check_share(fetched, self.percent, of.unwrap_or(0).max(read)),
        }
    }
}

/// Makes the fetched records of a list match its ids.
///
/// # Errors
/// [`Error::Incomplete`] when they never match, [`Error::Client`] when the API can't be read.
pub(super) async fn prove_complete(
    source: &ListReader,
    stage: &Stage,
    schema: &SchemaRef,
    next: &mut i64,
    tolerance: Tolerance,
    fetched: &mut Extracted,
) -> Result<()> {
    let entity = source.table.entity;
    for _ in 0..ROUNDS {
        let mut there = ids::ids_of(&source.around_unserved()).await?;
        there.ids.extend(source.unserved.ids());
        let rejected = fetched.quarantined_ids();
        let at_hand = fetched.ids.ids().chain(rejected.iter().copied());
        let gone: HashSet<i64> = at_hand.filter(|id| !there.ids.contains(id)).collect();
        let missed = |fetched: &Extracted| {
            let rejected = fetched.quarantined_ids();
            let ids = there.ids.iter().filter(|id| !fetched.ids.contains(**id) && !rejected.contains(id));
            ids.copied().collect::<Vec<i64>>()
        };
        fetched.leave_out(&gone);
        let missing = missed(fetched);
        tracing::debug!(entity, gone = gone.len(), missing = missing.len(), "the list moved while it was read");
        fetch(source, stage, schema, next, &missing, |chunk| {
            fetched.absorb_late(chunk);
            tolerance.check(fetched)
        })
        .await?;
        if missed(fetched).is_empty() && fetched.without_id() >= there.nameless {
            return Ok(());
        }
    }
    Err(Error::Incomplete {
        entity: entity.to_owned(),
        fetched: fetched.distinct(),
        counted: "others each time it is asked".to_owned(),
    })
}

/// Fetches the records of a list with these ids, whatever the window.
///
/// # Errors
/// [`Error::Client`] when the API can't be read; the error of `take` for a chunk.
pub(super) async fn fetch(
    source: &ListReader,
    stage: &Stage,
    schema: &SchemaRef,
    next: &mut i64,
    ids: &[i64],
    mut take: impl FnMut(FetchedChunk) -> Result<()>,
) -> Result<()> {
    for (condition, number) in batches(&source.selection.key, ids) {
        let selection = Selection { condition: Some(condition), ..source.selection.clone() };
        let source = ListReader { selection, ..source.clone() };
        let ranges = vec![KeyRange::default()];
        let plan = Plan { ranges, mode: PagingMode::ForwardOnly, newest: 0, expected: Expected::Count(number) };
        ranges::read(&source, plan, Sink { stage, schema, kept: None, next: &mut *next }, &mut take).await?;
    }
    Ok(())
}

/// Splits ids into conditions that are each short enough for a URL, with the number of ids in each.
fn batches(key: &Field, ids: &[i64]) -> Vec<(Condition, u64)> {
    let mut batches: Vec<Vec<i64>> = Vec::new();
    let mut length = 0;
    for id in ids {
        match batches.last_mut() {
            Some(batch) if length < MAX_IDS => batch.push(*id),
            _ => {
                batches.push(vec![*id]);
                length = 0;
            }
        }
        // With a comma and a blank between two of them.
        length += id.to_string().len() + 2;
    }
    batches.into_iter().map(|batch| (key.clone().one_of(batch.iter().copied()), batch.len() as u64)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conditions::field;

    #[test]
    fn ids_are_asked_for_in_addresses_of_a_bounded_length() {
        let ids: Vec<i64> = (100_000..101_000).collect();
        let conditions = batches(&field("id").unwrap(), &ids);
        assert!(conditions.iter().all(|(condition, _)| condition.to_string().len() < MAX_IDS + 20), "{conditions:?}");
        let listed = conditions.iter().flat_map(|(condition, number)| {
            let condition = condition.to_string();
            let inner = condition.strip_prefix("id in (").and_then(|rest| rest.strip_suffix(')')).unwrap();
            let ids: Vec<i64> = inner.split(", ").map(|id| id.parse().unwrap()).collect();
            assert_eq!(ids.len() as u64, *number);
            ids
        });
        assert_eq!(listed.collect::<Vec<_>>(), ids);
        assert!(batches(&field("id").unwrap(), &[]).is_empty());
    }
}
