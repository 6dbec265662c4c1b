//! Tasks that are aborted when the future that waits for them is dropped.

use super::error::{Error, Result};
use std::future::Future;

/// Handle that aborts a task when dropped: a run that is stopped must not go on writing.
pub(super) struct AbortOnDrop(tokio::task::AbortHandle);

impl AbortOnDrop {
    pub(super) fn of<T>(task: &tokio::task::JoinHandle<T>) -> Self {
        Self(task.abort_handle())
    }

    /// Whether the task has ended, also by a panic.
    pub(super) fn is_finished(&self) -> bool {
        self.0.is_finished()
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Runs a future on its own task, and aborts it when the returned future is dropped.
///
/// # Errors
/// [`Error::Task`] when the work panics.
pub async fn spawn_abortable<T: Send + 'static>(
    name: &str,
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T> {
    let task = tokio::spawn(work);
    let _end = AbortOnDrop::of(&task);
    task.await.map_err(|source| Error::Task { name: name.to_owned(), source })
}
