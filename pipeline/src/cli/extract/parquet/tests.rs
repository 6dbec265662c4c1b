use super::*;
use crate::cli::Output;
use crate::progress::Progress;
use arrow::array::{Array as _, AsArray as _, RecordBatch};
use arrow::datatypes::{Float64Type, Int64Type};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::io::Write as _;

/// Writes these records to a file and reads it back.
fn read(lines: &[&str]) -> RecordBatch {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("out.parquet");
    let mut target = OutputFile::new(place.to_str().unwrap()).unwrap();
    let mut scratch = Scratch::new().unwrap();
    for line in lines {
        writeln!(scratch.file, "{line}").unwrap();
    }
    inferred(&mut scratch, &Stop::never(), &mut target).unwrap();
    let mut output = Output::standard(Progress::silent());
    target.finish(&mut output).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(&place).unwrap()).unwrap();
    let mut batches = reader.with_batch_size(lines.len()).build().unwrap();
    let batch = batches.next().unwrap().unwrap();
    assert!(batches.next().is_none());
    batch
}

fn texts(batch: &RecordBatch, name: &str) -> Vec<Option<String>> {
    batch[name].as_string::<i32>().iter().map(|text| text.map(str::to_owned)).collect()
}

#[tokio::test]
async fn values_of_several_types_are_text() {
    let batch = read(&[
        r#"{"id":1,"v":4,"w":{"a":1},"x":[1],"y":true,"_info":{}}"#,
        r#"{"id":2,"v":"x","w":"-","x":[{"b":[2]}],"y":0,"_info":{}}"#,
        r#"{"id":3,"v":null,"w":[1.50],"x":null}"#,
    ]);
    assert_eq!(batch["id"].as_primitive::<Int64Type>().values(), &[1, 2, 3]);
    let some = |texts: [Option<&str>; 3]| texts.map(|text| text.map(str::to_owned)).to_vec();
    assert_eq!(texts(&batch, "v"), some([Some("4"), Some("x"), None]));
    assert_eq!(texts(&batch, "w"), some([Some(r#"{"a":1}"#), Some("-"), Some("[1.50]")]));
    assert_eq!(texts(&batch, "y"), some([Some("true"), Some("0"), None]));
    assert_eq!(texts(&batch, "_info"), some([Some("{}"), Some("{}"), None]));
    let lists = batch["x"].as_list::<i32>();
    assert_eq!(lists.value(0).as_string::<i32>().value(0), "1");
    assert_eq!(lists.value(1).as_string::<i32>().value(0), r#"{"b":[2]}"#);
    assert!(lists.is_null(2));
}

#[tokio::test]
async fn no_digit_is_lost() {
    let batch = read(&[
        r#"{"large":1,"fine":1.5,"mixed":9007199254740993,"plain":0.1,"both":1,"huge":1,"minus":-0.50,"power":1E+2}"#,
        r#"{"large":9223372036854775808,"fine":12345678901234567.891,"mixed":0.5,"plain":1234.5678,"both":2.25,"huge":1e400,"minus":-0,"power":-2.5e-7}"#,
    ]);
    let some = |texts: [&str; 2]| texts.map(|text| Some(text.to_owned())).to_vec();
    assert_eq!(texts(&batch, "large"), some(["1", "9223372036854775808"]));
    assert_eq!(texts(&batch, "fine"), some(["1.5", "12345678901234567.891"]));
    assert_eq!(texts(&batch, "mixed"), some(["9007199254740993", "0.5"]));
    assert_eq!(texts(&batch, "huge"), some(["1", "1e400"]));
    for (name, numbers) in
        [("plain", [0.1, 1234.5678]), ("both", [1.0, 2.25]), ("minus", [-0.5, -0.0]), ("power", [100.0, -2.5e-7])]
    {
        assert_eq!(batch[name].as_primitive::<Float64Type>().values(), &numbers, "{name}");
    }
    let whole = read(&[r#"{"n":9223372036854775807}"#, r#"{"n":-9223372036854775808}"#]);
    assert_eq!(whole["n"].as_primitive::<Int64Type>().values(), &[i64::MAX, i64::MIN]);
}

#[tokio::test]
async fn what_agrees_keeps_its_structure() {
    let batch = read(&[
        r#"{"company":{"id":1,"name":"Vík \"og\"","_info":{}},"tags":["a"],"never":null,"none":[]}"#,
        r#"{"company":{"id":2,"since":2.5,"name":null},"tags":[],"none":[null],"late":true}"#,
        "{}",
    ]);
    let company = batch["company"].as_struct();
    assert_eq!(company["id"].as_primitive::<Int64Type>().values()[..2], [1, 2]);
    assert_eq!(company["name"].as_string::<i32>().value(0), "Vík \"og\"");
    assert_eq!(company["since"].as_primitive::<Float64Type>().value(1), 2.5);
    assert!(company.is_null(2) && company["name"].is_null(1));
    assert_eq!(batch["tags"].as_list::<i32>().value(0).as_string::<i32>().value(0), "a");
    assert_eq!(batch["never"].null_count(), 3);
    assert_eq!(batch["none"].as_list::<i32>().value(1).null_count(), 1);
    assert!(batch["late"].as_boolean().value(1));
}

#[tokio::test]
async fn many_rows_come_in_their_order() {
    let lines: Vec<String> = (0..3 * LINES + 7).map(|id| format!(r#"{{"id":{id},"text":"þ{id}"}}"#)).collect();
    let batch = read(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    let ids = batch["id"].as_primitive::<Int64Type>().values();
    assert!(ids.iter().enumerate().all(|(place, id)| place as i64 == *id), "{}", ids.len());
    assert_eq!(ids.len(), lines.len());
}

#[tokio::test]
async fn a_list_without_records_is_a_file_without_columns() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("out.parquet");
    let mut target = OutputFile::new(place.to_str().unwrap()).unwrap();
    inferred(&mut Scratch::new().unwrap(), &Stop::never(), &mut target).unwrap();
    target.finish(&mut Output::standard(Progress::silent())).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(&place).unwrap()).unwrap();
    assert_eq!((reader.schema().fields().len(), reader.metadata().file_metadata().num_rows()), (0, 0));
}
