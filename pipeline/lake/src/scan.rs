//! Reads the data files of a table's version as a table of the query engine.
//!
//! Invariant: what is read must be exactly the rows of the version. A table that says more about its rows than its
//! files do (deletion vectors, partitions, columns with other names) is refused, never read without it.

use super::error::Result;
use super::files::DataFile;
use super::table::{ANEW, OnTable as _, Table};
use arrow::compute::SortOptions;
use arrow::datatypes::{DataType, Field, SchemaRef};
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
use datafusion::physical_expr::expressions::col as column;
use datafusion::physical_expr::{LexOrdering, PhysicalSortExpr};
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
    /// Column in whose order all rows are, one file after the other.
    order: Option<String>,
    /// Error of reading, where the table's rows are not just those of its files: other tables can still be read.
    refused: Option<String>,
}

impl std::fmt::Debug for Scan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} data files", self.files.len())
    }
}

impl Scan {
    /// Builds the scan of some of a table's files.
    fn new(table: &Table, mut files: Vec<DataFile>) -> Result<Self> {
        let refused =
            refusal(table, &files)?.map(|reason| table.error("reading", format!("{reason}. {ANEW}")).to_string());
        let order = order(&mut files);
        Ok(Self { schema: table.schema()?, store: table.delta().log_store().object_store(None), files, order, refused })
    }

    /// Counts of the rows and bytes of all files, as far as the log has them.
    fn totals(&self) -> Statistics {
        let mut totals = Statistics::new_unknown(&self.schema);
        let rows: Option<u64> = self.files.iter().map(DataFile::rows).sum();
        totals.num_rows = rows.map_or(Precision::Absent, |rows| Precision::Exact(at_most_usize(rows)));
        totals.total_byte_size = Precision::Inexact(at_most_usize(self.files.iter().map(DataFile::size).sum()));
        totals
    }

    /// Orders that the rows have. A key is never null, so that nulls may be said to come first or last.
    fn orderings(&self) -> Result<Vec<LexOrdering>, DataFusionError> {
        let Some(order) = &self.order else { return Ok(Vec::new()) };
        let column = column(order, &self.schema)?;
        let by =
            |nulls_first| PhysicalSortExpr::new(Arc::clone(&column), SortOptions { descending: false, nulls_first });
        Ok([false, true].into_iter().filter_map(|nulls_first| LexOrdering::new([by(nulls_first)])).collect())
    }

    /// Describes a file to the reader, with the bounds of some columns: a file without a match is not opened.
    fn file(&self, file: &DataFile, columns: &[usize]) -> PartitionedFile {
        let meta = ObjectMeta {
            location: file.place(),
            size: file.size(),
            last_modified: chrono::DateTime::UNIX_EPOCH,
            e_tag: None,
            version: None,
        };
        let described = PartitionedFile::new_from_meta(meta);
        let Some(rows) = file.rows().filter(|_| !columns.is_empty()) else { return described };
        let mut known = vec![ColumnStatistics::new_unknown(); self.schema.fields().len()];
        for place in columns {
            if let Some(bounds) = bounds(file, self.schema.field(*place)) {
                known[*place] = bounds;
            }
        }
        described.with_statistics(Arc::new(Statistics {
            num_rows: Precision::Exact(at_most_usize(rows)),
            total_byte_size: Precision::Absent,
            column_statistics: known,
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
        if let Some(refused) = &self.refused {
            return Err(DataFusionError::Execution(refused.clone()));
        }
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
        let described: Vec<usize> = (0..self.schema.fields().len())
            .filter(|place| is_bounded(self.schema.field(*place).data_type()))
            .filter(|place| {
                let name = self.schema.field(*place).name().as_str();
                names.contains(name) || self.order.as_deref() == Some(name)
            })
            .collect();
        let files: Vec<PartitionedFile> = self.files.iter().map(|file| self.file(file, &described)).collect();
        // Rows that are in order are read by ranges of their key; the bytes of others are split as they come.
        let parts = if self.order.is_some() { state.config().target_partitions() } else { 1 };
        // The reader has the store itself, so that the location here is only a name that every session knows.
        let scan = FileScanConfigBuilder::new(ObjectStoreUrl::local_filesystem(), Arc::new(source))
            .with_file_groups(parts_of(files, parts))
            .with_output_ordering(self.orderings()?)
            .with_statistics(self.totals())
            .with_projection_indices(projection.cloned())?
            .with_limit(limit.filter(|_| filters.is_empty()))
            .build();
        Ok(DataSourceExec::from_data_source(scan))
    }
}

/// Sorts the files by the key in whose order their rows are, and returns it.
///
/// `None` where one of them is of another order, or none, or where the keys of two overlap.
fn order(files: &mut [DataFile]) -> Option<String> {
    let key = files.first()?.sorted_by().filter(|key| !key.contains(','))?;
    files.sort_by_cached_key(|file| (file.ids(&key), file.texts(&key)));
    let is_sorted = files.iter().all(|file| file.sorted_by().as_ref() == Some(&key));
    let follows = |one: &DataFile, next: &DataFile| {
        let ids = one.ids(&key).zip(next.ids(&key)).is_some_and(|(one, next)| one.1 < next.0);
        ids || one.texts(&key).zip(next.texts(&key)).is_some_and(|(one, next)| one.1 < next.0)
    };
    (is_sorted && files.is_sorted_by(follows)).then_some(key)
}

/// Splits files into at most so many groups of neighbours, of about the same size.
fn parts_of(files: Vec<PartitionedFile>, parts: usize) -> Vec<FileGroup> {
    let all: u64 = files.iter().map(|file| file.object_meta.size).sum();
    let part = all.div_ceil(parts.max(1) as u64).max(1);
    let mut before = 0;
    let mut groups: Vec<(u64, Vec<PartitionedFile>)> = Vec::new();
    if files.is_empty() {
        return vec![FileGroup::default()];
    }
    for file in files {
        // A file belongs where its middle lies.
        let place = (before + file.object_meta.size / 2) / part;
        before += file.object_meta.size;
        match groups.last_mut() {
            Some((last, group)) if *last == place => group.push(file),
            _ => groups.push((place, vec![file])),
        }
    }
    groups.into_iter().map(|(_, group)| FileGroup::new(group)).collect()
}

/// Reason why the rows of these files are not just those of the table; `None` where they are.
fn refusal(table: &Table, files: &[DataFile]) -> Result<Option<String>> {
    let metadata = table.state("reading")?.metadata();
    let partitions = metadata.partition_columns();
    if !partitions.is_empty() {
        return Ok(Some(format!("it is partitioned by {}, and partitions are not read", partitions.join(", "))));
    }
    let mapping = metadata.configuration().get("delta.columnMapping.mode");
    if let Some(mode) = mapping.filter(|mode| *mode != "none") {
        return Ok(Some(format!("its columns have other names in its files (delta.columnMapping.mode is {mode})")));
    }
    let deleted = files.iter().any(DataFile::has_deleted_rows);
    Ok(deleted.then(|| "some of its rows are deleted by deletion vectors, which are not read".to_owned()))
}

/// Whether the log's bounds of such a column are used.
fn is_bounded(kind: &DataType) -> bool {
    matches!(kind, DataType::Int64 | DataType::Utf8)
}

/// Bounds of a column in a file, by the log's statistics.
fn bounds(file: &DataFile, column: &Field) -> Option<ColumnStatistics> {
    let (least, most) = match column.data_type() {
        DataType::Int64 => file.ids(column.name()).map(|(least, most)| (least.into(), most.into()))?,
        _ => file.texts(column.name()).map(|(least, most)| (ScalarValue::from(least), ScalarValue::from(most)))?,
    };
    let unknown = ColumnStatistics::new_unknown();
    Some(unknown.with_min_value(Precision::Exact(least)).with_max_value(Precision::Exact(most)))
}

fn at_most_usize(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests;
