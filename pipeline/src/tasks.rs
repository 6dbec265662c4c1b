//! Work side by side.

use crate::error::{Error, Result};
use std::future::Future;

/// Ends a task with whoever waits for it: a run that is stopped must not go on writing.
struct AbortOnDrop(tokio::task::AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Does work in a task of its own, on whichever core is free; it ends with whoever waits for it.
///
/// # Errors
/// [`Error::Data`] when the work panics.
pub(crate) async fn apart<T: Send + 'static>(name: &str, work: impl Future<Output = T> + Send + 'static) -> Result<T> {
    let task = tokio::spawn(work);
    let _end = AbortOnDrop(task.abort_handle());
    task.await.map_err(|error| Error::data(name, error))
}
