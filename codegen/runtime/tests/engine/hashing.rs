//! Row hashes: equal for equal rows, different for everything else.

use std::collections::HashSet;
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float64Array, Int32Array, Int64Array,
    RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow_cast::cast;
use arrow_schema::DataType;
use arrow_select::concat::concat_batches;
use connectwise_runtime::{Error, row_hashes};

use crate::common::{REAL, page};

fn all(batch: &RecordBatch) -> Vec<u128> {
    row_hashes(batch, &(0..batch.num_columns()).collect::<Vec<_>>()).unwrap()
}

fn of(columns: Vec<ArrayRef>) -> Vec<u128> {
    all(&RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|column| ("c", column, true))).unwrap())
}

fn texts(values: &[Option<&str>]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

fn record(properties: &str) -> u128 {
    all(&page(&format!(r#"[{{"id":1,{properties}}}]"#)).batch)[0]
}

#[test]
fn different_values_have_different_hashes() {
    let different = [
        r#""name":null"#,
        r#""name":"""#,
        r#""name":"a""#,
        r#""tags":[]"#,
        r#""tags":[null]"#,
        r#""tags":[""]"#,
        r#""tags":["",""]"#,
        r#""tags":["a","b"]"#,
        r#""tags":["b","a"]"#,
        r#""tags":["ab"]"#,
        r#""matrix":[[1],[2]]"#,
        r#""matrix":[[1,2]]"#,
        r#""matrix":[[1,2],[]]"#,
        r#""matrix":[[1,2],null]"#,
        r#""matrix":[]"#,
        r#""company":{}"#,
        r#""company":{"region":{}}"#,
        r#""company":{"id":1}"#,
        r#""company":{"name":"1"}"#,
        r#""_info":{}"#,
        r#""_info":{"a":null}"#,
        r#""_info":{"a":""}"#,
        r#""_info":{"a":"b","c":"d"}"#,
        r#""_info":{"a":"d","c":"b"}"#,
        r#""count":0"#,
        r#""count":1"#,
        r#""amount":0.0"#,
        r#""amount":-0.0"#,
        r#""amount":1"#,
        r#""active":false"#,
        r#""active":true"#,
        r#""at":"1970-01-01""#,
        r#""extra":"a""#,
        r#""x":1"#,
    ];
    let hashes: HashSet<u128> = different.iter().map(|json| record(json)).collect();
    assert_eq!(hashes.len(), different.len());
}

#[test]
fn position_counts() {
    let (a, b) = (texts(&[Some("a")]), texts(&[Some("b")]));
    assert_ne!(of(vec![a.clone(), b.clone()]), of(vec![b, a.clone()]));
    let null = texts(&[None]);
    assert_ne!(of(vec![a.clone(), null.clone()]), of(vec![null, a]));
    assert_ne!(
        of(vec![texts(&[Some("ab")]), texts(&[Some("c")])]),
        of(vec![texts(&[Some("a")]), texts(&[Some("bc")])])
    );
}

#[test]
fn only_the_named_columns_count_in_their_order() {
    let batch = page(REAL).batch;
    assert_eq!(row_hashes(&batch, &[1, 3]).unwrap(), all(&batch.project(&[1, 3]).unwrap()));
    assert_ne!(row_hashes(&batch, &[1, 3]).unwrap(), row_hashes(&batch, &[3, 1]).unwrap());
    assert!(matches!(row_hashes(&batch, &[99]), Err(Error::MissingColumn { .. })));
    assert_eq!(row_hashes(&batch, &[]).unwrap().len(), 3);
}

#[test]
fn map_entries_count_in_any_order() {
    assert_eq!(record(r#""_info":{"a":"b","c":null}"#), record(r#""_info":{"c":null,"a":"b"}"#));
}

#[test]
fn cutting_and_joining_changes_nothing() {
    let batch = page(REAL).batch;
    let whole = all(&batch);
    for start in 0..3 {
        for length in 0..=3 - start {
            assert_eq!(all(&batch.slice(start, length)), whole[start..start + length]);
        }
    }
    let joined = concat_batches(&batch.schema(), &[batch.slice(1, 2), batch.clone()]).unwrap();
    assert_eq!(all(&joined), [&whole[1..], &whole[..]].concat());
}

#[test]
fn the_encoding_changes_nothing() {
    let plain = texts(&[Some("a"), None, Some(""), Some("a text of more than twelve bytes")]);
    let expected = of(vec![plain.clone()]);
    for other in [DataType::Utf8View, DataType::LargeUtf8, DataType::Binary] {
        assert_eq!(of(vec![cast(&plain, &other).unwrap()]), expected, "{other}");
    }
    let values = texts(&[Some("a"), Some(""), Some("a text of more than twelve bytes"), None]);
    for keys in [vec![Some(0), None, Some(1), Some(2)], vec![Some(0), Some(3), Some(1), Some(2)]] {
        let dictionary = DictionaryArray::<Int32Type>::new(Int32Array::from(keys), Arc::clone(&values));
        assert_eq!(of(vec![Arc::new(dictionary)]), expected);
    }
    let narrow: ArrayRef = Arc::new(Int32Array::from(vec![-1, 5]));
    assert_eq!(of(vec![narrow]), of(vec![Arc::new(Int64Array::from(vec![-1, 5]))]));
}

#[test]
fn what_lies_under_a_null_does_not_count() {
    let nulls = Some(vec![true, false].into());
    let [one, two] = [2, 3].map(|hidden| Arc::new(Int64Array::new(vec![1, hidden].into(), nulls.clone())) as ArrayRef);
    assert_eq!(of(vec![one]), of(vec![two]));
}

#[test]
fn all_nans_are_alike() {
    let hashes =
        of(vec![Arc::new(Float64Array::from(vec![f64::NAN, -f64::NAN, f64::from_bits(0x7ff8_0000_0000_0001), 1.0]))]);
    assert_eq!((hashes[0], hashes[0]), (hashes[1], hashes[2]));
    assert_ne!(hashes[0], hashes[3]);
}

#[test]
fn gold_types_are_hashed() {
    let columns: [ArrayRef; 4] = [
        Arc::new(Decimal128Array::from(vec![1, -1, 1]).with_precision_and_scale(19, 4).unwrap()),
        Arc::new(Date32Array::from(vec![1, -1, 1])),
        Arc::new(BooleanArray::from(vec![true, false, true])),
        Arc::new(TimestampMicrosecondArray::from(vec![1, -1, 1]).with_timezone("UTC")),
    ];
    for column in columns {
        let hashes = of(vec![column]);
        assert_eq!(hashes[0], hashes[2]);
        assert_ne!(hashes[0], hashes[1]);
    }
}
