//! Work under a lakehouse's lock, and the record of runs that could not end by themselves.

use super::meta;
use super::report::RunHeader;
use crate::error::{Error, Result};
use crate::lake::Lakehouse;
use crate::lock::Lock;

/// Runs work that only one process may do at a time in a lakehouse, under its lock. Ctrl-C or SIGTERM ends the work
/// between two commits and releases the lock. A run whose lock is taken over is recorded as killed.
///
/// # Errors
/// [`crate::lake::Error::Locked`] when another holds the lock, [`crate::lake::Error::Interrupted`],
/// [`crate::lake::Error::Lakehouse`] when the lock can't be written or was lost; else the work's own error.
pub async fn locked<T>(lake: &Lakehouse, command: &str, work: impl Future<Output = Result<T>>) -> Result<T> {
    held_during(lake, command, None, work).await
}

/// Does the same as [`locked`] for a run: a run that is stopped is recorded as such. One that was killed is recorded by
/// the process that takes its lock over.
///
/// # Errors
/// As [`locked`].
pub async fn locked_run<T>(
    lake: &Lakehouse,
    command: &str,
    begun: RunHeader,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    held_during(lake, command, Some(begun), work).await
}

async fn held_during<T>(
    lake: &Lakehouse,
    command: &str,
    begun: Option<RunHeader>,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    let (mut lock, before) = Lock::take(lake, command, begun).await?;
    if let Some(takeover) = &before
        && let Some(begun) = &takeover.payload
    {
        put_on_record(lake, begun, "killed", &takeover.text()).await;
    }
    let outcome = lock.during(work).await;
    if lake.is_login_refused() {
        // Nothing can be recorded or released any more: who takes the lock over does so.
        return outcome.map_err(Error::from)?;
    }
    if let (Err(stopped), Some(begun)) = (&outcome, lock.payload()) {
        let status = if matches!(stopped, crate::lake::Error::Interrupted) { "interrupted" } else { "failed" };
        put_on_record(lake, begun, status, &stopped.to_string()).await;
    }
    // Saved logs only make the next opening quicker: each of them is compared with the storage.
    futures::join!(lake.save_logs(), lock.release());
    outcome.map_err(Error::from)?
}

/// Records how a run ended. A failure is only logged: it must not fail the next run.
async fn put_on_record(lake: &Lakehouse, begun: &RunHeader, status: &str, text: &str) {
    if let Err(error) = meta::record_end(lake, begun, status, text).await {
        tracing::warn!(run = begun.run_id, %error, "how the run ended is not on record");
    }
}

#[cfg(test)]
mod tests;
