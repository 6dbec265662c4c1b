//! Unserved records: the server fails to return them, and every response that would hold one is an error.
//!
//! One is found by halving pages, named by its key, and quarantined with the server's message; all others are read. The
//! next run requests it by its key, once, and excludes it from other requests where it still fails.
//!
//! Invariant: a record must never be quarantined unless the server returned others meanwhile, so a server that fails
//! altogether loses nothing; the source has the record, so it must never be taken for deleted.

use super::extracted::Extracted;
use crate::client;
use connectwise_runtime::RejectedRecord;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The start of an unserved record's reason in quarantine, where it has no JSON.
const REASON: &str = "the server does not give this record";
/// The most unserved records of a list that are quarantined in one run and excluded from requests. Where there are
/// more, the server is in trouble rather than its records.
pub(super) const MOST: usize = 25;

/// The unserved records that were found while a list was read, with the server's messages.
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

    /// Adds the unserved records of an interrupted run.
    pub(super) fn recall(&self, rejected: &[RejectedRecord]) {
        self.found()
            .extend(rejected.iter().filter_map(|rejected| Some((unserved_id(rejected)?, rejected.reason.clone()))));
    }

    /// Keeps only those that were not returned to a second request, here and among the rejected records.
    pub(super) fn give_up_on(&self, still: &[RejectedRecord], fetched: &mut Extracted) {
        let before = self.ids();
        self.found().retain(|id, _| still.iter().any(|rejected| unserved_id(rejected) == Some(*id)));
        let passed = |rejected: &RejectedRecord| unserved_id(rejected).is_some_and(|id| before.contains(&id));
        fetched.quarantined.retain(|rejected| !passed(rejected));
        fetched.quarantined.extend(still.iter().cloned());
    }

    /// Quarantines a record.
    ///
    /// # Errors
    /// [`client::Error::Data`] where there are too many.
    pub(super) fn add(&self, entity: &str, id: i64, said: &str) -> client::Result<RejectedRecord> {
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
        Ok(rejected(id, said))
    }
}

pub(super) fn rejected(id: i64, said: &str) -> RejectedRecord {
    let (path, raw_json) = (String::new(), String::new());
    RejectedRecord { record_id: Some(id.to_string()), path, reason: format!("{REASON}: {said}"), raw_json }
}

/// The key of an unserved record; `None` for any other rejected record.
pub(crate) fn unserved_id(rejected: &RejectedRecord) -> Option<i64> {
    let is_one = rejected.raw_json.is_empty() && rejected.reason.starts_with(REASON);
    rejected.record_id.as_deref().filter(|_| is_one)?.parse().ok()
}
