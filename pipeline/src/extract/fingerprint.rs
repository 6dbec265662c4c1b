//! Fingerprints of records' JSON, and the filter before the decoder that recognizes unchanged records by them.

use connectwise_runtime::Recall;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use xxhash_rust::xxh3::xxh3_64;

/// The fingerprint of a record's JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fingerprint {
    pub(super) length: u32,
    /// The number of its [`Unknown`] properties.
    pub(super) unknown: u32,
    pub(super) hash: u64,
}

impl Fingerprint {
    pub(super) fn of(text: &str, unknown: u32) -> Self {
        // No record is as long as that; one that were would not count as unchanged.
        let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
        Self { length, unknown, hash: xxh3_64(text.as_bytes()) }
    }

    fn begins(self, text: &str) -> Option<usize> {
        let length = usize::try_from(self.length).ok()?;
        (xxh3_64(text.as_bytes().get(..length)?) == self.hash).then_some(length)
    }
}

/// The sets of properties that the spec does not know, numbered. They are reported whenever their record is received,
/// also where nothing else of it is read. Most records have the same ones, so each set has a number; 0 is the empty
/// one.
#[derive(Debug, Default)]
pub(super) struct Unknown(Mutex<Numbered>);

#[derive(Debug, Default)]
struct Numbered {
    numbers: HashMap<Vec<String>, u32>,
    paths: Vec<Vec<String>>,
}

impl Unknown {
    pub(super) fn number(&self, paths: &[&str]) -> u32 {
        if paths.is_empty() {
            return 0;
        }
        let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Numbered { numbers, paths: known } = &mut *all;
        *numbers.entry(paths).or_insert_with_key(|paths| {
            known.push(paths.clone());
            u32::try_from(known.len()).unwrap_or(0)
        })
    }

    pub(super) fn paths(&self, number: u32) -> Vec<String> {
        let place = number.checked_sub(1).and_then(|place| usize::try_from(place).ok());
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        place.and_then(|place| all.paths.get(place).cloned()).unwrap_or_default()
    }
}

/// The fingerprints of the records in an entity's table.
#[derive(Debug, Default)]
pub struct FingerprintCache {
    pub(super) records: HashMap<i64, (Fingerprint, Option<i64>)>,
    /// The unknown properties of these records, and of those that are read now.
    pub(super) unknown: Unknown,
    /// The table version of the fingerprints; absent where there are none.
    pub(super) base: Option<Base>,
}

/// The table version that fingerprints were taken for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Base {
    pub(super) table_id: String,
    pub(super) version: i64,
    /// The fingerprint of this version's commit.
    pub(super) commit: i64,
    pub(super) made_by: i64,
}

impl FingerprintCache {
    /// The table version as a text, for comparison.
    pub(super) fn base(&self) -> String {
        self.base.as_ref().map(|base| format!("{base:?}")).unwrap_or_default()
    }
}

/// The records of one page: the unchanged ones, and the fingerprints of the others.
pub(super) struct OfPage<'a> {
    known: &'a FingerprintCache,
    key: &'static str,
    /// Key and time of change of each unchanged record.
    pub(super) recalled: Vec<(i64, Option<i64>)>,
    /// How often each property that the spec does not know is in the unchanged records.
    pub(super) unknown_fields: BTreeMap<String, u64>,
    /// The fingerprints of the page's rows.
    pub(super) fingerprints: Vec<Fingerprint>,
}

impl<'a> OfPage<'a> {
    pub(super) fn new(known: &'a FingerprintCache, key: &'static str) -> Self {
        Self { known, key, recalled: Vec::new(), unknown_fields: BTreeMap::new(), fingerprints: Vec::new() }
    }
}

impl Recall for OfPage<'_> {
    fn recall(&mut self, text: &str) -> Option<usize> {
        if self.known.records.is_empty() {
            return None;
        }
        let id = first_number(text, self.key)?;
        let (fingerprint, updated) = self.known.records.get(&id)?;
        let length = fingerprint.begins(text)?;
        self.recalled.push((id, *updated));
        if fingerprint.unknown != 0 {
            for path in self.known.unknown.paths(fingerprint.unknown) {
                *self.unknown_fields.entry(path).or_default() += 1;
            }
        }
        Some(length)
    }

    fn kept(&mut self, record: &str, unknown: &[&str]) {
        self.fingerprints.push(Fingerprint::of(record, self.known.unknown.number(unknown)));
    }
}

/// Reads the whole number under this name, where it is an object's first property.
fn first_number(text: &str, name: &str) -> Option<i64> {
    let inner = text.strip_prefix('{')?.trim_ascii_start().strip_prefix('"')?;
    let value = inner.strip_prefix(name)?.strip_prefix('"')?.trim_ascii_start().strip_prefix(':')?.trim_ascii_start();
    let end = value.find(|byte: char| !byte.is_ascii_digit() && byte != '-')?;
    value.get(..end)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_begins_with_its_number_or_is_not_looked_for() {
        for (text, number) in [
            (r#"{"id":12,"a":1}"#, Some(12)),
            ("{ \"id\" :\n 12 }, {", Some(12)),
            (r#"{"id":-3}"#, Some(-3)),
            (r#"{"id":5.0}"#, Some(5)),
            (r#"{"id":"5"}"#, None),
            (r#"{"idx":5}"#, None),
            (r#"{"a":1,"id":5}"#, None),
            (r#"{"id":99999999999999999999}"#, None),
            (r#"{"id":5"#, None),
            (r#"{"id":"#, None),
            ("[1]", None),
            ("", None),
        ] {
            assert_eq!(first_number(text, "id"), number, "{text}");
        }
    }

    #[test]
    fn a_record_is_known_by_every_byte_of_it() {
        let text = r#"{"id":7,"name":"Þór"}"#;
        let mut known = FingerprintCache::default();
        let fingerprint = Fingerprint::of(text, known.unknown.number(&["new"]));
        known.records.insert(7, (fingerprint, Some(5)));
        let recalled = |page: &str| {
            let mut of_page = OfPage::new(&known, "id");
            let length = of_page.recall(page);
            assert_eq!(of_page.unknown_fields.get("new").copied(), length.map(|_| 1));
            (length, of_page.recalled)
        };
        assert_eq!(recalled(&format!("{text},{{\"id\":8}}]")), (Some(text.len()), vec![(7, Some(5))]));
        for other in [
            r#"{"id":7,"name":"Þor"}]"#,
            r#"{"id":7, "name":"Þór"}]"#,
            r#"{"id":8,"name":"Þór"}]"#,
            r#"{"id":7,"name":"Þór","x":1}]"#,
            r#"{"id":7,"name":"Þó"#,
        ] {
            assert_eq!(recalled(other), (None, vec![]), "{other}");
        }
        assert_eq!(OfPage::new(&FingerprintCache::default(), "id").recall(text), None);
    }
}
