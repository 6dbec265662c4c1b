//! Errors of tables and their storage.

use super::holder::Holder;
use super::storage::advised;

/// Source of an error, of any type.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Error of tables and their storage.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A location or folder is not usable as it is given.
    #[error("{0}")]
    Usage(String),
    /// A table could not be opened, read or written.
    #[error("{layer}/{table}: {action} failed: {source}")]
    Table {
        /// The layer: bronze, silver, gold or meta.
        layer: String,
        /// The table.
        table: String,
        /// The action that failed.
        action: String,
        /// The error of the storage or the engine.
        source: BoxError,
    },
    /// The lakehouse as a whole cannot be used.
    #[error("the lakehouse {location} cannot be used: {reason}")]
    Lakehouse {
        /// Its location.
        location: String,
        /// The reason, and what to do.
        reason: String,
    },
    /// Another process writes to the lakehouse.
    #[error(
        "the lakehouse {location} is in use: {holder}. Run again when it is done, or with --wait SECONDS; if it was \
         killed elsewhere, its lock ends {} and the next run takes over", .holder.expires_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    )]
    Locked {
        /// The lakehouse's location.
        location: String,
        /// The holder of the lock.
        holder: Box<Holder>,
    },
    /// The run was stopped by Ctrl-C or SIGTERM.
    #[error("stopped on request; what was committed is whole, and the next run goes on from there")]
    Interrupted,
    /// A query failed, or a file could not be read back.
    #[error("{0}")]
    Query(#[source] BoxError),
    /// Rows could not be converted for staging.
    #[error("staging: {0}")]
    Staging(#[source] arrow::error::ArrowError),
    /// A task panicked.
    #[error("{name}: {source}")]
    Task {
        /// The task's name.
        name: String,
        /// The panic.
        source: tokio::task::JoinError,
    },
    /// The local disk could not be read or written.
    #[error("{action}: {source}")]
    Io {
        /// The action that failed, with the path.
        action: String,
        /// The system's error.
        source: std::io::Error,
    },
}

impl Error {
    /// Error of a table.
    pub fn table(layer: &str, table: &str, action: &str, source: impl Into<BoxError>) -> Self {
        Error::Table {
            layer: layer.to_owned(),
            table: table.to_owned(),
            action: action.to_owned(),
            source: advised(source.into()),
        }
    }

    /// Error of a query.
    pub fn query(source: impl Into<BoxError>) -> Self {
        Error::Query(source.into())
    }

    /// Error of the local disk.
    pub fn io(action: impl Into<String>, source: std::io::Error) -> Self {
        Error::Io { action: action.into(), source }
    }

    /// Whether a later run can resume from staged files: the local disk failed, not their content.
    pub fn is_resumable(&self) -> bool {
        matches!(self, Error::Io { .. })
    }
}

/// Result of most functions here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Extension of results that adds the table to an error.
pub trait ResultExt<T> {
    /// Converts the error into one of this table.
    ///
    /// # Errors
    /// [`Error::Table`].
    fn on(self, layer: &str, table: &str, action: &str) -> Result<T>;
}

impl<T, E: Into<BoxError>> ResultExt<T> for std::result::Result<T, E> {
    fn on(self, layer: &str, table: &str, action: &str) -> Result<T> {
        self.map_err(|error| Error::table(layer, table, action, error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error as _;

    #[test]
    fn a_table_s_error_keeps_its_source_and_names_the_table() {
        let failed: std::result::Result<(), _> = Err(std::io::Error::other("no room"));
        let error = failed.on("bronze", "cw_member", "replacing").unwrap_err();
        assert_eq!(error.to_string(), "bronze/cw_member: replacing failed: no room");
        assert!(error.source().unwrap().is::<std::io::Error>());
        assert_eq!(
            Err::<(), _>("odd").on("gold", "x", "reading").unwrap_err().to_string(),
            "gold/x: reading failed: odd"
        );
    }

    #[test]
    fn only_trouble_of_the_disk_leaves_what_was_staged_of_use() {
        assert!(Error::io("staging", std::io::Error::other("full")).is_resumable());
        assert!(!Error::query("odd").is_resumable() && !Error::Interrupted.is_resumable());
    }
}
