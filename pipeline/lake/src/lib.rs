//! Delta tables on local disk or object storage: sessions, upserts, staging, the lock, maintenance.
//!
//! Invariant: every change of a table must be one Delta commit, and never leave a table between two states. Nothing
//! here knows where rows come from or what they mean: the program that owns the tables describes them with a
//! [`Warehouse`].

mod assembled_file;
mod changed_keys;
mod column_settings;
mod disk_quota;
pub mod error;
mod file_sizing;
mod file_statistics;
mod files;
mod filters_below_joins;
mod footer;
mod holder;
mod key_set;
mod lakehouse;
mod literal;
pub mod lock;
mod maintain;
mod merge;
mod parquet_file;
mod patch;
mod place;
mod process;
mod read_ahead;
mod rewrite_plan;
mod scan;
mod schema;
pub mod session;
mod sorted_merge;
mod sorted_runs;
mod stage;
mod staged_file;
mod staging;
mod storage;
mod stored_rows;
mod table;
mod table_def;
mod task;
#[cfg(test)]
mod testing;
mod time_travel;
mod upsert;
mod version_diff;
mod writable;
mod write;

pub use assembled_file::Constants;
pub use error::{BoxError, Error, Result, ResultExt};
pub use file_sizing::FileSizing;
pub use files::DataFile;
pub use footer::footer_metadata;
pub use key_set::KeySet;
pub use lakehouse::{Lakehouse, Layout, definition, sorts_at_once};
pub use maintain::{MaintenanceOptions, MaintenanceResult, RETENTION_HOURS, maintain};
pub use place::folder_of;
pub use process::{Process, interrupted, leave_signals, request_stop, signals_are_left};
pub use read_ahead::ReadAhead;
pub use schema::{SchemaDifference, cast_to_schema, compare_schemas};
pub use sorted_runs::{Between, SortedRun, StagedForm};
pub use stage::{Stage, StageConfig, private_folder};
pub use staged_file::{Format, StagedFile, longs};
pub use storage::{StorageOptions, TokenSource};
pub use table::{Counts, OnTable, Table};
pub use table_def::{TableDef, Warehouse};
pub use task::spawn_abortable;
pub use time_travel::{AsOf, Then, at_time};
pub use upsert::{Scope, Target, content_columns, upsert, upsert_table};
pub use version_diff::{ChangedFiles, VersionDiff};
