//! Reads the data files of a table's version as a table of the query engine.
//!
//! Invariant: what is read must be exactly the rows of the version. A table that says more about its rows than its
//! files do (deletion vectors, partitions, columns with other names) is refused, never read without it.

use super::error::Result;
use super::files::DataFile;
use super::table::{OnTable as _, Table};
use arrow::datatypes::{DataType, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::Session;
use datafusion::common::stats::Precision;
use datafusion::common::{ColumnStatistics, DataFusionError, ScalarValue, Statistics};
use datafusion::config::TableParquetOptions;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::CachedParquetFileReaderFactory;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::{TableProvider, TableType};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::DataFrame;
use deltalake::ObjectStore;
use object_store::ObjectMeta;
use std::collections::HashSet;
use std::sync::Arc;

/// Spark writes instants as INT96 unless told otherwise; read as nanoseconds, years before 1678 would overflow.
const INSTANTS_OF_SPARK: &str = "us";

impl Table {
    /// Rows as a DataFrame.
    ///
    /// # Errors
    /// [`super::Error::Table`] when the table can't be read.
    pub fn frame(&self) -> Result<DataFrame> {
        self.lake().context().read_table(self.provider()?).on_table(self, "reading")
    }

    /// Table provider of the rows, for SQL.
    ///
    /// # Errors
    /// [`super::Error::Table`] when the table can't be read.
    pub fn provider(&self) -> Result<Arc<dyn TableProvider>> {
        self.provider_of(self.files()?)
    }

    /// Provider of the rows of some of its files.
    pub(super) fn provider_of(&self, files: Vec<DataFile>) -> Result<Arc<dyn TableProvider>> {
        Ok(Arc::new(Scan::new(self, files)?))
    }

    /// Provider of the rows of the files with these paths.
    ///
    /// # Errors
    /// [`super::Error::Table`] where the open version has no such file.
    pub(super) fn provider_of_paths(&self, paths: &[String]) -> Result<Arc<dyn TableProvider>> {
        let wanted: HashSet<&str> = paths.iter().map(String::as_str).collect();
        let mut files = self.files()?;
        files.retain(|file| wanted.contains(file.path().as_str()));
        if files.len() < wanted.len() {
            let found = files.len();
            return Err(self.error("reading", format!("the log has {found} of the {} files to read", wanted.len())));
        }
        self.provider_of(files)
    }
}

/// Data files that are read as one table.
struct Scan {
    schema: SchemaRef,
    /// Object store of the table's folder.
    store: Arc<dyn ObjectStore>,
    files: Vec<DataFile>,
}

impl std::fmt::Debug for Scan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} data files", self.files.len())
    }
}

impl Scan {
    /// Builds the scan of some of a table's files.
    ///
    /// # Errors
    /// [`super::Error::Table`] for a table whose rows are not just those of its files.
    fn new(table: &Table, files: Vec<DataFile>) -> Result<Self> {
        if let Some(reason) = refusal(table, &files)? {
            return Err(table.error("reading", reason));
        }
        Ok(Self { schema: table.schema()?, store: table.delta().log_store().object_store(None), files })
    }

    /// Counts of the rows and bytes of all files, as far as the log has them.
    fn totals(&self) -> Statistics {
        let mut totals = Statistics::new_unknown(&self.schema);
        let rows: Option<u64> = self.files.iter().map(DataFile::rows).sum();
        totals.num_rows = rows.map_or(Precision::Absent, |rows| Precision::Exact(at_most_usize(rows)));
        totals.total_byte_size = Precision::Inexact(at_most_usize(self.files.iter().map(DataFile::size).sum()));
        totals
    }

    /// Describes a file to the reader, with the bounds of the columns that are filtered by: a file without a match is
    /// not opened.
    fn file(&self, file: &DataFile, filtered: &[usize]) -> PartitionedFile {
        let meta = ObjectMeta {
            location: file.place(),
            size: file.size(),
            last_modified: chrono::DateTime::UNIX_EPOCH,
            e_tag: None,
            version: None,
        };
        let described = PartitionedFile::new_from_meta(meta);
        let Some(rows) = file.rows().filter(|_| !filtered.is_empty()) else { return described };
        let mut columns = vec![ColumnStatistics::new_unknown(); self.schema.fields().len()];
        for place in filtered {
            if let Some(bounds) = self.schema.fields().get(*place).and_then(|field| bounds(file, field.name())) {
                if let Some(column) = columns.get_mut(*place) {
                    *column = bounds;
                }
            }
        }
        described.with_statistics(Arc::new(Statistics {
            num_rows: Precision::Exact(at_most_usize(rows)),
            total_byte_size: Precision::Absent,
            column_statistics: columns,
        }))
    }
}

#[async_trait]
impl TableProvider for Scan {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    /// All filters are taken, and none is relied on: the reader leaves out rows where it can.
    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>, DataFusionError> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
        let mut parquet = TableParquetOptions::default();
        parquet.global = state.config_options().execution.parquet.clone();
        parquet.global.coerce_int96 = Some(INSTANTS_OF_SPARK.to_owned());
        let footers = state.runtime_env().cache_manager.get_file_metadata_cache();
        let reader = CachedParquetFileReaderFactory::new(Arc::clone(&self.store), footers);
        let source = ParquetSource::new(Arc::clone(&self.schema))
            .with_table_parquet_options(parquet)
            .with_parquet_file_reader_factory(Arc::new(reader))
            // Where few rows match, the wide columns of the others are never decoded.
            .with_pushdown_filters(true);
        let names: HashSet<&str> =
            filters.iter().flat_map(|filter| filter.column_refs()).map(|column| column.name.as_str()).collect();
        let filtered: Vec<usize> = (0..self.schema.fields().len())
            .filter(|place| is_bounded(self.schema.field(*place).data_type()))
            .filter(|place| names.contains(self.schema.field(*place).name().as_str()))
            .collect();
        let files: FileGroup = self.files.iter().map(|file| self.file(file, &filtered)).collect();
        // The reader has the store itself, so that the location here is only a name that every session knows.
        let scan = FileScanConfigBuilder::new(ObjectStoreUrl::local_filesystem(), Arc::new(source))
            .with_file_group(files)
            .with_statistics(self.totals())
            .with_projection_indices(projection.cloned())?
            .with_limit(limit.filter(|_| filters.is_empty()))
            .build();
        Ok(DataSourceExec::from_data_source(scan))
    }
}

/// Reason why the rows of these files are not just those of the table; `None` where they are.
fn refusal(table: &Table, files: &[DataFile]) -> Result<Option<String>> {
    let metadata = table.state("reading")?.metadata();
    let partitions = metadata.partition_columns();
    if !partitions.is_empty() {
        let by = partitions.join(", ");
        return Ok(Some(format!("the table is partitioned by {by}, and partitioned tables are not read")));
    }
    let mapping = metadata.configuration().get("delta.columnMapping.mode");
    if let Some(mode) = mapping.filter(|mode| *mode != "none") {
        return Ok(Some(format!(
            "its columns have other names in its files (delta.columnMapping.mode is {mode}), which is not read: move \
             the table away (or drop it) and run with --mode full to build it anew"
        )));
    }
    if files.iter().any(DataFile::has_deleted_rows) {
        return Ok(Some(
            "some of its rows are deleted by deletion vectors, which are not read: in Spark, run REORG TABLE … APPLY \
             (PURGE) and set delta.enableDeletionVectors to false"
                .to_owned(),
        ));
    }
    Ok(None)
}

/// Whether the log's bounds of such a column are used.
fn is_bounded(kind: &DataType) -> bool {
    matches!(kind, DataType::Int64 | DataType::Utf8)
}

/// Bounds of a column in a file, by the log's statistics.
fn bounds(file: &DataFile, column: &str) -> Option<ColumnStatistics> {
    let (least, most) = match (file.ids(column), file.texts(column)) {
        (Some((least, most)), _) => (ScalarValue::from(least), ScalarValue::from(most)),
        (None, Some((least, most))) => (ScalarValue::from(least), ScalarValue::from(most)),
        (None, None) => return None,
    };
    let unknown = ColumnStatistics::new_unknown();
    Some(unknown.with_min_value(Precision::Exact(least)).with_max_value(Precision::Exact(most)))
}

fn at_most_usize(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests;
