//! The golden files of the decoder's and the flattening's versions.
//!
//! Tables record the version that made them. Other output under the same version would leave their old rows as they are.

use crate::common::{REAL, TABLE, page, rows_of};
use crate::passwords::FIELDS;
use connectwise_runtime::decode::DECODE_VERSION;
use connectwise_runtime::flatten::FLATTEN_VERSION;
use connectwise_runtime::{Decoder, flatten, flatten_child};
use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;

/// Values of every kind at every column: those that fit, those that are converted, those that are rejected.
const VALUES: [&str; 26] = [
    "null",
    "true",
    "false",
    "0",
    "-1",
    "5.0",
    "5.5",
    "1e3",
    "9223372036854775807",
    "9223372036854775808",
    "0.1",
    "12345678901234567.891",
    r#""""#,
    r#"" ""#,
    r#""12.50""#,
    r#""11""#,
    r#""True""#,
    r#""yes""#,
    r#""2025-06-15T12:00:00.1234567Z""#,
    r#""2025-06-15""#,
    r#""0001-01-01T00:00:00Z""#,
    r#""\u00dej\u00f3nusta  ""#,
    "[]",
    "[1,\"a\",null]",
    "{}",
    r#"{"id":1,"name":"a","new":2}"#,
];

const PASSWORDS: &str = r#"[{"id":1,"customFields":[{"type":"Password","value":"hunter2"},{"value":"hunter2","type":"password"},
    {"type":"Text","value":"kept"}],"extra":{"type":"Password","value":"hunter2"}}]"#;

/// Holds the output of a version against its golden file. `UPDATE_GOLDEN=1` writes the file of a new version only.
fn check(name: &str, constant: &str, version: i64, output: &str) {
    let file = format!("{name}-{version}.txt");
    let path = Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("tests/golden").join(&file);
    if !path.exists() && std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, output).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!(
            "{file} can't be read ({error}): write it with UPDATE_GOLDEN=1, and delete the one of the version before"
        )
    });
    for (number, (golden, output)) in golden.lines().zip(output.lines()).enumerate() {
        assert_eq!(output, golden, "line {}: the output changed: raise {constant}", number + 1);
    }
    assert_eq!(output.lines().count(), golden.lines().count(), "the output changed: raise {constant}");
}

fn decoded() -> String {
    let columns =
        ["id", "name", "count", "amount", "active", "at", "company", "tags", "customFields", "extra", "_info"];
    let cases = columns.iter().flat_map(|column| {
        VALUES.map(|value| {
            if *column == "id" {
                format!(r#"[{{"id":{value}}}]"#)
            } else {
                format!(r#"[{{"id":1,"{column}":{value}}}]"#)
            }
        })
    });
    let mut output = String::new();
    let real = ("a real page".to_owned(), REAL.to_owned());
    for (label, text) in [real].into_iter().chain(cases.map(|case| (case.clone(), case))) {
        let decoded = page(&text);
        for row in rows_of(&decoded.batch) {
            writeln!(output, "{label} → {}", Value::Object(row)).unwrap();
        }
        for rejected in &decoded.quarantined {
            writeln!(output, "{label} ✗ {}: {}", rejected.path, rejected.reason).unwrap();
        }
    }
    // What may be a password is decided by the whole object.
    let mut decoder = Decoder::new(&FIELDS);
    decoder.page(PASSWORDS.as_bytes()).unwrap();
    let decoded = decoder.finish().unwrap();
    rows_of(&decoded.batch).into_iter().for_each(|row| writeln!(output, "{}", Value::Object(row)).unwrap());
    output
}

#[test]
fn other_decoded_rows_are_another_version() {
    check("decode", "DECODE_VERSION", DECODE_VERSION, &decoded());
}

#[test]
fn other_flattened_rows_are_another_version() {
    let decoded = page(REAL);
    let mut batches = vec![flatten(&TABLE, &decoded.batch).unwrap()];
    for child in TABLE.children {
        batches.push(flatten_child(&TABLE, child, &decoded.batch).unwrap().0);
    }
    let mut output = String::new();
    for row in batches.iter().flat_map(rows_of) {
        writeln!(output, "{}", Value::Object(row)).unwrap();
    }
    check("flatten", "FLATTEN_VERSION", FLATTEN_VERSION, &output);
}
