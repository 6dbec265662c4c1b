//! Column settings: how the columns of a row group are encoded, by what its first rows hold.
//!
//! Most columns of a wide table are empty or repeat a few values. A dictionary's hash table and a compressor take 200 KB
//! for each column that is being encoded, and save next to nothing there. Where hardly a value is repeated, a dictionary
//! is the column once more.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType};
use datafusion::common::HashSet;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnDescPtr;
use xxhash_rust::xxh3::xxh3_64;

/// Fewer first rows than that say nothing of a row group.
const LEAST_ROWS: usize = 256;
/// Least number of values that are looked at, where there are as many.
const SAMPLE: usize = 256;
/// Most values of which one is looked at.
const STEP: usize = 4;
/// Fewer values than that say nothing of the others.
const LEAST_VALUES: usize = 32;
/// Number of different values among them that a dictionary alone makes small: each is a few bits.
const FEW: usize = 8;
/// One value in so many of the sample is a repeated one at most where a dictionary saves little: that is so where there are
/// at least eight times as many different values as are looked at.
const RARE: usize = 16;
/// Bytes a row of texts that a dictionary surely holds.
const SHORT: usize = 32;

/// What the first rows of a column hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    /// Nulls alone.
    Empty,
    /// A few values, again and again.
    Few,
    /// Values that are seldom repeated.
    Distinct,
    /// Anything else.
    Many,
}

/// Returns the properties for a row group that begins with these rows.
pub(super) fn settings_for(
    base: &WriterProperties,
    columns: &[ColumnDescPtr],
    first: &RecordBatch,
) -> WriterProperties {
    if first.num_rows() < LEAST_ROWS {
        return base.clone();
    }
    let mut contents = Vec::with_capacity(columns.len());
    first.columns().iter().for_each(|column| look(column, false, &mut contents));
    let mut properties = base.clone().into_builder();
    for (column, content) in columns.iter().zip(contents) {
        if matches!(content, Content::Empty | Content::Few) {
            properties = properties.set_column_compression(column.path().clone(), Compression::UNCOMPRESSED);
        }
        if matches!(content, Content::Empty | Content::Distinct) {
            properties = properties.set_column_dictionary_enabled(column.path().clone(), false);
        }
    }
    properties.build()
}

/// Looks at the columns below one, in the order in which Parquet has them.
fn look(array: &dyn Array, is_repeated: bool, contents: &mut Vec<Content>) {
    match array.data_type() {
        DataType::Struct(_) => array.as_struct().columns().iter().for_each(|part| look(part, is_repeated, contents)),
        DataType::List(_) => look(array.as_list::<i32>().values(), true, contents),
        DataType::Map(..) => array.as_map().entries().columns().iter().for_each(|part| look(part, true, contents)),
        _ => contents.push(content(array, is_repeated)),
    }
}

fn content(array: &dyn Array, is_repeated: bool) -> Content {
    let content = match array.data_type() {
        _ if array.null_count() == array.len() => return Content::Empty,
        DataType::Boolean => Content::Few,
        DataType::Int64 => sampled(array, &|row| array.as_primitive::<Int64Type>().value(row)),
        DataType::Float64 => {
            sampled(array, &|row| array.as_primitive::<Float64Type>().value(row).to_bits().cast_signed())
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            sampled(array, &|row| array.as_primitive::<TimestampMicrosecondType>().value(row))
        }
        DataType::Utf8 => {
            let texts = array.as_string::<i32>();
            let offsets = texts.value_offsets();
            let bytes = offsets.last().zip(offsets.first()).map_or(0, |(to, from)| to - from);
            let is_short = usize::try_from(bytes).is_ok_and(|bytes| bytes <= SHORT * texts.len());
            match sampled(array, &|row| xxh3_64(texts.value(row).as_bytes()).cast_signed()) {
                Content::Few if !is_short => Content::Many,
                content => content,
            }
        }
        _ => Content::Many,
    };
    // How often each value is repeated is stored, too, and compresses well.
    if is_repeated && content == Content::Few { Content::Many } else { content }
}

/// What a sample of the values says; values are told apart by a number of each row's.
fn sampled(array: &dyn Array, value: &dyn Fn(usize) -> i64) -> Content {
    let valid = array.len() - array.null_count();
    let step = (valid / SAMPLE).clamp(1, STEP);
    let (mut looked_at, mut repeated, mut next) = (0, 0, 0);
    let mut seen = HashSet::new();
    for (at, row) in (0..array.len()).filter(|row| array.is_valid(*row)).enumerate() {
        if at != next {
            continue;
        }
        looked_at += 1;
        // One of each `step` values, at changing places: values may come round as often as the step does.
        next = looked_at * step + (looked_at.wrapping_mul(0x9e37_79b1) >> 16) % step;
        repeated += usize::from(!seen.insert(value(row)));
        if seen.len() > FEW && repeated > valid / step / RARE {
            return Content::Many;
        }
    }
    match seen.len() {
        _ if looked_at < LEAST_VALUES => Content::Many,
        0..=FEW => Content::Few,
        _ if repeated <= looked_at / RARE => Content::Distinct,
        _ => Content::Many,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FileSizing;
    use crate::parquet_file::ParquetFile;
    use crate::write::writer_properties;
    use arrow::array::{
        ArrayRef, BooleanArray, Float64Array, Int64Array, ListBuilder, StringArray, StringBuilder, StructArray,
        TimestampMicrosecondArray, new_null_array,
    };
    use arrow::datatypes::Field;
    use bytes::Bytes;
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    use std::sync::Arc;

    /// A column that is empty up to a row, one of few values, one of many, one of distinct ones, lists of the same text, and a struct of an
    /// empty text and few numbers.
    fn rows(first: i64, empty_to: i64) -> RecordBatch {
        let numbers = || first..first + 1_000;
        let mut lists = ListBuilder::new(StringBuilder::new());
        numbers().for_each(|row| lists.append_value((0..row % 3).map(|_| Some("same"))));
        let nothing = new_null_array(&DataType::Utf8, 1_000);
        let few: ArrayRef = Arc::new(numbers().map(|row| Some(row % 5)).collect::<Int64Array>());
        let parts = StructArray::from(vec![
            (Arc::new(Field::new("nothing", DataType::Utf8, true)), nothing),
            (Arc::new(Field::new("few", DataType::Int64, true)), few),
        ]);
        let columns: Vec<(&str, ArrayRef)> = vec![
            (
                "late",
                Arc::new(numbers().map(|row| (row >= empty_to).then(|| row.to_string())).collect::<StringArray>()),
            ),
            ("few", Arc::new(numbers().map(|row| Some(format!("text {}", row % 7))).collect::<StringArray>())),
            ("many", Arc::new(numbers().map(|row| Some(row % 100)).collect::<Int64Array>())),
            ("distinct", Arc::new(numbers().collect::<Int64Array>())),
            ("rare", Arc::new(numbers().map(|row| (row % 100 == 0).then_some("text")).collect::<StringArray>())),
            ("lists", Arc::new(lists.finish())),
            ("parts", Arc::new(parts)),
        ];
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)))
            .unwrap()
    }

    #[test]
    fn what_a_column_holds_is_told_by_its_values() {
        let of = |array: ArrayRef| content(&array, false);
        let texts = |text: fn(i64) -> Option<String>| of(Arc::new((0..1_000).map(text).collect::<StringArray>()));
        let numbers = |number: fn(i64) -> Option<i64>| of(Arc::new((0..1_000).map(number).collect::<Int64Array>()));
        assert_eq!(numbers(|_| None), Content::Empty);
        assert_eq!(numbers(|row| Some(row % 8)), Content::Few);
        assert_eq!(numbers(|row| Some(row % 9)), Content::Many);
        assert_eq!(numbers(|row| Some(row % 300)), Content::Many);
        assert_eq!(numbers(|row| Some(row % 900)), Content::Distinct, "one in ten repeated, and seldom seen twice");
        assert_eq!(numbers(|row| (row < 32).then_some(row)), Content::Distinct);
        assert_eq!(numbers(|row| (row < 31).then_some(row)), Content::Many, "too few to tell");
        assert_eq!(numbers(|row| (row < 32).then_some(1)), Content::Few);
        assert_eq!(numbers(|row| (row < 31).then_some(1)), Content::Many, "too few to tell");
        assert_eq!(texts(|row| Some((row % 8).to_string().repeat(32))), Content::Few);
        assert_eq!(texts(|row| Some((row % 8).to_string().repeat(33))), Content::Many, "long texts");
        let rare = |row: i64| Some(if row % 10 == 0 { format!("a text of its own, {row}") } else { String::new() });
        assert_eq!(texts(rare), Content::Many, "most are empty, the others all differ");
        assert_eq!(
            of(Arc::new((0..1_000).map(|row| Some(f64::from(row % 4))).collect::<Float64Array>())),
            Content::Few
        );
        assert_eq!(
            of(Arc::new((0..1_000).map(|row| Some(f64::from(row))).collect::<Float64Array>())),
            Content::Distinct
        );
        assert_eq!(of(Arc::new((0..1_000).map(|row| Some(row % 3 == 0)).collect::<BooleanArray>())), Content::Few);
        let instants = |of: fn(i64) -> i64| (0..1_000).map(|row| Some(of(row))).collect::<TimestampMicrosecondArray>();
        assert_eq!(of(Arc::new(instants(|_| 5).with_timezone("UTC"))), Content::Few);
        assert_eq!(of(Arc::new(instants(|row| row).with_timezone("UTC"))), Content::Distinct);
        assert_eq!(texts(|row| Some(row.to_string().repeat(33))), Content::Distinct, "long or not");
        let flags: ArrayRef = Arc::new((0..1_000).map(|row| Some(row % 3 == 0)).collect::<BooleanArray>());
        assert_eq!(content(&flags, true), Content::Many, "inside a list");
    }

    #[test]
    fn few_first_rows_say_nothing() {
        let schema = rows(0, 0).schema();
        for (first, dictionaries) in [(256, [false, true]), (255, [true, true])] {
            let mut file = ParquetFile::adapting(Vec::new(), &schema, writer_properties(FileSizing::WIDE)).unwrap();
            file.encode(&rows(0, 256).slice(0, first)).unwrap();
            file.encode(&rows(0, 0)).unwrap();
            let reader = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(file.into_inner().unwrap())).unwrap();
            let columns = reader.metadata().row_group(0).columns();
            let of = |column: usize| columns[column].dictionary_page_offset().is_some();
            assert_eq!([of(0), of(1)], dictionaries, "{first} rows");
        }
    }

    #[test]
    fn a_row_group_is_encoded_by_what_its_first_rows_hold_and_holds_all_of_them() {
        let schema = rows(0, 0).schema();
        let mut file = ParquetFile::adapting(Vec::new(), &schema, writer_properties(FileSizing::WIDE)).unwrap();
        let groups = [[rows(0, 1_500), rows(1_000, 1_500)], [rows(2_000, 0), rows(3_000, 0)]];
        for group in &groups {
            group.iter().for_each(|batch| file.encode(batch).unwrap());
            file.end_group().unwrap();
        }
        let reader = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(file.into_inner().unwrap())).unwrap();
        let settings = |group: usize| -> Vec<(String, bool, bool)> {
            let columns = reader.metadata().row_group(group).columns();
            let of = |column: &parquet::file::metadata::ColumnChunkMetaData| {
                let is_compressed = column.compression() != Compression::UNCOMPRESSED;
                (column.column_path().string(), is_compressed, column.dictionary_page_offset().is_some())
            };
            columns.iter().map(of).collect()
        };
        let expected = |late: (bool, bool)| {
            let columns = [
                ("late", late.0, late.1),
                ("few", false, true),
                ("many", true, true),
                ("distinct", true, false),
                ("rare", true, true),
                ("lists.list.item", true, true),
                ("parts.nothing", false, false),
                ("parts.few", false, true),
            ];
            columns.map(|(name, compressed, dictionary)| (name.to_owned(), compressed, dictionary)).to_vec()
        };
        assert_eq!(settings(0), expected((false, false)));
        assert_eq!(settings(1), expected((true, false)));
        let read: Vec<RecordBatch> = reader.with_batch_size(1_000).build().unwrap().map(Result::unwrap).collect();
        assert_eq!(read, groups.concat());
    }
}
