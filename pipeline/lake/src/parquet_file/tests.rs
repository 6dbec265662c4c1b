use super::*;
use crate::FileSizing;
use crate::write::writer_properties;
use arrow::array::{ArrayRef, Int64Array, ListBuilder, StringArray, StringBuilder};
use arrow::datatypes::{DataType, Field, Schema};
use std::sync::{Arc, Barrier};

/// Numbers, texts with nulls, and lists of texts: many enough for several threads.
fn rows(first: i64, rows: i64) -> RecordBatch {
    let numbers = || Arc::new(Int64Array::from_iter_values(first..first + rows)) as ArrayRef;
    let texts = (first..first + rows).map(|row| (row % 7 != 0).then(|| format!("text {}", row % 1_000)));
    let mut lists = ListBuilder::new(StringBuilder::new());
    for row in first..first + rows {
        lists.append_value((0..row % 4).map(|item| Some(format!("{row}/{item}"))));
    }
    let mut columns: Vec<(String, ArrayRef)> = (0..20).map(|place| (format!("number{place}"), numbers())).collect();
    columns.push(("text".to_owned(), Arc::new(texts.collect::<StringArray>())));
    columns.push(("list".to_owned(), Arc::new(lists.finish())));
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true))).unwrap()
}

#[test]
fn a_file_is_the_same_as_that_of_one_thread() {
    const ROWS: i64 = 10_000;
    let (schema, properties) = (rows(0, 1).schema(), || writer_properties(FileSizing::WIDE));
    assert_eq!(threads_for(schema.fields().len(), 10_000), *THREADS);
    let mut alone = ArrowWriter::try_new(Vec::new(), Arc::clone(&schema), Some(properties())).unwrap();
    let mut file = ParquetFile::new(Vec::new(), &schema, properties()).unwrap();
    for group in 0..3 {
        for part in 0..2 {
            let batch = rows((2 * group + part) * ROWS, ROWS);
            alone.write(&batch).unwrap();
            file.encode(&batch).unwrap();
        }
        assert_eq!(file.rows_in_group(), 20_000);
        assert!(file.bytes_in_group() > 0);
        alone.flush().unwrap();
        file.end_group().unwrap();
        assert_eq!((file.rows_in_group(), file.bytes_in_group()), (0, 0));
    }
    assert!(alone.into_inner().unwrap() == file.into_inner().unwrap(), "the bytes differ");
}

#[test]
fn rows_of_another_schema_are_refused() {
    let schema = Arc::new(Schema::new(vec![Field::new("number0", DataType::Int64, true)]));
    for make in [ParquetFile::new, ParquetFile::adapting] {
        let mut file = make(Vec::new(), &schema, writer_properties(FileSizing::WIDE)).unwrap();
        assert!(file.encode(&RecordBatch::new_empty(Arc::new(Schema::empty()))).is_err());
    }
}

#[test]
fn results_are_in_the_order_of_the_items_and_an_error_is_none_of_them() {
    for threads in [1, 4] {
        let doubled = side_by_side(0..1_000, threads, |item| Ok(2 * item)).unwrap();
        assert_eq!(doubled, (0..1_000).map(|item| 2 * item).collect::<Vec<_>>());
        let refuse = |item| if item == 700 { Err(ParquetError::General("refused".into())) } else { Ok(item) };
        assert!(side_by_side(0..1_000, threads, refuse).is_err());
    }
}

#[test]
fn a_page_of_the_api_and_a_narrow_batch_are_encoded_by_one_thread() {
    assert_eq!((threads_for(250, 1_000), threads_for(10, 8_192)), (1, 1));
    let group = |rows_at_a_time: i64| {
        let mut file = ParquetFile::new(Vec::new(), &rows(0, 1).schema(), writer_properties(FileSizing::WIDE)).unwrap();
        (0..10_000).step_by(usize::try_from(rows_at_a_time).unwrap()).for_each(|first| {
            file.encode(&rows(first, rows_at_a_time)).unwrap();
        });
        file.begun.map(|group| (group.rows, group.threads))
    };
    assert_eq!(group(1_000), Some((10_000, 1)), "ended on the thread on which its pages were encoded");
    assert_eq!(group(10_000), Some((10_000, *THREADS)));
}

#[test]
#[should_panic(expected = "on another thread")]
fn a_panic_of_a_thread_is_passed_on() {
    let here = std::thread::current().id();
    let panics = Barrier::new(2);
    let _ = side_by_side(0..2, 2, |_| {
        panics.wait();
        assert!(std::thread::current().id() == here, "on another thread");
        Ok(())
    });
}
