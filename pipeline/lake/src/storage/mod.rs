//! Object storage of a lakehouse: one store, one login and one pool of connections a lakehouse.
//!
//! A request travels 50 to 150 ms, so that most of them are saved: all logs are listed by one request
//! ([`listing`]), their content comes from one object ([`saved_logs`]), and parts of data files that were read stay
//! in memory ([`parts`]).
//!
//! Invariant: what is remembered must be what a new request would return, by the entity tag where another process
//! wrote it; and a commit is always decided by the storage.

mod advice;
mod azure;
mod cached;
#[cfg(test)]
pub(crate) mod counted;
mod credentials;
mod listing;
mod location;
mod options;
mod parts;
mod reliable;
mod saved_logs;
mod single_delete;
mod single_flight;
mod transport;

use super::error::{Error, Result};
pub(super) use advice::advised;
use cached::Cached;
use chrono::{DateTime, TimeDelta, Utc};
use deltalake::Path;
use deltalake::logstore::object_store::{ObjectStore, ObjectStoreScheme};
pub(super) use location::canonical;
pub use options::{StorageOptions, TokenSource};
pub(super) use parts::{LARGEST as SMALL_FILE, ROOM};
use std::sync::Arc;
use transport::Traffic;
use url::Url;

/// Storage of a lakehouse that does not lie on a disk.
#[derive(Debug)]
pub(super) struct Storage {
    cached: Arc<Cached>,
    direct: Arc<dyn ObjectStore>,
    traffic: Arc<Traffic>,
    /// Credential in words, without secrets.
    credential: String,
    /// End of the login, where it is known and not renewed.
    ends: Option<DateTime<Utc>>,
}

impl Storage {
    /// Opens the storage of a lakehouse at a URL of Azure's; `None` for other schemes. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Error::Usage`] without credentials, and for options that can't be meant as they stand.
    pub(super) fn open(root: &Url, options: &StorageOptions, saved: &str) -> Result<Option<Self>> {
        if !matches!(ObjectStoreScheme::parse(root), Ok((ObjectStoreScheme::MicrosoftAzure, _))) {
            return Ok(None);
        }
        let refused = |error: &dyn std::fmt::Display| Error::Usage(format!("the lakehouse {root}: {error}"));
        let opened = azure::open(root, options)?;
        let folder = Path::from_url_path(root.path()).map_err(|error| refused(&error))?;
        let cached = Cached::new(Arc::clone(&opened.store), folder, saved);
        tracing::info!(credential = opened.credential, "the storage's credential");
        Ok(Some(Self {
            cached: Arc::new(cached),
            direct: opened.store,
            traffic: opened.traffic,
            credential: opened.credential,
            ends: opened.ends,
        }))
    }

    /// Storage of a lakehouse in a folder of a store.
    #[cfg(test)]
    pub(super) fn over(store: Arc<dyn ObjectStore>, folder: Path, saved: &str) -> Self {
        Self {
            cached: Arc::new(Cached::new(Arc::clone(&store), folder, saved)),
            direct: store,
            traffic: Arc::default(),
            credential: String::new(),
            ends: None,
        }
    }

    /// Store from the container's root, which remembers what it read.
    pub(super) fn cached(&self) -> Arc<dyn ObjectStore> {
        Arc::clone(&self.cached) as Arc<dyn ObjectStore>
    }

    /// Store from the container's root, whose every request is sent.
    pub(super) fn direct(&self) -> Arc<dyn ObjectStore> {
        Arc::clone(&self.direct)
    }

    /// Time by the storage's clock, as its last answer told it.
    pub(super) fn now(&self) -> DateTime<Utc> {
        self.traffic.now()
    }

    /// Requests that were sent so far.
    pub(super) fn requests(&self) -> u64 {
        self.traffic.requests()
    }

    /// Credential in words, without secrets.
    pub(super) fn credential(&self) -> &str {
        &self.credential
    }

    /// Whether the login was refused.
    pub(super) fn is_login_refused(&self) -> bool {
        self.traffic.is_refused()
    }

    /// Waits until the login is refused.
    pub(super) async fn login_refused(&self) {
        self.traffic.refused().await;
    }

    /// Checks that the login lasts so long.
    ///
    /// # Errors
    /// [`Error::Usage`] that says when it ends.
    pub(super) fn check_login(&self, needed: TimeDelta) -> Result<()> {
        self.ends.map_or(Ok(()), |end| credentials::check_end(end, Utc::now(), needed))
    }

    /// Forgets the listing: the next look is at the storage itself.
    pub(super) fn forget_listing(&self) {
        self.cached.forget_listing();
    }

    /// Lists the storage anew at once.
    pub(super) async fn list_anew(&self) {
        self.cached.list_anew().await;
    }

    /// Saves the logs that were read or written, for the next command.
    pub(super) async fn save_logs(&self) {
        self.cached.save_logs().await;
    }
}
