//! One writer at a time: the lock of a lakehouse.
//!
//! The lock is a row of numbered files, `meta/etl_run/_lock/<number>.json`, and the highest number counts. Whoever
//! wants the lock creates the next number, which storage lets only one do; the holder alone rewrites its own file, to
//! renew it and, at the end, to release it. So it needs nothing of the storage but "create if absent", which local
//! disks and object stores have, and an abandoned lock is taken over without a race: by its expiry, or at once where
//! its process is known to be gone. Readers need no lock.
//!
//! Invariant: a holder that lost its lock (its machine slept past the expiry, and another took over) stops.

mod process;

use crate::error::{Error, Result};
use crate::lake::Lakehouse;
use crate::run::meta;
use crate::run::report::RunHeader as Begun;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use deltalake::Path;
use deltalake::logstore::object_store::{Error as StoreError, ObjectStore, ObjectStoreExt as _, PutMode};
use futures::TryStreamExt as _;
use process::Process;
pub(crate) use process::interrupted;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// The table's folder that the lock lies in. Names that begin with `_` are no data to any reader of Delta tables.
const PLACE: (&str, &str) = ("meta", crate::run::meta::RUN);
const FOLDER: &str = "_lock";
/// How long a lock holds without being renewed: longer than clocks differ and than a machine is out of reach.
const LEASE: Duration = Duration::from_secs(10 * 60);
/// How often it is renewed.
const RENEWAL: Duration = Duration::from_secs(60);
/// How often the next number is tried while others take it.
const TRIES: usize = 5;

/// The tokens of the locks that this process holds, so that one that was dropped is known to be free.
static HELD: LazyLock<Mutex<HashSet<String>>> = LazyLock::new(Mutex::default);

fn held() -> std::sync::MutexGuard<'static, HashSet<String>> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Who holds a lakehouse's lock, and until when.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Holder {
    /// The command.
    pub command: String,
    /// The user, where the system names one.
    pub user: Option<String>,
    /// Where it runs.
    #[serde(flatten)]
    pub process: Process,
    /// Since when.
    pub since: DateTime<Utc>,
    /// When it was last renewed.
    pub renewed_at: DateTime<Utc>,
    /// When it ends if it is not renewed.
    pub expires_at: DateTime<Utc>,
    /// The run that it does, to put on record what became of it where it can't do so itself.
    #[serde(default)]
    begun: Option<Begun>,
    /// Whether it was given back.
    released: bool,
    token: String,
}

impl Holder {
    fn new(command: &str, begun: Option<Begun>, now: DateTime<Utc>) -> Self {
        let user = ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| std::env::var(name).ok());
        Self {
            command: command.to_owned(),
            user: user.filter(|user| !user.is_empty()),
            process: Process::own(),
            since: now,
            renewed_at: now,
            expires_at: now + lease(),
            begun,
            released: false,
            token: uuid::Uuid::new_v4().simple().to_string(),
        }
    }

    /// Whether the lock counts.
    fn is_live(&self, now: DateTime<Utc>) -> bool {
        if self.released || self.expires_at <= now {
            return false;
        }
        if self.process.is_own() { held().contains(&self.token) } else { !self.process.is_gone() }
    }
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}`", self.command)?;
        if let Some(user) = &self.user {
            write!(f, " of {user}")?;
        }
        write!(f, " (process {} on {}), since {}", self.process.pid, self.process.host, instant(self.since))
    }
}

fn lease() -> TimeDelta {
    TimeDelta::from_std(LEASE).unwrap_or(TimeDelta::MAX)
}

fn instant(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Does what only one may do at a time in a lakehouse, under its lock. Ctrl-C, or SIGTERM, ends the work between two
/// commits and gives the lock back.
///
/// # Errors
/// [`Error::Locked`] when another holds the lock, [`Error::Interrupted`], [`Error::Lakehouse`] when the lock can't be
/// written or was lost; else what the work gives.
pub async fn locked<T>(lake: &Lakehouse, command: &str, work: impl Future<Output = Result<T>>) -> Result<T> {
    held_during(lake, command, None, work).await
}

/// As [`locked`], for a run: one that is stopped is put on record as such, and so is one that was killed, by whoever
/// takes its lock over.
///
/// # Errors
/// As [`locked`].
pub async fn locked_run<T>(
    lake: &Lakehouse,
    command: &str,
    begun: Begun,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    held_during(lake, command, Some(begun), work).await
}

async fn held_during<T>(
    lake: &Lakehouse,
    command: &str,
    begun: Option<Begun>,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    let mut lock = Lock::take(lake, command, begun).await?;
    if let Some((begun, holder)) = lock.before.take().and_then(|before| Some((before.begun.clone()?, before))) {
        let text = format!("it ended without a word: {holder}, last seen {}", instant(holder.renewed_at));
        put_on_record(lake, &begun, "killed", &text).await;
    }
    let lost = lock.keep();
    let (stopped, status) = tokio::select! {
        // What is done is done, even if Ctrl-C came at the same moment.
        biased;
        outcome = work => {
            lock.release().await;
            return outcome;
        }
        reason = lost => (lock.error(reason.unwrap_or_else(|_| "its renewal ended".to_owned())), "failed"),
        () = interrupted() => (Error::Interrupted, "interrupted"),
    };
    if let Some(begun) = &lock.holder.begun {
        put_on_record(lake, begun, status, &stopped.to_string()).await;
    }
    lock.release().await;
    Err(stopped)
}

/// Where even that fails, the next run must not.
async fn put_on_record(lake: &Lakehouse, begun: &Begun, status: &str, text: &str) {
    if let Err(error) = meta::record_end(lake, begun, status, text).await {
        tracing::warn!(run = begun.run_id, %error, "how the run ended is not on record");
    }
}

/// Who holds a lakehouse's lock now.
///
/// # Errors
/// [`Error::Lakehouse`] when the lock can't be read.
pub async fn holder(lake: &Lakehouse) -> Result<Option<Holder>> {
    if lake.root().to_file_path().is_ok_and(|path| !path.is_dir()) {
        return Ok(None);
    }
    let files = LockFiles::of(lake)?;
    Ok(files.newest().await?.map(|(_, holder)| holder).filter(|holder| holder.is_live(Utc::now())))
}

/// The numbered files.
#[derive(Clone)]
struct LockFiles {
    store: Arc<dyn ObjectStore>,
    location: String,
}

impl LockFiles {
    fn of(lake: &Lakehouse) -> Result<Self> {
        Ok(Self { store: lake.files(PLACE.0, PLACE.1)?, location: lake.display() })
    }

    fn error(&self, action: &str, reason: impl std::fmt::Display) -> Error {
        Error::Lakehouse { location: self.location.clone(), reason: format!("its lock can't be {action}: {reason}") }
    }

    fn path(number: u64) -> Path {
        Path::from(format!("{FOLDER}/{number:012}.json"))
    }

    /// All numbers, rising.
    async fn numbers(&self) -> Result<Vec<u64>> {
        let folder = Path::from(FOLDER);
        let files: Vec<_> =
            self.store.list(Some(&folder)).try_collect().await.map_err(|error| self.error("read", error))?;
        let number = |path: &Path| path.filename()?.strip_suffix(".json")?.parse().ok();
        let mut numbers: Vec<u64> = files.iter().filter_map(|file| number(&file.location)).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    async fn newest(&self) -> Result<Option<(u64, Holder)>> {
        for _ in 0..TRIES {
            let Some(number) = self.numbers().await?.last().copied() else { return Ok(None) };
            let bytes = match self.store.get(&Self::path(number)).await {
                Ok(file) => file.bytes().await,
                Err(error) => Err(error),
            };
            match bytes {
                // Cleared away by the next holder since it was listed.
                Err(StoreError::NotFound { .. }) => {}
                Err(error) => return Err(self.error("read", error)),
                Ok(bytes) => {
                    let holder = serde_json::from_slice(&bytes).map_err(|error| {
                        let path = Self::path(number);
                        self.error("read", format!("{}/{}/{path} is no lock ({error}); delete it", PLACE.0, PLACE.1))
                    })?;
                    return Ok(Some((number, holder)));
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

/// The lock, held by this process.
struct Lock {
    files: LockFiles,
    number: u64,
    holder: Holder,
    /// Who held it before without giving it back.
    before: Option<Holder>,
    renewal: Option<tokio::task::JoinHandle<()>>,
}

impl Lock {
    async fn take(lake: &Lakehouse, command: &str, begun: Option<Begun>) -> Result<Self> {
        lake.check_writable().await?;
        let files = LockFiles::of(lake)?;
        for _ in 0..TRIES {
            let now = Utc::now();
            let mut before = None;
            let number = match files.newest().await? {
                Some((_, holder)) if holder.is_live(now) => {
                    return Err(Error::Locked { location: lake.display(), holder: Box::new(holder) });
                }
                Some((number, holder)) => {
                    if !holder.released {
                        tracing::warn!(%holder, "taking over the lock of a run that ended without giving it back");
                        before = Some(holder);
                    }
                    number + 1
                }
                None => 1,
            };
            let holder = Holder::new(command, begun.clone(), now);
            held().insert(holder.token.clone());
            let lock = Self { files: files.clone(), number, holder, before, renewal: None };
            match files.write(number, &lock.holder, PutMode::Create).await {
                Ok(()) => {
                    lock.clear_away().await;
                    return Ok(lock);
                }
                // Another was quicker: see who.
                Err(StoreError::AlreadyExists { .. }) => {}
                Err(error) => return Err(files.error("written", error)),
            }
        }
        Err(files.error("taken", "others take it all the time; try again in a moment"))
    }

    /// Deletes the files of earlier holders. What stays behind does no harm.
    async fn clear_away(&self) {
        for number in self.files.numbers().await.unwrap_or_default() {
            if number < self.number
                && let Err(error) = self.files.store.delete(&LockFiles::path(number)).await
            {
                tracing::debug!(number, %error, "an old lock file stays");
            }
        }
    }

    /// Renews the lock from now on; what comes out says how it was lost.
    fn keep(&mut self) -> oneshot::Receiver<String> {
        let (tell, lost) = oneshot::channel();
        let (files, number, mut holder) = (self.files.clone(), self.number, self.holder.clone());
        self.renewal = Some(tokio::spawn(async move {
            loop {
                tokio::time::sleep(RENEWAL).await;
                match renew(&files, number, &mut holder).await {
                    Ok(None) => {}
                    Ok(Some(reason)) => {
                        // Whoever waited for it may be gone.
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

    fn error(&self, reason: impl std::fmt::Display) -> Error {
        Error::Lakehouse {
            location: self.files.location.clone(),
            reason: format!("the lock was lost, so this stopped: {reason}. Run it again when the other is done"),
        }
    }

    async fn release(mut self) {
        if let Some(renewal) = self.renewal.take() {
            renewal.abort();
            // Aborted or done: it must not write after this.
            let _ = renewal.await;
        }
        self.holder.released = true;
        // A lock that was lost belongs to another file by now; this one no longer counts.
        if let Err(error) = self.files.write(self.number, &self.holder, PutMode::Overwrite).await {
            tracing::warn!(%error, expires = %instant(self.holder.expires_at), "the lock was not given back; it expires");
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        held().remove(&self.holder.token);
        if let Some(renewal) = self.renewal.take() {
            renewal.abort();
        }
    }
}

/// Moves the expiry on. Says why where the lock is another's.
async fn renew(files: &LockFiles, number: u64, holder: &mut Holder) -> Result<Option<String>> {
    if files.numbers().await?.last().is_some_and(|newest| *newest > number) {
        let other = files.newest().await?.map(|(_, other)| format!(" by {other}")).unwrap_or_default();
        return Ok(Some(format!("it was taken over{other}")));
    }
    let now = Utc::now();
    let renewed = Holder { renewed_at: now, expires_at: now + lease(), ..holder.clone() };
    files.write(number, &renewed, PutMode::Overwrite).await.map_err(|error| files.error("renewed", error))?;
    *holder = renewed;
    Ok(None)
}

#[cfg(test)]
mod tests;
