//! Lock of a lakehouse: one writer at a time.
//!
//! The lock is a sequence of numbered files, `<layer>/<table>/_lock/<number>.json`, and the highest number counts. A
//! process that wants the lock creates the next number, which storage lets only one do; the holder alone rewrites its
//! own file, to renew it and, at the end, to release it. So the only requirement is "create if absent", which local
//! disks and object stores have, and an abandoned lock is taken over without a race: after its expiry, or at once where
//! its process is known to be gone. Its age is that of its file, by the clock of the storage: clocks of machines differ.
//! Readers need no lock.
//!
//! Invariant: a holder that lost its lock (its machine slept past the expiry, and another took over) must stop.

use super::Lakehouse;
use super::error::{BoxError, Error, Result};
pub use super::holder::Holder;
use super::holder::{held, instant, lease};
use super::process::interrupted;
use super::storage::{Storage, advised};
use super::table::direct_files;
use chrono::{DateTime, TimeDelta, Utc};
use deltalake::Path;
use deltalake::logstore::object_store::{Error as StoreError, ObjectStore, ObjectStoreExt as _, PutMode};
use futures::TryStreamExt as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Folder of the lock below a table's. Readers of Delta tables ignore names that begin with `_`.
const FOLDER: &str = "_lock";
/// Time between two renewals.
const RENEWAL: Duration = Duration::from_secs(60);
/// Time between two looks at a lock that another holds.
const BETWEEN_LOOKS: Duration = Duration::from_secs(2);
/// Attempts to take the next number while others take it.
const TRIES: usize = 5;

/// Takeover of a lock from a holder that ended without releasing it.
#[derive(Debug, Clone)]
pub struct Takeover<P> {
    /// What the holder recorded about its work.
    pub payload: Option<P>,
    /// The former holder.
    pub holder: Holder,
}

impl<P: DeserializeOwned> Takeover<P> {
    fn of(mut holder: Holder) -> Self {
        let payload = holder.begun.take().map(serde_json::from_value).transpose().unwrap_or_else(|error| {
            tracing::warn!(%holder, %error, "what it did can't be read");
            None
        });
        Self { payload, holder }
    }

    /// Message that names the holder and when it was last seen.
    pub fn text(&self) -> String {
        format!("it ended without a word: {}, last seen {}", self.holder, instant(self.holder.renewed_at))
    }
}

/// Reads the current holder of a lakehouse's lock; `None` where it is free.
///
/// # Errors
/// [`Error::Lakehouse`] when the lock can't be read.
pub async fn holder(lake: &Lakehouse) -> Result<Option<Holder>> {
    if lake.root().to_file_path().is_ok_and(|path| !path.is_dir()) {
        return Ok(None);
    }
    let files = LockFiles::of(lake)?;
    let newest = files.newest().await?;
    Ok(newest.map(|(_, holder)| holder).filter(|holder| holder.is_live(files.now())))
}

/// Numbered files of a lock.
#[derive(Clone)]
struct LockFiles {
    store: Arc<dyn ObjectStore>,
    lake: Lakehouse,
    /// Layer and name of the table whose folder holds them.
    place: (&'static str, &'static str),
    /// How far the storage's clock is ahead, where the storage does not tell it with each answer.
    ahead: TimeDelta,
}

impl LockFiles {
    fn of(lake: &Lakehouse) -> Result<Self> {
        let place = lake.warehouse().lock;
        let store = direct_files(lake, place.0, place.1)?;
        Ok(Self { store, lake: lake.clone(), place, ahead: TimeDelta::zero() })
    }

    /// Time by the storage's clock.
    fn now(&self) -> DateTime<Utc> {
        self.lake.storage().map_or_else(|| Utc::now() + self.ahead, Storage::now)
    }

    fn error(&self, action: &str, reason: impl Into<BoxError>) -> Error {
        self.lake.unusable(format!("its lock can't be {action}: {}", advised(reason.into())))
    }

    fn path(number: u64) -> Path {
        Path::from(format!("{FOLDER}/{number:012}.json"))
    }

    /// Lists all numbers in ascending order, each with the time at which its file was written.
    async fn numbers(&self) -> Result<Vec<(u64, DateTime<Utc>)>> {
        let folder = Path::from(FOLDER);
        let files: Vec<_> =
            self.store.list(Some(&folder)).try_collect().await.map_err(|error| self.error("read", error))?;
        let number = |path: &Path| path.filename()?.strip_suffix(".json")?.parse().ok();
        let mut numbers: Vec<(u64, DateTime<Utc>)> =
            files.iter().filter_map(|file| Some((number(&file.location)?, file.last_modified))).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// Newest holder, with its times by the storage's clock.
    async fn newest(&self) -> Result<Option<(u64, Holder)>> {
        for _ in 0..TRIES {
            let Some((number, written)) = self.numbers().await?.last().copied() else { return Ok(None) };
            let bytes = match self.store.get(&Self::path(number)).await {
                Ok(file) => file.bytes().await,
                Err(error) => Err(error),
            };
            match bytes {
                // Deleted by the next holder since it was listed.
                Err(StoreError::NotFound { .. }) => {}
                Err(error) => return Err(self.error("read", error)),
                Ok(bytes) => {
                    let holder: Holder = serde_json::from_slice(&bytes).map_err(|error| {
                        let ((layer, table), path) = (self.place, Self::path(number));
                        self.error("read", format!("{layer}/{table}/{path} is no lock ({error}); delete it"))
                    })?;
                    return Ok(Some((number, holder.written_at(written))));
                }
            }
        }
        Err(self.error("read", "it changes all the time"))
    }

    async fn write(&self, number: u64, holder: &Holder, mode: PutMode) -> Result<(), StoreError> {
        let text = serde_json::to_vec_pretty(holder)
            .map_err(|error| StoreError::Generic { store: "lock", source: error.into() })?;
        self.store.put_opts(&Self::path(number), text.into(), mode.into()).await.map(|_| ())
    }
}

/// Lock that this process holds, with a payload that describes the work under it.
pub struct Lock<P> {
    files: LockFiles,
    number: u64,
    holder: Holder,
    payload: Option<P>,
    renewal: Option<tokio::task::JoinHandle<()>>,
    /// Deletion of the files of earlier holders.
    clearing: Option<tokio::task::JoinHandle<()>>,
}

impl<P: Serialize + DeserializeOwned> Lock<P> {
    /// Acquires the lock, also from a holder that expired or is known to be gone. While another holds it, this waits for
    /// as long as the lakehouse was opened to wait.
    ///
    /// # Errors
    /// [`Error::Locked`] when another holds it, [`Error::Lakehouse`] when it can't be written, [`Error::Interrupted`]
    /// when Ctrl-C or SIGTERM ended the wait.
    pub async fn take(lake: &Lakehouse, command: &str, payload: Option<P>) -> Result<(Self, Option<Takeover<P>>)> {
        let storage_time = lake.check_writable().await?;
        let mut files = LockFiles::of(lake)?;
        files.ahead = storage_time - Utc::now();
        let begun = payload.as_ref().map(serde_json::to_value).transpose();
        let begun = begun.map_err(|error| files.error("written", error))?;
        let end = Instant::now() + lake.lock_wait();
        let (mut tries, mut waits) = (0, false);
        while tries < TRIES {
            let mut before = None;
            let number = match files.newest().await? {
                Some((_, holder)) if holder.is_live(files.now()) => {
                    let left = end.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return Err(Error::Locked { location: lake.display(), holder: Box::new(holder) });
                    }
                    if !std::mem::replace(&mut waits, true) {
                        tracing::warn!(%holder, seconds = left.as_secs(), "waiting for the lock");
                    }
                    tokio::select! {
                        () = tokio::time::sleep(BETWEEN_LOOKS.min(left)) => continue,
                        () = interrupted() => return Err(Error::Interrupted),
                    }
                }
                Some((number, holder)) => {
                    if !holder.released {
                        tracing::warn!(%holder, "taking over the lock of a run that ended without giving it back");
                        before = Some(Takeover::of(holder));
                    }
                    number + 1
                }
                None => 1,
            };
            tries += 1;
            let holder = Holder::new(command, begun.clone(), Utc::now());
            held().insert(holder.token.clone());
            let mut lock = Self { files: files.clone(), number, holder, payload: None, renewal: None, clearing: None };
            match files.write(number, &lock.holder, PutMode::Create).await {
                Ok(()) => {
                    // A number below a newer one is free again once that one's holder cleared it away: whoever looked
                    // before that must not hold it. The lakehouse is listed beside: the former holder may have
                    // committed since this process first looked.
                    let (listed, ()) = futures::join!(files.numbers(), lake.list_anew());
                    let is_newest =
                        listed.as_ref().is_ok_and(|numbers| numbers.iter().all(|(other, _)| *other <= number));
                    if !is_newest {
                        // Nobody waits for a lock that is not held.
                        let _ = files.store.delete(&LockFiles::path(number)).await;
                    }
                    let numbers = listed.map_err(|error| files.error("read", error))?;
                    if !is_newest {
                        continue;
                    }
                    lock.payload = payload;
                    let old = numbers.into_iter().map(|(other, _)| other).filter(|other| *other < number).collect();
                    lock.clearing = Some(tokio::spawn(clear_away(lock.files.clone(), old)));
                    return Ok((lock, before));
                }
                // Another process created this number first: the next attempt reads its holder.
                Err(StoreError::AlreadyExists { .. }) => {}
                Err(error) => return Err(files.error("written", error)),
            }
        }
        Err(files.error("taken", "others take it all the time; try again in a moment"))
    }

    /// Payload that describes the work.
    pub fn payload(&self) -> Option<&P> {
        self.payload.as_ref()
    }

    /// Runs work under the lock, until Ctrl-C, SIGTERM or the loss of the lock ends it between two commits.
    ///
    /// The caller must release the lock afterwards.
    ///
    /// # Errors
    /// [`Error::Interrupted`], [`Error::Lakehouse`] when the lock was lost or the storage refused the login.
    pub async fn during<T>(&mut self, work: impl Future<Output = T>) -> Result<T> {
        let lost = self.keep();
        tokio::select! {
            // Finished work counts, even if Ctrl-C came at the same moment.
            biased;
            outcome = work => Ok(outcome),
            error = self.files.lake.login_refused() => Err(error),
            reason = lost => Err(self.lost(reason.unwrap_or_else(|_| "its renewal ended".to_owned()))),
            () = interrupted() => Err(Error::Interrupted),
        }
    }

    /// Renews the lock in the background, and sends the reason when it is lost.
    fn keep(&mut self) -> oneshot::Receiver<String> {
        let (tell, lost) = oneshot::channel();
        let (files, number, mut holder) = (self.files.clone(), self.number, self.holder.clone());
        self.renewal = Some(tokio::spawn(async move {
            loop {
                tokio::time::sleep(RENEWAL).await;
                // A renewal that is stuck must not outlive the lease.
                let left = (holder.expires_at - Utc::now()).to_std().unwrap_or_default().saturating_sub(RENEWAL);
                let renewed = tokio::time::timeout(left, renew(&files, number, &mut holder)).await;
                match renewed.unwrap_or_else(|_| Err(files.error("renewed", "the storage did not answer in time"))) {
                    Ok(None) => {}
                    Ok(Some(reason)) => {
                        // The receiver may be gone.
                        let _ = tell.send(reason);
                        return;
                    }
                    Err(error) if Utc::now() < holder.expires_at => {
                        tracing::warn!(%error, "the lock was not renewed; trying again");
                    }
                    Err(error) => {
                        let _ = tell.send(format!("it could not be renewed in time: {error}"));
                        return;
                    }
                }
            }
        }));
        lost
    }

    fn lost(&self, reason: impl std::fmt::Display) -> Error {
        let advice = "Run it again when the other is done";
        self.files.lake.unusable(format!("the lock was lost, so this stopped: {reason}. {advice}"))
    }

    /// Releases the lock.
    pub async fn release(mut self) {
        if let Some(clearing) = self.clearing.take() {
            let _ = clearing.await;
        }
        if let Some(renewal) = self.renewal.take() {
            renewal.abort();
            // Aborted or done: it must not write after this.
            let _ = renewal.await;
        }
        self.holder.released = true;
        // A lock that was lost belongs to another file by now; this one no longer counts.
        if let Err(error) = self.files.write(self.number, &self.holder, PutMode::Overwrite).await {
            let expires = instant(self.holder.expires_at);
            tracing::warn!(%error, %expires, "the lock was not given back; it expires");
        }
    }
}

impl<P> Drop for Lock<P> {
    fn drop(&mut self) {
        held().remove(&self.holder.token);
        if let Some(renewal) = self.renewal.take() {
            renewal.abort();
        }
    }
}

/// Renews the expiry; returns the reason where the lock was taken over.
async fn renew(files: &LockFiles, number: u64, holder: &mut Holder) -> Result<Option<String>> {
    if files.numbers().await?.last().is_some_and(|(newest, _)| *newest > number) {
        let other = files.newest().await?.map(|(_, other)| format!(" by {other}")).unwrap_or_default();
        return Ok(Some(format!("it was taken over{other}")));
    }
    let now = Utc::now();
    let renewed = Holder { renewed_at: now, expires_at: now + lease(), ..holder.clone() };
    files.write(number, &renewed, PutMode::Overwrite).await.map_err(|error| files.error("renewed", error))?;
    *holder = renewed;
    Ok(None)
}

/// Deletes the files of earlier holders. A file that stays does no harm.
async fn clear_away(files: LockFiles, old: Vec<u64>) {
    for number in old {
        if let Err(error) = files.store.delete(&LockFiles::path(number)).await {
            tracing::debug!(number, %error, "an old lock file stays");
        }
    }
}

#[cfg(test)]
mod tests;
