//! Saved logs: the content of all logs in one object, so that a command reads it by one request.
//!
//! Each entry carries the entity tag of its object. An entry whose object has another tag by now is not used, so that
//! the saved logs may be old, or missing, and are never wrong.

use super::super::error::BoxError;
use arrow::array::{Array as _, AsArray as _, BinaryArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use bytes::Bytes;
use deltalake::Path;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use std::sync::Arc;

/// Object of a log, as it was saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SavedLog {
    pub(super) path: Path,
    pub(super) tag: String,
    pub(super) content: Bytes,
}

/// Encodes logs as one object.
pub(super) fn encode(logs: &[SavedLog]) -> Result<Bytes, BoxError> {
    let schema = Arc::new(Schema::new(vec![
        Field::new("path", DataType::Utf8, false),
        Field::new("tag", DataType::Utf8, false),
        Field::new("content", DataType::Binary, false),
    ]));
    let columns = vec![
        Arc::new(logs.iter().map(|log| Some(log.path.as_ref())).collect::<StringArray>()) as _,
        Arc::new(logs.iter().map(|log| Some(log.tag.as_str())).collect::<StringArray>()) as _,
        Arc::new(logs.iter().map(|log| Some(log.content.as_ref())).collect::<BinaryArray>()) as _,
    ];
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns)?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_dictionary_enabled(false)
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), schema, Some(properties))?;
    writer.write(&batch)?;
    Ok(Bytes::from(writer.into_inner()?))
}

/// Decodes what [`encode`] made.
pub(super) fn decode(bytes: Bytes) -> Result<Vec<SavedLog>, BoxError> {
    let mut logs = Vec::new();
    for batch in ParquetRecordBatchReaderBuilder::try_new(bytes)?.build()? {
        let batch = batch?;
        let [paths, tags, contents] = batch.columns() else { return Err("three columns were expected".into()) };
        let (Some(paths), Some(tags)) = (paths.as_string_opt::<i32>(), tags.as_string_opt::<i32>()) else {
            return Err("texts were expected".into());
        };
        let contents = contents.as_binary_opt::<i32>().ok_or("bytes were expected")?;
        for row in (0..batch.num_rows()).filter(|row| !contents.is_null(*row)) {
            logs.push(SavedLog {
                path: Path::parse(paths.value(row))?,
                tag: tags.value(row).to_owned(),
                content: Bytes::copy_from_slice(contents.value(row)),
            });
        }
    }
    Ok(logs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_come_back_as_they_were_and_damage_is_told() {
        let log = |name: &str, content: &'static [u8]| SavedLog {
            path: Path::from(format!("lake/gold/{name}/_delta_log/00000000000000000000.json")),
            tag: "0x8DC".to_owned(),
            content: Bytes::from_static(content),
        };
        let logs = vec![log("a", b"{}"), log("Þ", b"\xff\x00PAR1"), log("c", b"")];
        let bytes = encode(&logs).unwrap();
        assert_eq!(decode(bytes.clone()).unwrap(), logs);
        assert!(decode(bytes.slice(..bytes.len() / 2)).is_err());
        assert!(decode(encode(&[]).unwrap()).unwrap().is_empty());
    }
}
