//! The records of an answer, each as the API wrote it.

use bytes::Bytes;
use indexmap::IndexMap;
use serde_json::value::RawValue;
use std::collections::HashMap;

/// A record's own bytes.
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub(super) bytes: Bytes,
    /// The text of its key, where it has one.
    pub(super) key: Option<Box<str>>,
}

/// A record as its properties, in their order.
type Properties<'a> = IndexMap<String, &'a RawValue>;

/// The records of an answer: the items of a list, or the one object; and whether it was that.
pub(super) fn records_of(body: &Bytes, key: &str) -> Result<(Vec<Record>, bool), String> {
    let start = body.iter().position(|byte| !byte.is_ascii_whitespace()).map(|at| body[at]);
    let record = |value: &RawValue| {
        let key = KeyOf(key).read(value.get());
        Record { bytes: body.slice_ref(value.get().as_bytes()), key }
    };
    if start == Some(b'{') {
        let whole: &RawValue = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        return Ok((vec![record(whole)], true));
    }
    let items: Vec<&RawValue> = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    Ok((items.into_iter().map(record).collect(), false))
}

/// Looks for one property and skips the others.
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

/// Records of which two answers hold different properties, in the order of the first.
pub(super) fn join(left: &[Record], right: &[Record], key: &str) -> Result<Vec<Record>, String> {
    const MOVED: &str = "the list changes faster than the parts of its pages can be read; try again";
    let keyed = |record: &Record| record.key.clone().ok_or_else(|| format!("a record without {key}"));
    let mut others: HashMap<Box<str>, Properties<'_>> = HashMap::new();
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
        joined.push(Record { bytes, key: Some(key) });
    }
    // Rows that came twice may be on either side.
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
        let keys: Vec<Option<&str>> = all.iter().map(|record| record.key.as_deref()).collect();
        assert_eq!(keys, [Some("1.50"), Some("7"), Some("5"), None, Some("3"), None]);
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
}
