//! Errors of a run, in words for its user, and their exit status.

use crate::client::{self, ClientError};
use crate::lake;
pub use crate::lake::{BoxError, ResultExt};
use crate::settings::SettingsError;
use tokio::task::JoinError;

/// Error that ends a command early.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command line or the environment is not usable as given.
    #[error("{0}")]
    Usage(String),
    /// The API could not be read.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// A page or record could not be decoded or flattened.
    #[error("{what}: {source}")]
    Data {
        /// The entity or table.
        what: String,
        /// Why.
        source: BoxError,
    },
    /// What was fetched is not all there is.
    #[error(
        "{entity}: {fetched} records were fetched, but the API counts {counted}; the table stays as it was. Run again; \
         if it persists, compare the API member's rights"
    )]
    Incomplete {
        /// The entity.
        entity: String,
        /// Distinct ids fetched.
        fetched: u64,
        /// What `/count` returned.
        counted: String,
    },
    /// The tables or their storage could not be read or written.
    #[error(transparent)]
    Lake(#[from] lake::Error),
    /// A query failed.
    #[error("{0}")]
    Query(#[source] BoxError),
    /// The local disk failed (staging, output files).
    #[error("{action}: {source}")]
    Io {
        /// What was tried, with the path.
        action: String,
        /// What the system said.
        source: std::io::Error,
    },
}

impl Error {
    /// Returns the exit status of a command that ends with this error.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Usage(_) | Error::Lake(lake::Error::Usage(_)) => 2,
            _ => 1,
        }
    }

    /// Returns its text after the name of the entity, which is not repeated.
    pub(crate) fn of(&self, entity: &str) -> String {
        let text = self.to_string();
        if text.starts_with(&format!("{entity}: ")) { text } else { format!("{entity}: {text}") }
    }

    /// Returns whether the next run can resume from what was fetched: the API or the local disk failed, or the runtime
    /// ended with all of its tasks.
    pub(crate) fn is_resumable(&self) -> bool {
        match self {
            Error::Client(_) | Error::Io { .. } => true,
            Error::Lake(error) if error.is_resumable() => true,
            error => is_of_ended_task(error),
        }
    }

    /// Returns whether the API has no such list, or the login has no right to it.
    pub(crate) fn is_no_access(&self) -> bool {
        matches!(self, Error::Client(ClientError::Forbidden { .. } | ClientError::NotFound { .. }))
    }

    /// Creates an error of a table.
    pub fn table(layer: &str, table: &str, action: &str, source: impl Into<BoxError>) -> Self {
        lake::Error::table(layer, table, action, source).into()
    }

    /// Creates an error of data.
    pub fn data(what: impl Into<String>, source: impl Into<BoxError>) -> Self {
        Error::Data { what: what.into(), source: source.into() }
    }

    /// Creates an error of a query.
    pub fn query(source: impl Into<BoxError>) -> Self {
        Error::Query(source.into())
    }

    /// Creates an error of the local disk.
    pub fn io(action: impl Into<String>, source: std::io::Error) -> Self {
        Error::Io { action: action.into(), source }
    }
}

impl From<client::Error> for Error {
    fn from(error: client::Error) -> Self {
        match error {
            client::Error::Request(error) => Error::Client(error),
            client::Error::Data { what, source } => Error::data(what, source),
            other => Error::Usage(other.to_string()),
        }
    }
}

impl From<SettingsError> for Error {
    fn from(error: SettingsError) -> Self {
        Error::Usage(error.to_string())
    }
}

/// The result of most functions here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Whether a task that was ended, and did not fail, is the cause of an error. One that waits for it may learn of it while
/// the runtime ends.
fn is_of_ended_task(error: &(dyn std::error::Error + 'static)) -> bool {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.filter_map(|cause| cause.downcast_ref::<JoinError>()).any(JoinError::is_cancelled)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ended() -> JoinError {
        let task = tokio::spawn(std::future::pending::<()>());
        task.abort();
        task.await.unwrap_err()
    }

    #[tokio::test]
    async fn what_was_fetched_is_of_use_where_a_task_was_ended_and_not_where_it_panicked() {
        let of_lake = |source| Error::Lake(lake::Error::Task { name: "a table".to_owned(), source });
        assert!(Error::data("TimeEntry", ended().await).is_resumable());
        assert!(Error::table("bronze", "cw_timeentry", "writing", ended().await).is_resumable());
        assert!(of_lake(ended().await).is_resumable());
        let panicked = async || tokio::spawn(async { panic!("odd") }).await.unwrap_err();
        assert!(!Error::data("TimeEntry", panicked().await).is_resumable());
        assert!(!of_lake(panicked().await).is_resumable());
    }
}
