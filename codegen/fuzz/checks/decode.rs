//! What has to hold for any bytes that come as a page: shared by the fuzz target and the ordinary tests.

use crate::common::TABLE;
use connectwise_runtime::{Decoder, Misfit, Recall, flatten, flatten_child, row_hashes};
use serde_json::Value;
use std::collections::HashSet;

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
    check_recalling(bytes, outcome.is_ok());
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

/// Records by their texts.
#[derive(Default)]
struct Texts {
    known: HashSet<String>,
    kept: Vec<String>,
}

impl Recall for Texts {
    fn recall(&mut self, text: &str) -> Option<usize> {
        self.known.iter().find(|known| text.starts_with(known.as_str())).map(String::len)
    }

    fn kept(&mut self, record: &str, _: &[&str]) {
        self.kept.push(record.to_owned());
    }
}

/// A page of which some records are known gives the others, as if those were not in it.
fn check_recalling(bytes: &[u8], is_page: bool) {
    let mut all = Texts::default();
    let mut decoder = Decoder::new(&TABLE);
    let whole = decoder.page_recalling(bytes, &mut all);
    assert_eq!(whole.is_ok(), is_page);
    let Ok(whole) = whole else { return };
    assert_eq!((whole.kept, whole.recalled), (all.kept.len() as u64, 0));
    let mut some = Texts { known: all.kept.iter().step_by(2).cloned().collect(), ..Texts::default() };
    let counts = decoder.page_recalling(bytes, &mut some).unwrap_or_else(|error| panic!("{error}"));
    let others: Vec<&String> = all.kept.iter().filter(|text| !some.known.contains(*text)).collect();
    assert_eq!(some.kept.iter().collect::<Vec<_>>(), others);
    assert_eq!(counts.kept + counts.recalled, whole.kept);
    assert_eq!((counts.records, counts.quarantined), (whole.records, whole.quarantined));
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
