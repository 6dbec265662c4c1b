//! Extract request: what to read of an entity, and the filter for it.

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

/// The window of a run: everything, or what changed since a time.
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

/// A request to read an entity.
#[derive(Debug, Clone)]
pub struct ExtractRequest<'a> {
    /// The entity.
    pub table: &'static Table,
    /// All of it, or what changed.
    pub window: Window,
    /// The ids of the parent records that its lists lie below; none for an entity without a parent.
    pub parents: &'a [i64],
    /// The share of its records that may be rejected, in percent.
    pub max_rejected_percent: f64,
    /// When the run began.
    pub began: DateTime<Utc>,
    /// How many days before its newest change the next run reads it again.
    pub lookback_days: u32,
    /// The fingerprints of records that need not be decoded again.
    pub known: Arc<FingerprintCache>,
    /// The ids of the records that were unserved in an earlier run.
    pub unserved: &'a [i64],
    /// The progress that is told how many records there will be.
    pub progress: &'a EntityProgress,
}

/// The condition of a window, and the property that it compares.
#[derive(Debug, Clone)]
pub(super) struct Filter {
    pub(super) name: Field,
    pub(super) condition: Condition,
}

impl ExtractRequest<'_> {
    /// Returns the filter for the window of the lists; `None` where the endpoints honour none.
    ///
    /// # Errors
    /// [`crate::Error::Client`] when the endpoint can't be read.
    pub(super) async fn filter(&self, client: &Client, lists: &[List], stats: &RequestStats) -> Result<Option<Filter>> {
        let (Window::Since(since), ChangeDetection::LastUpdated) = (self.window, self.table.change_detection) else {
            return Ok(None);
        };
        for list in lists {
            let name = match filter_name(client, self.table, &list.endpoint, since, stats).await {
                // The parent may be deleted: another list tells as well, and reading this one tells for sure.
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
