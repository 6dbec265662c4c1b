//! The columns that the pipeline adds to every table, beside those of the records.
//!
//! The generator compiles this file too: it keeps the names free of properties, and checks SQL that reads them.

/// Type of a column of the pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EtlType {
    /// Utf8.
    Text,
    /// Timestamp(µs, "UTC").
    Timestamp,
}

/// Bronze: when the row was fetched, which is when its run began.
pub const TIMESTAMP: &str = "etlTimestamp";
/// Bronze: the entity's name.
pub const ENTITY: &str = "etlEntity";
/// Bronze: the run that fetched the row.
pub const RUN_ID: &str = "etlRunId";
/// Bronze: since when the source lacks the record; null while it has it.
pub const DELETED_AT: &str = "etlDeletedAt";

/// Silver: when the row was written, which is when its run began.
pub const PROCESSED_AT: &str = "_etl_processed_at";
/// Silver: the source of the record.
pub const SOURCE: &str = "_etl_source";
/// Silver: the run that wrote the row.
pub const BATCH_ID: &str = "_etl_batch_id";
/// Silver: since when the source lacks the record; null while it has it.
pub const SILVER_DELETED_AT: &str = "_etl_deleted_at";

/// The columns of every bronze table, after those of the records and `_unknown`: when, of what, by which run, since
/// when deleted.
pub const BRONZE: [(&str, EtlType); 4] = [
    (TIMESTAMP, EtlType::Timestamp),
    (ENTITY, EtlType::Text),
    (RUN_ID, EtlType::Text),
    (DELETED_AT, EtlType::Timestamp),
];

/// The columns of every silver table, after those of the records, in the same order.
pub const SILVER: [(&str, EtlType); 4] = [
    (PROCESSED_AT, EtlType::Timestamp),
    (SOURCE, EtlType::Text),
    (BATCH_ID, EtlType::Text),
    (SILVER_DELETED_AT, EtlType::Timestamp),
];
