//! List reader: one list of an entity, with the client and the selection to read it.

use super::fingerprint::FingerprintCache;
use super::lists::List;
use super::recent_fingerprints::Recency;
use super::unserved::Unserved;
use crate::client::{self, Client, ClientError, KeyRange, RequestStats, Selection};
use crate::conditions::{Condition, field};
use crate::error::Result;
use crate::lake::Format;
use connectwise_runtime::{HashKey, Table};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A list to read, with the client, the selection and the caches of the reading.
#[derive(Clone)]
pub(super) struct ListReader {
    pub(super) client: Client,
    pub(super) table: &'static Table,
    pub(super) list: List,
    /// The records to read: those of the window, without those that the server does not return.
    pub(super) selection: Selection,
    pub(super) stats: Arc<RequestStats>,
    /// Restricts requests to the key and these properties.
    pub(super) only: Option<&'static [&'static str]>,
    /// The key of the hashes that replace personal texts.
    pub(super) hash_key: Option<HashKey>,
    /// The fingerprints of records that need not be decoded again.
    pub(super) known: Arc<FingerprintCache>,
    /// How recent the records are whose fingerprints are kept; `None` where none are.
    pub(super) recency: Option<Recency>,
    /// The form in which its rows are staged.
    pub(super) format: Format,
    /// The unserved records that are found while reading.
    pub(super) unserved: Arc<Unserved>,
}

impl ListReader {
    /// A reader of all records of a list.
    ///
    /// # Errors
    /// [`crate::Error::Usage`] where the key's name is invalid.
    pub(super) fn of(client: &Client, table: &'static Table, list: List, stats: &Arc<RequestStats>) -> Result<Self> {
        Ok(Self {
            client: client.clone(),
            table,
            list,
            selection: Selection::all(field(table.key).map_err(client::Error::from)?),
            stats: Arc::clone(stats),
            only: None,
            hash_key: None,
            known: Arc::default(),
            recency: None,
            format: Format::Arrow,
            unserved: Arc::default(),
        })
    }

    /// Returns the reader without the unserved records that were found.
    pub(super) fn around_unserved(&self) -> Self {
        let left_out = self.selection.left_out.iter().copied().chain(self.unserved.ids()).collect::<BTreeSet<i64>>();
        Self { selection: Selection { left_out: left_out.into(), ..self.selection.clone() }, ..self.clone() }
    }

    /// Returns the reader with a further condition.
    pub(super) fn which(&self, condition: Condition) -> Self {
        let condition = match &self.selection.condition {
            Some(window) => window.clone().and(condition),
            None => condition,
        };
        Self { selection: Selection { condition: Some(condition), ..self.selection.clone() }, ..self.clone() }
    }

    /// The conditions for a range.
    pub(super) fn conditions(&self, range: KeyRange) -> Option<Condition> {
        self.selection.conditions(range)
    }

    /// The number of records, where the API has a count.
    pub(super) async fn count(&self) -> Result<Option<u64>, ClientError> {
        let conditions = self.conditions(KeyRange::default());
        self.list.count(&self.client, self.table, conditions.as_ref(), &self.stats).await
    }
}
