//! Records that the server fails to give: every answer that would hold one is an error.
//!
//! One is found by halves of pages, named by its key, and put aside with what the server says; all others are read.
//! The next run asks for it by its key, once, and around it where it still fails. Invariants: a record is put aside
//! only where the server gave others meanwhile, so one that is in trouble altogether loses nothing; the source has the
//! record, so it is never taken for gone.

use super::Order;
use super::extracted::{Extracted, staged_schema};
use super::lists::lists;
use super::pages::Page;
use super::ranges::{Piece, Sink, Source};
use crate::client::pages::{Expected, PagingMode};
use crate::client::{self, Client, KeyRange, Selection, Traffic};
use crate::error::Result;
use crate::lake::Stage;
use connectwise_runtime::{HashKey, Misfit, Table, bronze_schema};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How the reason of such a record begins in quarantine, where it stands without its text.
const REASON: &str = "the server does not give this record";
/// The most records of a list that are put aside in one reading, and that are asked around: where it fails at more, it
/// is rather the server that is in trouble.
const MOST: usize = 25;

/// The records that the server failed to give while a list was read, and what it said.
#[derive(Debug, Default)]
pub(super) struct Unserved(Mutex<BTreeMap<i64, String>>);

impl Unserved {
    fn found(&self) -> MutexGuard<'_, BTreeMap<i64, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Their keys.
    pub(super) fn ids(&self) -> BTreeSet<i64> {
        self.found().keys().copied().collect()
    }

    /// Takes over what an earlier run put aside.
    pub(super) fn recall(&self, misfits: &[Misfit]) {
        self.found().extend(misfits.iter().filter_map(|misfit| Some((unserved_id(misfit)?, misfit.reason.clone()))));
    }

    /// Leaves of them those that the server does not give when it is asked again, here and among the misfits.
    pub(super) fn give_up_on(&self, still: &[Misfit], fetched: &mut Extracted) {
        let before = self.ids();
        self.found().retain(|id, _| still.iter().any(|misfit| unserved_id(misfit) == Some(*id)));
        let passed = |misfit: &Misfit| unserved_id(misfit).is_some_and(|id| before.contains(&id));
        fetched.quarantined.retain(|misfit| !passed(misfit));
        fetched.quarantined.extend(still.iter().cloned());
    }

    /// Puts a record aside.
    ///
    /// # Errors
    /// [`client::Error::Data`] where there are too many.
    pub(super) fn add(&self, entity: &str, id: i64, said: &str) -> client::Result<Misfit> {
        let mut found = self.found();
        found.insert(id, said.to_owned());
        if found.len() > MOST {
            let reason = format!(
                "the server fails at {} records and more, the last one {id}: {said}. Rather the server is in trouble than \
                 so many records; the table stays as it was. Run again when it is well",
                found.len()
            );
            return Err(client::Error::data(entity, reason));
        }
        tracing::warn!(entity, id, said, "the server does not give a record: it is put aside");
        Ok(misfit(id, said))
    }
}

fn misfit(id: i64, said: &str) -> Misfit {
    let (path, raw_json) = (String::new(), String::new());
    Misfit { record_id: Some(id.to_string()), path, reason: format!("{REASON}: {said}"), raw_json }
}

/// The key of a record that was put aside because the server did not give it.
pub(crate) fn unserved_id(misfit: &Misfit) -> Option<i64> {
    let is_one = misfit.raw_json.is_empty() && misfit.reason.starts_with(REASON);
    misfit.record_id.as_deref().filter(|_| is_one)?.parse().ok()
}

/// What the server makes of a record that it did not give before.
enum Asked {
    Given(Box<Page>),
    /// There is none any more.
    Gone,
    /// What it says.
    Refused(String),
}

/// Asks for a record by its key, once.
async fn ask(source: &Source, id: i64) -> Result<Asked> {
    let selection = Selection::all(source.selection.key.clone());
    let source = Source { selection, ..source.clone() };
    let read = source.page_of_one(id).next().await;
    Ok(match read {
        Ok(Some(page)) => Asked::Given(Box::new(page)),
        Ok(None) => Asked::Gone,
        Err(client::Error::Request(error)) if error.is_page_too_big() => Asked::Refused(error.said()),
        Err(error) => return Err(error.into()),
    })
}

/// What came of records that the server did not give before.
#[derive(Default)]
pub(super) struct Again {
    pub(super) given: Vec<Piece>,
    /// The ones that it still does not give.
    pub(super) still: Vec<Misfit>,
}

impl Again {
    /// The keys of the ones that are asked around.
    pub(super) fn left_out(&self) -> BTreeSet<i64> {
        self.still.iter().rev().take(MOST).filter_map(unserved_id).collect()
    }
}

/// Asks once more for records that the server did not give before.
///
/// # Errors
/// [`Error::Client`] where it can't be asked, [`Error::Io`] where the disk refuses.
pub(super) async fn ask_again(
    source: &Source,
    sink: &mut Sink<'_>,
    ids: impl IntoIterator<Item = i64>,
) -> Result<Again> {
    let mut again = Again::default();
    for id in ids {
        match ask(source, id).await? {
            Asked::Given(page) => again.given.push(sink.page(source, KeyRange::only(id), *page)?),
            Asked::Gone => {}
            Asked::Refused(said) => again.still.push(misfit(id, &said)),
        }
    }
    Ok(again)
}

/// The ones of these records that the server has and does not give.
///
/// # Errors
/// As [`ask_again`].
pub(super) async fn still_unserved(source: &Source, ids: &[i64]) -> Result<BTreeSet<i64>> {
    let mut still = BTreeSet::new();
    for id in ids {
        if matches!(ask(source, *id).await?, Asked::Refused(_)) {
            still.insert(*id);
        }
    }
    Ok(still)
}

/// Asks once more for what the server did not give earlier, of an entity whose list lies below no other's.
pub(super) async fn ask_once(
    client: &Client,
    stage: &Stage,
    order: &Order<'_>,
    traffic: &Arc<Traffic>,
    next: &mut i64,
) -> Result<Again> {
    let (table, mut again) = (order.table, Again::default());
    let schema = staged_schema(&bronze_schema(table));
    for list in lists(table, &[]) {
        let source = Source { hash_key: stage.hash_key().cloned(), ..Source::of(client, table, list, traffic)? };
        let mut sink = Sink { stage, schema: &schema, kept: None, next: &mut *next };
        again = ask_again(&source, &mut sink, order.unserved.iter().copied()).await?;
    }
    Ok(again)
}

/// Reads the first page of an entity's list as a run does, and gives the records before and on it that the server does
/// not give.
///
/// # Errors
/// As [`extract`].
pub(crate) async fn first_page(client: &Client, table: &'static Table, traffic: &Arc<Traffic>) -> Result<Vec<Misfit>> {
    let mut unserved = Vec::new();
    for list in lists(table, &[]) {
        // Nothing of it is kept, so any key is good for its hashes.
        let source = Source { hash_key: Some(HashKey::new(b"")), ..Source::of(client, table, list, traffic)? };
        let mut pages = source.pages(KeyRange::default(), PagingMode::ForwardOnly, Expected::Part);
        // Where the server fails at a record, smaller pages come in the place of the first.
        let mut read = 0;
        while read < client.page_limit()
            && let Some(page) = pages.next().await?
        {
            read += page.records;
            unserved.extend(page.decoded.quarantined.into_iter().filter(|misfit| unserved_id(misfit).is_some()));
        }
    }
    Ok(unserved)
}
