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
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use deltalake::Path;
use deltalake::logstore::object_store::{Error as StoreError, ObjectStore, ObjectStoreExt as _, PutMode};
use futures::TryStreamExt as _;
use process::Process;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// The table's folder that the lock lies in. Names that begin with `_` are no data to any reader of Delta tables.
const PLACE: (&str, &str) = ("meta", crate::meta::RUN);
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
    /// Whether it was given back.
    released: bool,
    token: String,
}

impl Holder {
    fn new(command: &str, now: DateTime<Utc>) -> Self {
        let user = ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| std::env::var(name).ok());
        Self {
            command: command.to_owned(),
            user: user.filter(|user| !user.is_empty()),
            process: Process::own(),
            since: now,
            renewed_at: now,
            expires_at: now + lease(),
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
    let mut lock = Lock::take(lake, command).await?;
    let lost = lock.keep();
    let outcome = tokio::select! {
        // What is done is done, even if Ctrl-C came at the same moment.
        biased;
        outcome = work => outcome,
        reason = lost => Err(lock.error(reason.unwrap_or_else(|_| "its renewal ended".to_owned()))),
        () = process::interrupted() => Err(Error::Interrupted),
    };
    lock.release().await;
    outcome
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
    renewal: Option<tokio::task::JoinHandle<()>>,
}

impl Lock {
    async fn take(lake: &Lakehouse, command: &str) -> Result<Self> {
        let files = LockFiles::of(lake)?;
        for _ in 0..TRIES {
            let now = Utc::now();
            let number = match files.newest().await? {
                Some((_, holder)) if holder.is_live(now) => {
                    return Err(Error::Locked { location: lake.display(), holder: Box::new(holder) });
                }
                Some((number, holder)) => {
                    if !holder.released {
                        tracing::warn!(%holder, "taking over the lock of a run that ended without giving it back");
                    }
                    number + 1
                }
                None => 1,
            };
            let holder = Holder::new(command, now);
            held().insert(holder.token.clone());
            let lock = Self { files: files.clone(), number, holder, renewal: None };
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
mod tests {
    use super::*;
    use crate::lake::Layout;

    fn lake() -> (tempfile::TempDir, Lakehouse) {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lakehouse::at(folder.path().to_str().unwrap(), Layout::Schemas).unwrap();
        (folder, lake)
    }

    /// A lock as another machine would have written it.
    async fn written(lake: &Lakehouse, number: u64, change: impl FnOnce(&mut Holder)) {
        let mut other = Holder::new("run", Utc::now());
        other.process = Process { host: "elsewhere".to_owned(), pid: 4711, machine: None, start: None };
        change(&mut other);
        LockFiles::of(lake).unwrap().write(number, &other, PutMode::Overwrite).await.unwrap();
    }

    async fn refusal(lake: &Lakehouse) -> Option<String> {
        locked(lake, "run", async { Ok(()) }).await.err().map(|error| error.to_string())
    }

    #[tokio::test]
    async fn the_second_hears_who_holds_it_and_the_next_may() {
        let (_folder, lake) = lake();
        let second = locked(&lake, "run", async {
            let error = locked(&lake, "maintain", async { Ok(()) }).await.unwrap_err();
            assert!(matches!(&error, Error::Locked { holder, .. } if holder.command == "run"));
            assert_eq!(error.exit_code(), 1);
            Ok(error.to_string())
        });
        let text = second.await.unwrap();
        let pid = format!("process {}", std::process::id());
        assert!(text.contains("`run`") && text.contains(&pid) && text.contains("since 20"), "{text}");
        assert!(holder(&lake).await.unwrap().is_none());
        assert_eq!(refusal(&lake).await, None);
    }

    #[tokio::test]
    async fn one_that_expired_or_was_given_back_is_taken_over_and_another_is_not() {
        let (_folder, lake) = lake();
        written(&lake, 7, |_| {}).await;
        assert!(refusal(&lake).await.unwrap().contains("process 4711 on elsewhere"));
        written(&lake, 7, |other| other.released = true).await;
        assert_eq!(refusal(&lake).await, None);
        written(&lake, 9, |other| other.expires_at = Utc::now() - TimeDelta::seconds(1)).await;
        assert_eq!(refusal(&lake).await, None);
        assert_eq!(LockFiles::of(&lake).unwrap().numbers().await.unwrap(), [10], "one file stays");
    }

    #[tokio::test]
    async fn that_of_a_dead_process_is_taken_over_at_once() {
        let (_folder, lake) = lake();
        let own = Process::own();
        if own.machine.is_none() {
            return;
        }
        // No process has the highest id there can be.
        written(&lake, 1, |other| other.process = Process { pid: 4_194_304, ..own.clone() }).await;
        assert_eq!(refusal(&lake).await, None);
        // The id is in use again, by a process that started later.
        written(&lake, 3, |other| other.process = Process { pid: 1, start: Some("1".to_owned()), ..own.clone() }).await;
        assert_eq!(refusal(&lake).await, None);
        // Another container of this machine may well have a process that can't be seen from here.
        let there = Process { pid: 4_194_304, machine: Some("another".to_owned()), ..own };
        written(&lake, 5, |other| other.process = there).await;
        assert!(refusal(&lake).await.is_some());
    }

    #[tokio::test]
    async fn work_that_is_dropped_leaves_no_lock_behind() {
        let (_folder, lake) = lake();
        let mut stuck = Box::pin(locked(&lake, "run", std::future::pending::<Result<()>>()));
        while holder(&lake).await.unwrap().is_none() {
            assert!(futures::poll!(&mut stuck).is_pending());
            tokio::task::yield_now().await;
        }
        assert!(refusal(&lake).await.is_some());
        drop(stuck);
        assert_eq!(refusal(&lake).await, None);
    }

    #[tokio::test]
    async fn of_many_at_once_one_gets_it() {
        let (_folder, lake) = lake();
        let (inside, told) = (std::sync::atomic::AtomicBool::new(false), tokio::sync::Semaphore::new(0));
        let attempts = (0..8).map(|_| async {
            let outcome = locked(&lake, "run", async {
                assert!(!inside.swap(true, std::sync::atomic::Ordering::SeqCst), "two at once");
                // It goes on when another was told that it may not.
                drop(told.acquire().await.unwrap());
                inside.store(false, std::sync::atomic::Ordering::SeqCst);
                Ok(())
            });
            let outcome = outcome.await;
            told.add_permits(1);
            outcome.is_ok()
        });
        let won = futures::future::join_all(attempts).await;
        assert!(won.contains(&true) && won.contains(&false), "{won:?}");
    }

    #[tokio::test]
    async fn renewing_moves_the_expiry_and_notices_a_takeover() {
        let (_folder, lake) = lake();
        let lock = Lock::take(&lake, "run").await.unwrap();
        let mut own = Holder { expires_at: lock.holder.since, ..lock.holder.clone() };
        assert_eq!(renew(&lock.files, lock.number, &mut own).await.unwrap(), None);
        assert!(own.expires_at > lock.holder.since + lease() - TimeDelta::minutes(1));
        let (_, stored) = lock.files.newest().await.unwrap().unwrap();
        assert_eq!((stored.token, stored.expires_at), (own.token.clone(), own.expires_at));
        written(&lake, lock.number + 1, |_| {}).await;
        let reason = renew(&lock.files, lock.number, &mut own).await.unwrap().unwrap();
        assert!(reason.contains("process 4711 on elsewhere"), "{reason}");
    }
}
