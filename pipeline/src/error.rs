//! What can go wrong in a run, in the words of the person who reads it, and the exit status that it means.

use crate::client::{self, ClientError};
use crate::settings::SettingsError;

/// Everything that ends a command early.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command line or the environment is not usable as given.
    #[error("{0}")]
    Usage(String),
    /// The API could not be read.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// A page or record could not be decoded or flattened.
    #[error("{what}: {reason}")]
    Data {
        /// The entity or table.
        what: String,
        /// Why.
        reason: String,
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
        /// What `/count` said.
        counted: String,
    },
    /// A table could not be opened, read or written.
    #[error("{layer}/{table}: {action} failed: {reason}")]
    Table {
        /// bronze, silver, gold or meta.
        layer: String,
        /// The table.
        table: String,
        /// What was tried.
        action: String,
        /// What the storage or the engine said.
        reason: String,
    },
    /// The lakehouse as a whole cannot be used.
    #[error("the lakehouse {location} cannot be used: {reason}")]
    Lakehouse {
        /// Its location.
        location: String,
        /// Why, and what to do.
        reason: String,
    },
    /// Another process writes to the lakehouse.
    #[error(
        "the lakehouse {location} is in use: {holder}. Wait for it to end and run again; if it was killed elsewhere, \
         its lock ends {} and the next run takes over", .holder.expires_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    )]
    Locked {
        /// The lakehouse's location.
        location: String,
        /// Who holds it.
        holder: Box<crate::lock::Holder>,
    },
    /// A person or the system asked for the end.
    #[error("stopped on request; what was committed is whole, and the next run goes on from there")]
    Interrupted,
    /// A query failed.
    #[error("{0}")]
    Query(String),
    /// Local disk trouble (staging, output files).
    #[error("{action}: {source}")]
    Io {
        /// What was tried, with the path.
        action: String,
        /// What the system said.
        source: std::io::Error,
    },
}

impl Error {
    /// The exit status of a command that ends with this error.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Usage(_) => 2,
            _ => 1,
        }
    }

    /// Its text with what it is of before it, once.
    pub(crate) fn of(&self, entity: &str) -> String {
        let text = self.to_string();
        if text.starts_with(&format!("{entity}: ")) { text } else { format!("{entity}: {text}") }
    }

    /// An error of a table.
    pub fn table(layer: &str, table: &str, action: &str, reason: impl std::fmt::Display) -> Self {
        Error::Table {
            layer: layer.to_owned(),
            table: table.to_owned(),
            action: action.to_owned(),
            reason: reason.to_string(),
        }
    }

    /// An error of data.
    pub fn data(what: impl Into<String>, reason: impl std::fmt::Display) -> Self {
        Error::Data { what: what.into(), reason: reason.to_string() }
    }

    /// An error of the local disk.
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
