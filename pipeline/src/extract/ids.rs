//! Id lists: reads all ids of a list, and a few plain properties that may change without a new time of change.
//!
//! Invariant: the set must match the API's counts before and after, or the function fails. Where keys are read in their
//! order, no record that exists all the time can be missed, so with a count that moves meanwhile the set may differ by
//! as much as it moved; numbered pages must match exactly. A record of which only the key can be decoded is in the set,
//! too: the source has it.

use super::ask_again::still_unserved;
use super::flags::{FlagHash, flag_hashes};
use super::list_reader::ListReader;
use super::lists::lists;
use super::pages::Page;
use super::plan;
use super::ranges::side_by_side;
use super::rows::id_of;
use super::short_list::{Access, FirstLook, look};
use crate::client::pages::PagingMode;
use crate::client::{Client, KeyRange, RequestStats, Selection};
use crate::error::{Error, Result};
use crate::lake::longs;
use connectwise_runtime::Table;
use futures::StreamExt as _;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// The most readings of a list whose count does not match.
const ATTEMPTS: usize = 3;

/// The ids that the source has of an entity.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    /// The ids of its records.
    pub ids: BTreeSet<i64>,
    /// The hash of the properties that were read beside each id, where there are any.
    pub(crate) flags: HashMap<i64, FlagHash>,
}

impl Listed {
    fn take(&mut self, mut found: Ids) {
        self.ids.append(&mut found.ids);
        self.flags.extend(found.flags);
    }
}

/// The ids of one list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Ids {
    pub(super) ids: BTreeSet<i64>,
    flags: HashMap<i64, FlagHash>,
    /// The number of records whose key can't be read. A key that fits no table is an id all the same.
    pub(super) nameless: u64,
    by_number: bool,
}

impl Ids {
    fn len(&self) -> u64 {
        self.ids.len() as u64 + self.nameless
    }

    /// Adds the records of a page.
    fn take(&mut self, source: &ListReader, page: &Page) -> Result<()> {
        let ids = longs(&page.decoded.batch, source.table.key);
        let beside = source.only.unwrap_or_default();
        if !beside.is_empty() {
            self.flags.extend(ids.iter().copied().zip(flag_hashes(&page.decoded.batch, beside)?));
        }
        self.ids.extend(ids);
        for rejected in &page.decoded.quarantined {
            match id_of(rejected) {
                Some(id) => drop(self.ids.insert(id)),
                None => self.nameless += 1,
            }
        }
        Ok(())
    }

    /// Whether the set matches the counts before and after.
    fn adds_up(&self, before: u64, after: u64) -> bool {
        let found = self.len();
        let moved = before != after && !self.by_number;
        (found == before && before == after) || (moved && (before.min(after)..=before.max(after)).contains(&found))
    }
}

/// Reads the ids of an entity and the properties to compare; with a parent, list by list below each parent. Unserved
/// records of earlier runs are requested first, so that they need not be searched for anew.
///
/// # Errors
/// [`Error::Client`] when the API can't be read, [`Error::Incomplete`] when less (or more) came than the API counts.
pub async fn read_ids(
    client: &Client,
    table: &'static Table,
    parents: &[i64],
    unserved: &[i64],
    stats: &Arc<RequestStats>,
) -> Result<Listed> {
    let mut all = Listed::default();
    let readers = lists(table, parents)
        .into_iter()
        .map(|list| Ok(ListReader { only: Some(table.reconcile), ..ListReader::of(client, table, list, stats)? }));
    let mut looks = futures::stream::iter(readers).map(look).buffered(client.rate_limit().workers);
    let mut access = Access::default();
    while let Some(looked) = looks.next().await {
        let Some((source, first)) = access.judge(table, looked)? else { continue };
        match first {
            FirstLook::Gone => continue,
            FirstLook::Whole(page) => {
                let mut found = Ids::default();
                page.map_or(Ok(()), |page| found.take(&source, &page))?;
                all.take(found);
                continue;
            }
            FirstLook::Longer => {}
        }
        // With parents, the list of an unserved record is not known.
        let still = match table.parent {
            None => still_unserved(&source, unserved).await?,
            Some(_) => BTreeSet::new(),
        };
        let left_out = Arc::new(still);
        let selection = Selection { left_out: Arc::clone(&left_out), ..source.selection.clone() };
        all.take(proven(&ListReader { selection, ..source }).await?);
        all.ids.extend(left_out.iter());
    }
    drop(looks);
    access.of_any()?;
    Ok(all)
}

/// Reads the ids of a list, proven against its count.
///
/// # Errors
/// As [`read_ids`].
pub(super) async fn ids_of(source: &ListReader) -> Result<Ids> {
    proven(&ListReader { only: Some(&[]), ..source.clone() }).await
}

/// As [`ids_of`], with the properties beside the key.
async fn proven(source: &ListReader) -> Result<Ids> {
    let mut last: Option<Ids> = None;
    let mut counted = String::new();
    for _ in 0..ATTEMPTS {
        let before = source.count().await?;
        let found = read_once(source, before).await?;
        match (before, source.count().await?) {
            (Some(before), Some(after)) if found.adds_up(before, after) => return Ok(found),
            (Some(before), Some(after)) if before == after => counted = before.to_string(),
            (Some(before), Some(after)) => counted = format!("{before} and then {after}"),
            // No count: keys in their order leave nothing out, numbered pages must be the same twice.
            _ if !found.by_number || last.as_ref() == Some(&found) => return Ok(found),
            _ => "not always the same".clone_into(&mut counted),
        }
        tracing::debug!(entity = source.table.entity, found = found.len(), counted, "reading the ids again");
        last = Some(found);
    }
    let fetched = last.map_or(0, |ids| ids.len());
    Err(Error::Incomplete { entity: source.table.entity.to_owned(), fetched, counted })
}

async fn read_once(source: &ListReader, expected: Option<u64>) -> Result<Ids> {
    let plan = plan::plan(source, expected).await?;
    let (mode, expected) = (plan.mode, plan.expected);
    let mut all = Ids::default();
    let start = |range: KeyRange| {
        let source = source.clone();
        async move {
            let mut pages = source.pages(range, mode, expected);
            let mut found = Ids::default();
            while let Some(page) = pages.next().await? {
                found.take(&source, &page)?;
            }
            found.by_number = pages.mode() == PagingMode::PageNumber;
            Ok(found)
        }
    };
    let done = |mut found: Ids| {
        all.ids.append(&mut found.ids);
        all.flags.extend(found.flags);
        all.nameless += found.nameless;
        all.by_number |= found.by_number;
        Ok(Vec::new())
    };
    side_by_side(source.client.rate_limit().workers, plan.ranges.into(), source.table.entity, start, done).await?;
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_adds_up_with_the_counts_around_it() {
        let ids = |number: i64, by_number| Ids { ids: (0..number).collect(), nameless: 1, by_number, ..Ids::default() };
        assert!(ids(9, false).adds_up(10, 10) && ids(9, true).adds_up(10, 10));
        // Two were deleted while the keys were read in order: any number between is right.
        assert!(ids(10, false).adds_up(12, 10) && ids(9, false).adds_up(9, 11));
        assert!(!ids(8, false).adds_up(12, 10) && !ids(12, false).adds_up(12, 10));
        // A page by number may have lost a record to the shift of a deletion.
        assert!(!ids(10, true).adds_up(12, 11));
        assert!(!ids(9, false).adds_up(11, 11));
    }
}
