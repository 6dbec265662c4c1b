//! Parquet footers: the metadata that names the writer, and the check for files that Spark refuses.
//!
//! Spark 3 reads no dates before 15 October 1582 and no instants before 1900 from a file whose footer does not say in
//! which calendar they were written: one mistyped date would make a table unreadable. A file that names a Spark from
//! 3.0 on is read as it stands, in the proleptic Gregorian calendar that everyone else has.
//!
//! Invariant: every data file that is written here must name such a Spark. Files of earlier versions that Spark refuses
//! are rewritten by `maintain`.

use super::error::Result;
use super::files::DataFile;
use super::table::{OnTable as _, Table};
use deltalake::logstore::object_store::ObjectStoreExt as _;
use deltalake::parquet::basic::{ConvertedType, LogicalType};
use deltalake::parquet::errors::ParquetError;
use deltalake::parquet::file::metadata::{ColumnChunkMetaData, KeyValue, ParquetMetaData, ParquetMetaDataReader};
use deltalake::parquet::file::statistics::Statistics;
use futures::{StreamExt as _, TryStreamExt as _};

/// The key under which Spark writes its version into a footer.
const KEY: &str = "org.apache.spark.version";
/// A Spark version whose calendar is that of the files: any from 3.0 on.
const VERSION: &str = "3.5.0";
/// 1900-01-01 in days since 1970: Spark may refuse dates and instants before it.
const FIRST_DAY: i64 = -25_567;
const MICROS_A_DAY: i64 = 86_400_000_000;
/// Bytes at the end of a file into which most footers fit.
const FOOTER: u64 = 64 * 1024;
/// Number of footers fetched concurrently.
const FOOTERS_AT_ONCE: usize = 16;

/// Key-value metadata that a file's footer must carry.
pub fn footer_metadata() -> Vec<KeyValue> {
    vec![KeyValue::new(KEY.to_owned(), VERSION.to_owned())]
}

impl Table {
    /// Whether Spark refuses to read one of the files because of old dates.
    ///
    /// # Errors
    /// [`super::Error::Table`] when a footer can't be read.
    pub(super) async fn has_refused_dates(&self) -> Result<bool> {
        let refused = futures::stream::iter(self.files()?)
            .map(|file| async move { self.footer(&file).await.map(|footer| is_refused(&footer)) });
        refused.buffer_unordered(FOOTERS_AT_ONCE).try_any(std::future::ready).await
    }

    async fn footer(&self, file: &DataFile) -> Result<ParquetMetaData> {
        const ACTION: &str = "reading a footer";
        let store = self.delta().log_store().object_store(None);
        let (place, size) = (file.place(), file.size());
        let mut length = FOOTER.min(size);
        loop {
            let end = store.get_range(&place, size - length..size).await.on_table(self, ACTION)?;
            let mut reader = ParquetMetaDataReader::new();
            match reader.try_parse_sized(&end, size) {
                Ok(()) => return reader.finish().on_table(self, ACTION),
                Err(ParquetError::NeedMoreData(needed)) if length < size && needed as u64 > length => {
                    length = size.min(needed as u64);
                }
                Err(error) => return Err(self.error(ACTION, error)),
            }
        }
    }
}

fn is_refused(footer: &ParquetMetaData) -> bool {
    let said = footer.file_metadata().key_value_metadata();
    let is_marked = said.is_some_and(|said| said.iter().any(|pair| pair.key == KEY));
    !is_marked && footer.row_groups().iter().flat_map(|group| group.columns()).any(may_hold_old_dates)
}

/// Whether a column of dates or instants may hold an old one, by its minimum where that is known.
fn may_hold_old_dates(column: &ColumnChunkMetaData) -> bool {
    let described = column.column_descr();
    let unit = match (described.logical_type_ref(), described.converted_type()) {
        (Some(LogicalType::Date), _) | (_, ConvertedType::DATE) => 1,
        (Some(LogicalType::Timestamp { .. }), _) | (_, ConvertedType::TIMESTAMP_MICROS) => MICROS_A_DAY,
        _ => return false,
    };
    let least = match column.statistics() {
        Some(Statistics::Int32(values)) => values.min_opt().map(|least| i64::from(*least)),
        Some(Statistics::Int64(values)) => values.min_opt().copied(),
        _ => None,
    };
    let only_null = column.statistics().and_then(Statistics::null_count_opt) == u64::try_from(column.num_values()).ok();
    !only_null && least.is_none_or(|least| least < FIRST_DAY * unit)
}

#[cfg(test)]
mod tests {
    use super::super::Lakehouse;
    use super::super::testing::lake;
    use super::*;
    use arrow::array::{ArrayRef, Int64Array, RecordBatch, TimestampMicrosecondArray};
    use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
    use deltalake::parquet::file::properties::WriterProperties;
    use deltalake::writer::{DeltaWriter as _, RecordBatchWriter};
    use std::sync::Arc;

    fn rows(instants: &[Option<i64>]) -> RecordBatch {
        let at = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        let inner = vec![Field::new("at", at, true)];
        let fields = vec![
            Field::new("id", DataType::Int64, false),
            Field::new("in", DataType::Struct(inner.clone().into()), true),
        ];
        let ids: Int64Array = (0..).take(instants.len()).collect();
        let instants = TimestampMicrosecondArray::from(instants.to_vec()).with_timezone("UTC");
        let inner = arrow::array::StructArray::new(inner.into(), vec![Arc::new(instants) as ArrayRef], None);
        RecordBatch::try_new(Arc::new(Schema::new(fields)), vec![Arc::new(ids), Arc::new(inner)]).unwrap()
    }

    /// A table with rows as an earlier version wrote them.
    async fn written_earlier(lake: &Lakehouse, rows: RecordBatch) -> Table {
        let mut table = Table::create_or_evolve(lake, "silver", "cw_test", &rows.schema()).await.unwrap();
        let mut delta = table.delta().clone();
        let writer = RecordBatchWriter::for_table(&delta).unwrap();
        let mut writer = writer.with_writer_properties(WriterProperties::builder().build());
        writer.write(rows).await.unwrap();
        writer.flush_and_commit(&mut delta).await.unwrap();
        table.show(delta);
        table
    }

    #[tokio::test]
    async fn files_that_spark_refuses_are_found_and_written_anew() {
        let first = FIRST_DAY * MICROS_A_DAY;
        for (instants, refused) in [
            (vec![Some(0), Some(first), None], false),
            (vec![Some(0), Some(first - 1)], true),
            (vec![Some(-62_135_596_800_000_000)], true),
            (vec![None], false),
        ] {
            let (_folder, lake) = lake(100);
            let mut table = written_earlier(&lake, rows(&instants)).await;
            assert_eq!(table.has_refused_dates().await.unwrap(), refused, "{instants:?}");
            let frame = table.frame().unwrap();
            table.rearrange(frame).await.unwrap();
            assert!(!table.has_refused_dates().await.unwrap(), "{instants:?}");
            assert_eq!(table.rows().await.unwrap(), instants.len() as u64);
        }
    }
}
