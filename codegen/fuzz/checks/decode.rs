//! What has to hold for any bytes that come as a page: shared by the fuzz target and the ordinary tests.

use crate::common::TABLE;
use connectwise_runtime::{Decoder, Misfit, flatten, flatten_child, row_hashes};
use serde_json::Value;

/// Deeper than this the two parsers may differ.
const DEPTH: usize = 100;

/// Decodes the bytes as a page and as a record, and looks at everything that comes of it.
pub(crate) fn check(bytes: &[u8]) {
    let mut decoder = Decoder::new(&TABLE);
    // Something that has to stay, whatever comes next.
    assert!(decoder.page(br#"[{"id":1,"tags":["a"]}]"#).is_ok_and(|counts| counts.kept == 1));
    let mut rows = 1;
    let mut misfits = 0;
    let outcome = decoder.page(bytes);
    if let Ok(counts) = &outcome {
        assert_eq!(counts.records, counts.kept + counts.quarantined);
        rows += counts.kept;
        misfits += counts.quarantined;
    }
    assert_eq!(decoder.rows() as u64, rows, "a page is kept whole or not at all");
    let theirs = serde_json::from_slice::<Vec<Value>>(bytes);
    if theirs.is_ok_and(|records| records.iter().all(|record| depth(record) < DEPTH)) {
        assert!(outcome.is_ok(), "JSON was refused: {outcome:?}");
    }
    if let Ok(counts) = decoder.record(bytes) {
        rows += counts.kept;
        misfits += counts.quarantined;
    }
    // The names of what is unknown may be repeated for each item of a list, but not without end.
    assert!(decoder.bytes() <= 64 * bytes.len() + 65_536, "{} bytes of {}", decoder.bytes(), bytes.len());

    let decoded = decoder.finish().unwrap_or_else(|error| panic!("{error}"));
    let batch = decoded.batch;
    assert_eq!((batch.num_rows() as u64, decoded.quarantined.len() as u64), (rows, misfits));
    decoded.quarantined.iter().for_each(without_secrets);
    let columns: Vec<usize> = (0..batch.num_columns()).collect();
    assert!(row_hashes(&batch, &columns).is_ok_and(|hashes| hashes.len() == batch.num_rows()));
    assert!(flatten(&TABLE, &batch).is_ok_and(|flat| flat.num_rows() == batch.num_rows()));
    for child in TABLE.children {
        assert!(flatten_child(&TABLE, child, &batch).is_ok());
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(entries) => 1 + entries.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// What is kept of a record that did not fit holds nothing sensitive.
fn without_secrets(misfit: &Misfit) {
    let Ok(Value::Object(record)) = serde_json::from_str(&misfit.raw_json) else { return };
    for name in record.keys() {
        assert!(!["password", "token"].iter().any(|secret| secret.eq_ignore_ascii_case(name)), "{misfit:?}");
    }
    let company = record.get("company").and_then(Value::as_object);
    assert!(company.is_none_or(|company| !company.contains_key("secret")), "{misfit:?}");
}
