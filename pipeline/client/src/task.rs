//! Work that others wait for, on its own task.

use std::future::Future;
use tokio::task::JoinSet;

/// Runs work on its own task: it goes on while the returned future is not polled, and ends when that is dropped.
///
/// What holds a permit or a lock over a request must run so. A stream asks for its next page early, and is then left
/// alone while another list is read: that list would wait for the permit for ever.
pub(crate) async fn on_its_own<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let mut tasks = JoinSet::new();
    tasks.spawn(work);
    match tasks.join_next().await {
        Some(Ok(done)) => done,
        Some(Err(error)) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        // The runtime ends, and with it whoever waits.
        _ => std::future::pending().await,
    }
}
