//! Records that the server fails to give: every answer that would hold one is an error.
//!
//! One is found by halves of pages, named by its key, and put aside with what the server says; all others are read.
//! The next run asks for it by its key, once, and around it where it still fails. Invariants: a record is put aside
//! only where the server gave others meanwhile, so one that is in trouble altogether loses nothing; the source has the
//! record, so it is never taken for gone.

use super::extracted::Extracted;
use crate::client;
use connectwise_runtime::RejectedRecord;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How the reason of such a record begins in quarantine, where it stands without its text.
const REASON: &str = "the server does not give this record";
/// The most records of a list that are put aside in one reading, and that are asked around: where it fails at more, it
/// is rather the server that is in trouble.
pub(super) const MOST: usize = 25;

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
    pub(super) fn recall(&self, rejected: &[RejectedRecord]) {
        self.found()
            .extend(rejected.iter().filter_map(|rejected| Some((unserved_id(rejected)?, rejected.reason.clone()))));
    }

    /// Leaves of them those that the server does not give when it is asked again, here and among the rejected records.
    pub(super) fn give_up_on(&self, still: &[RejectedRecord], fetched: &mut Extracted) {
        let before = self.ids();
        self.found().retain(|id, _| still.iter().any(|rejected| unserved_id(rejected) == Some(*id)));
        let passed = |rejected: &RejectedRecord| unserved_id(rejected).is_some_and(|id| before.contains(&id));
        fetched.quarantined.retain(|rejected| !passed(rejected));
        fetched.quarantined.extend(still.iter().cloned());
    }

    /// Puts a record aside.
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

/// The key of a record that was put aside because the server did not give it.
pub(crate) fn unserved_id(rejected: &RejectedRecord) -> Option<i64> {
    let is_one = rejected.raw_json.is_empty() && rejected.reason.starts_with(REASON);
    rejected.record_id.as_deref().filter(|_| is_one)?.parse().ok()
}
