//! Second requests: asks again for unserved records, one by one.

use super::chunk::FetchedChunk;
use super::list_reader::ListReader;
use super::lists::lists;
use super::pages::Page;
use super::ranges::Sink;
use super::request::ExtractRequest;
use super::rows::staged_schema;
use super::unserved::{MOST, rejected, unserved_id};
use crate::client::pages::{Expected, PagingMode};
use crate::client::{self, Client, KeyRange, RequestStats, Selection};
use crate::error::Result;
use crate::lake::Stage;
use connectwise_runtime::{HashKey, RejectedRecord, Table, bronze_schema};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The outcome of requesting an unserved record again.
enum Asked {
    Given(Box<Page>),
    /// The record is gone.
    Gone,
    /// The server's message.
    Refused(String),
}

/// Requests a record by its key, once.
async fn ask(source: &ListReader, id: i64) -> Result<Asked> {
    let selection = Selection::all(source.selection.key.clone());
    let source = ListReader { selection, ..source.clone() };
    let read = source.page_of_one(id).next().await;
    Ok(match read {
        Ok(Some(page)) => Asked::Given(Box::new(page)),
        Ok(None) => Asked::Gone,
        Err(client::Error::Request(error)) if error.is_page_too_big() => Asked::Refused(error.said()),
        Err(error) => return Err(error.into()),
    })
}

/// The outcomes of requesting unserved records again.
#[derive(Default)]
pub(super) struct Again {
    pub(super) given: Vec<FetchedChunk>,
    /// The records that are still unserved.
    pub(super) still: Vec<RejectedRecord>,
}

impl Again {
    /// The keys of the unserved records that further requests exclude.
    pub(super) fn left_out(&self) -> BTreeSet<i64> {
        self.still.iter().rev().take(MOST).filter_map(unserved_id).collect()
    }
}

/// Requests unserved records once more.
///
/// # Errors
/// [`Error::Client`] where the API can't be read, [`Error::Io`] where the disk refuses.
pub(super) async fn ask_again(
    source: &ListReader,
    sink: &mut Sink<'_>,
    ids: impl IntoIterator<Item = i64>,
) -> Result<Again> {
    let mut again = Again::default();
    for id in ids {
        match ask(source, id).await? {
            Asked::Given(page) => again.given.push(sink.page(source, KeyRange::only(id), *page)?),
            Asked::Gone => {}
            Asked::Refused(said) => again.still.push(rejected(id, &said)),
        }
    }
    Ok(again)
}

/// Returns those of these ids that the server has but still does not return.
///
/// # Errors
/// As [`ask_again`].
pub(super) async fn still_unserved(source: &ListReader, ids: &[i64]) -> Result<BTreeSet<i64>> {
    let mut still = BTreeSet::new();
    for id in ids {
        if matches!(ask(source, *id).await?, Asked::Refused(_)) {
            still.insert(*id);
        }
    }
    Ok(still)
}

/// The number of the first chunk that is requested before the lists are read. It is below those of an interrupted run,
/// whose chunks are numbered from 0: rows with the same sequence number would count as one.
const FIRST_ASKED: i64 = -(1 << 20);

/// Requests the unserved records of earlier runs once more, of an entity without a parent.
pub(super) async fn ask_once(
    client: &Client,
    stage: &Stage,
    order: &ExtractRequest<'_>,
    stats: &Arc<RequestStats>,
) -> Result<Again> {
    let (table, mut again, mut next) = (order.table, Again::default(), FIRST_ASKED);
    let schema = staged_schema(&bronze_schema(table));
    for list in lists(table, &[]) {
        let source = ListReader { hash_key: stage.hash_key().cloned(), ..ListReader::of(client, table, list, stats)? };
        let mut sink = Sink { stage, schema: &schema, kept: None, next: &mut next };
        again = ask_again(&source, &mut sink, order.unserved.iter().copied()).await?;
    }
    Ok(again)
}

/// Reads the first page of an entity's list as a run does, and returns the unserved records before and on it.
///
/// # Errors
/// As [`extract`].
pub(crate) async fn first_page(
    client: &Client,
    table: &'static Table,
    stats: &Arc<RequestStats>,
) -> Result<Vec<RejectedRecord>> {
    let mut unserved = Vec::new();
    for list in lists(table, &[]) {
        // Nothing of it is stored, so any key will do for its hashes.
        let source = ListReader { hash_key: Some(HashKey::new(b"")), ..ListReader::of(client, table, list, stats)? };
        let mut pages = source.pages(KeyRange::default(), PagingMode::ForwardOnly, Expected::Part);
        // Where the server fails at a record, smaller pages replace the first.
        let mut read = 0;
        while read < client.page_limit()
            && let Some(page) = pages.next().await?
        {
            read += page.records;
            unserved.extend(page.decoded.quarantined.into_iter().filter(|rejected| unserved_id(rejected).is_some()));
        }
    }
    Ok(unserved)
}
