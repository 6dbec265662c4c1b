//! What is to be read of an entity.

use super::filter::{changed_since, filter_name};
use super::fingerprint::FingerprintCache;
use super::lists::List;
use crate::client::{Client, ClientError, RequestStats};
use crate::conditions::{Condition, Field};
use crate::error::Result;
use crate::progress::EntityProgress;
use chrono::{DateTime, Utc};
use connectwise_runtime::{ChangeDetection, Table};
use std::sync::Arc;

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

/// What is to be read of an entity.
#[derive(Debug, Clone)]
pub struct ExtractRequest<'a> {
    /// The entity.
    pub table: &'static Table,
    /// All of it, or what changed.
    pub window: Window,
    /// The ids of the records that its lists lie below; none for an entity without a parent.
    pub parents: &'a [i64],
    /// The share of its records, in percent, that may be rejected records.
    pub max_rejected_percent: f64,
    /// When the run began.
    pub began: DateTime<Utc>,
    /// The records that its table has as they came, and that need not be read again.
    pub known: Arc<FingerprintCache>,
    /// The records that the server did not give in an earlier run.
    pub unserved: &'a [i64],
    /// Who is told how many records there will be.
    pub progress: &'a EntityProgress,
}

/// The condition of a window, where the endpoints honour one.
#[derive(Debug, Clone)]
pub(super) struct Filter {
    pub(super) name: Field,
    pub(super) condition: Condition,
}

impl ExtractRequest<'_> {
    /// The condition of the window on the lists, where the endpoints honour one.
    ///
    /// # Errors
    /// [`crate::Error::Client`] when the endpoint can't be asked.
    pub(super) async fn filter(&self, client: &Client, lists: &[List], stats: &RequestStats) -> Result<Option<Filter>> {
        let (Window::Since(since), ChangeDetection::LastUpdated) = (self.window, self.table.change_detection) else {
            return Ok(None);
        };
        for list in lists {
            let name = match filter_name(client, self.table, &list.endpoint, since, stats).await {
                // Its parent went away, perhaps: another list tells as well, and reading this one tells for sure.
                Err(ClientError::NotFound { .. }) if list.parent.is_some() => continue,
                other => other?,
            };
            if name.is_none() {
                let entity = self.table.entity;
                tracing::warn!(entity, "the endpoint can't filter by the time of change: reading all of it");
            }
            return Ok(name.map(|name| Filter { condition: changed_since(name.clone(), since), name }));
        }
        Ok(None)
    }
}
