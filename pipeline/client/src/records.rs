//! Records: splits a response into its records, reads their keys, and joins partial records.

use bytes::Bytes;
use indexmap::IndexMap;
use serde_json::value::RawValue;
use std::collections::HashMap;
use xxhash_rust::xxh3::xxh3_64;

/// The key of a record.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RecordKey {
    /// A key that is a whole number.
    Number(i64),
    /// Any other key, as text.
    Text(Box<str>),
    /// No key: a hash of the record.
    Unnamed(u64),
}

impl RecordKey {
    /// The key, where it is a whole number.
    pub fn number(&self) -> Option<i64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(_) | Self::Unnamed(_) => None,
        }
    }
}

/// A record's bytes and key.
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub(super) bytes: Bytes,
    pub(super) key: RecordKey,
}

/// A record as its properties, in their order.
type Properties<'a> = IndexMap<String, &'a RawValue>;

/// Splits a response into records: the items of a list, or the one object. The flag is set for an object.
pub(super) fn records_of(body: &Bytes, key: &str) -> Result<(Vec<Record>, bool), String> {
    let record = |value: &RawValue| {
        let bytes = value.get().as_bytes();
        let key = match KeyOf(key).read(value.get()) {
            None => RecordKey::Unnamed(xxh3_64(bytes)),
            Some(text) => text.parse().map_or(RecordKey::Text(text), RecordKey::Number),
        };
        Record { bytes: body.slice_ref(bytes), key }
    };
    let (items, single) = items_of(body)?;
    Ok((items.into_iter().map(record).collect(), single))
}

/// Splits a response into the texts of its records: the items of a list, or the one object. The flag is set for an
/// object.
pub(super) fn items_of(body: &[u8]) -> Result<(Vec<&RawValue>, bool), String> {
    let single = body.trim_ascii_start().first() == Some(&b'{');
    let items =
        if single { serde_json::from_slice(body).map(|whole| vec![whole]) } else { serde_json::from_slice(body) };
    Ok((items.map_err(|error| error.to_string())?, single))
}

/// Returns the number of records in a response: the items of a list, or one object.
pub(super) fn number_of_records(body: &[u8]) -> Result<u64, String> {
    items_of(body).map(|(records, _)| records.len() as u64)
}

/// Reads the key of the first record of a page.
///
/// # Errors
/// Why the page can't be read.
pub fn first_key(body: &[u8], key: &str) -> Result<Option<i64>, String> {
    let page: Vec<serde_json::Value> = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let number = |value: &serde_json::Value| value.as_i64().or_else(|| value.as_str()?.trim().parse().ok());
    Ok(page.first().and_then(|record| number(&record[key])))
}

/// Joins responses that hold different properties of the same records into one, by key.
///
/// # Errors
/// Where they do not hold the same records: the list changed between two requests.
pub(super) fn splice(parts: &[Bytes], key: &str) -> Result<Bytes, String> {
    let mut parts = parts.iter();
    let Some(first) = parts.next() else { return Ok(Bytes::from_static(b"[]")) };
    let (mut records, single) = records_of(first, key)?;
    for part in parts {
        records = join(&records, &records_of(part, key)?.0, key)?;
    }
    if let ([record], true) = (records.as_slice(), single) {
        return Ok(record.bytes.clone());
    }
    let mut page = vec![b'['];
    for (index, record) in records.iter().enumerate() {
        page.extend_from_slice(if index > 0 { b"," } else { b"" });
        page.extend_from_slice(&record.bytes);
    }
    page.push(b']');
    Ok(page.into())
}

/// Reads one property and skips the others.
struct KeyOf<'k>(&'k str);

impl KeyOf<'_> {
    /// The key's text: a whole number also where it is written `5.0` or `"5"`.
    fn read(self, record: &str) -> Option<Box<str>> {
        use serde::de::DeserializeSeed as _;
        let mut reader = serde_json::Deserializer::from_str(record);
        let value = self.deserialize(&mut reader).ok()??;
        let text = value.get().trim_matches('"');
        let whole = text.strip_suffix(".0").unwrap_or(text);
        (!whole.is_empty() && whole != "null").then(|| whole.into())
    }
}

impl<'de> serde::de::DeserializeSeed<'de> for KeyOf<'_> {
    type Value = Option<&'de RawValue>;

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de> serde::de::Visitor<'de> for KeyOf<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a record")
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(name) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            if name == self.0 {
                found = Some(map.next_value()?);
            } else {
                map.next_value::<serde::de::IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

/// Joins the records of two responses with different properties by key, in the order of the first.
pub(super) fn join(left: &[Record], right: &[Record], key: &str) -> Result<Vec<Record>, String> {
    const MOVED: &str = "the list changes faster than the parts of its pages can be read; try again";
    let keyed = |record: &Record| match &record.key {
        RecordKey::Unnamed(_) => Err(format!("a record without {key}")),
        key => Ok(key.clone()),
    };
    let mut others: HashMap<RecordKey, Properties<'_>> = HashMap::new();
    for record in right {
        others.insert(keyed(record)?, properties(record)?);
    }
    let mut joined = Vec::with_capacity(left.len());
    let mut used = 0;
    for record in left {
        let key = keyed(record)?;
        let mut whole = properties(record)?;
        for (name, value) in others.get(&key).ok_or(MOVED)? {
            whole.entry(name.clone()).or_insert(value);
        }
        used += 1;
        let bytes = Bytes::from(serde_json::to_vec(&whole).map_err(|error| error.to_string())?);
        joined.push(Record { bytes, key });
    }
    // Duplicate rows may be on either side.
    if used < others.len() { Err(MOVED.to_owned()) } else { Ok(joined) }
}

/// A record without one property, the others as they were written.
pub(super) fn without(record: &Bytes, name: &str) -> Result<Bytes, String> {
    let mut left: Properties<'_> = serde_json::from_slice(record).map_err(|error| error.to_string())?;
    if left.shift_remove(name).is_none() {
        return Ok(record.clone());
    }
    serde_json::to_vec(&left).map(Bytes::from).map_err(|error| error.to_string())
}

fn properties(record: &Record) -> Result<Properties<'_>, String> {
    serde_json::from_slice(&record.bytes).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(text: &'static str) -> Vec<Record> {
        records_of(&Bytes::from_static(text.as_bytes()), "id").unwrap().0
    }

    #[test]
    fn records_keep_their_bytes_and_tell_their_key() {
        let all =
            records(r#" [{"id": 1.50, "a":{"id":9}}, {"x":[1 ,2],"id":"7"},{"id":5.0},{"id":null},{"\u0069d":3},{}]"#);
        let keys: Vec<Option<i64>> = all.iter().map(|record| record.key.number()).collect();
        assert_eq!(keys, [None, Some(7), Some(5), None, Some(3), None]);
        assert_eq!(all[0].key, RecordKey::Text("1.50".into()));
        assert!(
            matches!((&all[3].key, &all[5].key), (RecordKey::Unnamed(one), RecordKey::Unnamed(other)) if one != other)
        );
        assert_eq!(all[1].bytes, r#"{"x":[1 ,2],"id":"7"}"#);
        let (one, single) = records_of(&Bytes::from_static(br#"{"id":1}"#), "id").unwrap();
        assert!(single && one.len() == 1);
        assert!(records_of(&Bytes::from_static(b"<html>"), "id").is_err());
    }

    #[test]
    fn a_property_is_left_out_and_the_others_stay_as_they_are() {
        let record = Bytes::from_static(br#"{"a": 1.50, "id":7,"b":{"id":1}}"#);
        assert_eq!(without(&record, "id").unwrap(), r#"{"a":1.50,"b":{"id":1}}"#);
        assert_eq!(without(&record, "x").unwrap(), record);
    }

    #[test]
    fn parts_are_joined_by_key() {
        let left = records(r#"[{"id":1,"a":1},{"id":2,"a":2},{"id":2,"a":2}]"#);
        let joined = join(&left, &records(r#"[{"id":2,"b":4},{"id":1,"b":3}]"#), "id").unwrap();
        let texts: Vec<&[u8]> = joined.iter().map(|record| record.bytes.as_ref()).collect();
        assert_eq!(texts[..2], [br#"{"id":1,"a":1,"b":3}"#.as_slice(), br#"{"id":2,"a":2,"b":4}"#]);
        assert!(join(&left, &records(r#"[{"id":1,"b":3}]"#), "id").is_err());
        assert!(join(&left, &records(r#"[{"id":1},{"id":2},{"id":3},{"id":4}]"#), "id").is_err());
        assert!(join(&left, &records("[{}]"), "id").is_err());
    }

    #[test]
    fn answers_are_spliced_by_key() {
        let spliced = |parts: &[&'static str]| {
            let parts: Vec<Bytes> = parts.iter().map(|part| Bytes::from_static(part.as_bytes())).collect();
            splice(&parts, "id").map(|page| String::from_utf8(page.to_vec()).unwrap())
        };
        assert_eq!(
            spliced(&[r#"[{"id":1,"a":"x"},{"id":2.0}]"#, r#"[{"id":2,"b":{"c":1}},{"id":1,"b":null}]"#]).unwrap(),
            r#"[{"id":1,"a":"x","b":null},{"id":2.0,"b":{"c":1}}]"#
        );
        assert_eq!(spliced(&[r#"{"id":1}"#, r#"{"id":1,"b":2}"#]).unwrap(), r#"{"id":1,"b":2}"#);
        assert_eq!(spliced(&["[]", "[]"]).unwrap(), "[]");
        for moved in [&[r#"[{"id":1}]"#, r#"[{"id":2}]"#], &[r#"[{"id":1}]"#, "[]"]] {
            assert!(spliced(moved).unwrap_err().contains("the list changes faster"), "{moved:?}");
        }
    }
}
