//! What has to hold for any bytes that come as a page: shared by the fuzz target and the ordinary tests.

use crate::common::{TABLE, rows_of};
use connectwise_runtime::{Decoder, Recall, RejectedRecord, flatten, flatten_child, row_hashes};
use serde_json::Value;
use std::collections::HashSet;
use std::ops::Range;

/// Deeper than this the two parsers may differ.
const DEPTH: usize = 100;

/// Decodes the bytes as a page and as a record, and looks at everything that comes of it.
pub(crate) fn check(bytes: &[u8]) {
    let mut decoder = Decoder::new(&TABLE);
    // Something that has to stay, whatever comes next.
    assert!(decoder.page(br#"[{"id":1,"tags":["a"]}]"#).is_ok_and(|counts| counts.kept == 1));
    let mut rows = 1;
    let mut rejected = 0;
    let outcome = decoder.page(bytes);
    check_recalling(bytes, outcome.is_ok());
    if let Ok(counts) = &outcome {
        assert_eq!(counts.records, counts.kept + counts.quarantined);
        rows += counts.kept;
        rejected += counts.quarantined;
    }
    assert_eq!(decoder.rows() as u64, rows, "a page is kept whole or not at all");
    let theirs = serde_json::from_slice::<Vec<Value>>(bytes);
    if let Ok(records) = theirs
        && records.iter().all(|record| depth(record) < DEPTH)
    {
        assert!(outcome.is_ok(), "JSON was refused: {outcome:?}");
        check_passwords(records);
    }
    if let Ok(counts) = decoder.record(bytes) {
        rows += counts.kept;
        rejected += counts.quarantined;
    }
    // The names of what is unknown may be repeated for each item of a list, but not without end.
    assert!(decoder.bytes() <= 64 * bytes.len() + 65_536, "{} bytes of {}", decoder.bytes(), bytes.len());

    let decoded = decoder.finish().unwrap_or_else(|error| panic!("{error}"));
    let batch = decoded.batch;
    assert_eq!((batch.num_rows() as u64, decoded.quarantined.len() as u64), (rows, rejected));
    decoded.quarantined.iter().for_each(without_secrets);
    let columns: Vec<usize> = (0..batch.num_columns()).collect();
    assert!(row_hashes(&batch, &columns).is_ok_and(|hashes| hashes.len() == batch.num_rows()));
    assert!(flatten(&TABLE, &batch).is_ok_and(|flat| flat.num_rows() == batch.num_rows()));
    for child in TABLE.children {
        assert!(flatten_child(&TABLE, child, &batch).is_ok());
    }
}

/// In no text that is made up by chance.
const PLANTED: &str = "planted where nobody may see it";

/// The same records, every object of them being a field that is a password as well: none of their values gets through.
fn check_passwords(mut records: Vec<Value>) {
    let mut count = 0;
    records.iter_mut().for_each(|record| plant(record, &mut count));
    let text = Value::from(records).to_string();
    // A name with an escape is the same name.
    let text = if count.is_multiple_of(3) { text.replace("\"type\"", "\"typ\\u0065\"") } else { text };
    let mut texts = Texts::default();
    let mut decoder = Decoder::new(&TABLE);
    let read = decoder.page_recalling(text.as_bytes(), &mut texts);
    let decoded = decoder.finish().unwrap_or_else(|error| panic!("{error}"));
    let seen = format!("{read:?} {:?} {:?}", rows_of(&decoded.batch), decoded.quarantined);
    assert!(read.is_ok() && !seen.contains(PLANTED), "{text}: {seen}");
    assert!(texts.kept.iter().all(|kept| !kept.contains(PLANTED)), "{text}");
}

/// Makes every object such a field, by one of the spellings after the other.
fn plant(value: &mut Value, count: &mut usize) {
    const SPELLINGS: [[&str; 3]; 4] = [
        ["type", "Password", "value"],
        ["Type", "PASSWORD", "oldValue"],
        ["fieldType", "password", "Answer"],
        ["valueType", " Password ", "VALUE"],
    ];
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| plant(item, count)),
        Value::Object(entries) => {
            entries.values_mut().for_each(|value| plant(value, count));
            let [name, kind, of_value] = SPELLINGS[*count % SPELLINGS.len()];
            let pair = [(name, Value::from(kind)), (of_value, Value::from(PLANTED))];
            for (name, value) in if count.is_multiple_of(2) { [0, 1] } else { [1, 0] }.map(|at: usize| pair[at].clone())
            {
                entries.insert(name.to_owned(), value);
            }
            *count += 1;
        }
        _ => {}
    }
}

/// Records by their texts; of one that was told otherwise than it came, nothing.
#[derive(Default)]
struct Texts {
    known: HashSet<String>,
    kept: Vec<String>,
    page: Option<Range<*const u8>>,
}

impl Recall for Texts {
    fn recall(&mut self, text: &str) -> Option<usize> {
        self.known.iter().find(|known| text.starts_with(known.as_str())).map(String::len)
    }

    fn kept(&mut self, record: &str, _: &[&str]) {
        let as_it_came = self.page.as_ref().is_none_or(|page| page.contains(&record.as_ptr()));
        self.kept.push(if as_it_came { record.to_owned() } else { String::new() });
    }
}

/// A page of which some records are known gives the others, as if those were not in it.
fn check_recalling(bytes: &[u8], is_page: bool) {
    let page = Some(bytes.as_ptr_range());
    let mut all = Texts { page: page.clone(), ..Texts::default() };
    let mut decoder = Decoder::new(&TABLE);
    let whole = decoder.page_recalling(bytes, &mut all);
    assert_eq!(whole.is_ok(), is_page);
    let Ok(whole) = whole else { return };
    assert_eq!((whole.kept, whole.recalled), (all.kept.len() as u64, 0));
    let known = all.kept.iter().step_by(2).filter(|text| !text.is_empty()).cloned().collect();
    let mut some = Texts { known, page, ..Texts::default() };
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
fn without_secrets(rejected: &RejectedRecord) {
    let Ok(Value::Object(record)) = serde_json::from_str(&rejected.raw_json) else { return };
    for name in record.keys() {
        assert!(!["password", "token"].iter().any(|secret| secret.eq_ignore_ascii_case(name)), "{rejected:?}");
    }
    let company = record.get("company").and_then(Value::as_object);
    assert!(company.is_none_or(|company| !company.contains_key("secret")), "{rejected:?}");
}
