//! Writes records straight to JSON text, leaving out what a `fields` parameter did not ask for before it is made.
//!
//! Invariant: what is written with a selection is what the whole record holds, cut down; the order never changes.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::instant::{self, Micros};

/// Ten-thousandths: money, hours and rates are made as whole numbers of these, so their decimals are exact.
pub(crate) type Amount = i64;

/// One, as an amount.
pub(crate) const ONE: Amount = 10_000;

/// Where references of records lead to; fixed, so the same seed gives the same bytes on any port.
pub(crate) const HREF: &str = "https://psa.example.is/v4_6_release/apis/3.0";

/// What a `fields` parameter asks for: names with what is wanted below them, nothing below meaning all of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Selection(BTreeMap<String, Selection>);

impl Selection {
    /// Adds a slash-separated name.
    pub(crate) fn add(&mut self, path: &str) {
        let (name, rest) = path.split_once('/').map_or((path, None), |(name, rest)| (name, Some(rest)));
        match (self.0.get_mut(name), rest) {
            (Some(below), None) => below.0.clear(),
            // All of it is wanted already.
            (Some(below), Some(_)) if below.0.is_empty() => {}
            (Some(below), Some(rest)) => below.add(rest),
            (None, rest) => {
                let mut below = Self::default();
                if let Some(rest) = rest {
                    below.add(rest);
                }
                self.0.insert(name.to_owned(), below);
            }
        }
    }
}

/// A writer of one record after the other.
pub(crate) struct Json<'s> {
    out: Vec<u8>,
    /// What is wanted of the object being written; `None` is everything.
    selection: Option<&'s Selection>,
    first: bool,
}

impl<'s> Json<'s> {
    pub(crate) fn new(out: Vec<u8>) -> Self {
        Self { out, selection: None, first: true }
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    /// Appends text that is JSON already, outside any object.
    pub(crate) fn raw(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    /// Writes a record.
    pub(crate) fn record(&mut self, selection: Option<&'s Selection>, write: impl FnOnce(&mut Self)) {
        self.selection = selection;
        self.braces(write);
        self.selection = None;
    }

    fn braces(&mut self, write: impl FnOnce(&mut Self)) {
        self.out.push(b'{');
        let first = std::mem::replace(&mut self.first, true);
        write(self);
        self.first = first;
        self.out.push(b'}');
    }

    /// Writes the key, where it is wanted, and says what is wanted below it.
    fn key(&mut self, name: &str) -> Option<Option<&'s Selection>> {
        let below = match self.selection {
            None => None,
            Some(selection) => Some(selection.0.get(name)?).filter(|below| !below.0.is_empty()),
        };
        if !std::mem::replace(&mut self.first, false) {
            self.out.push(b',');
        }
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        Some(below)
    }

    fn below(&mut self, below: Option<&'s Selection>, write: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.selection, below);
        write(self);
        self.selection = outer;
    }

    /// A nested object.
    pub(crate) fn object(&mut self, name: &str, write: impl FnOnce(&mut Self)) {
        if let Some(below) = self.key(name) {
            self.below(below, |json| json.braces(write));
        }
    }

    /// A list of objects.
    pub(crate) fn objects<T>(&mut self, name: &str, items: impl IntoIterator<Item = T>, write: impl Fn(&mut Self, T)) {
        if let Some(below) = self.key(name) {
            self.below(below, |json| {
                json.out.push(b'[');
                for (at, item) in items.into_iter().enumerate() {
                    if at > 0 {
                        json.out.push(b',');
                    }
                    json.braces(|json| write(json, item));
                }
                json.out.push(b']');
            });
        }
    }

    /// A list of whole numbers.
    pub(crate) fn ints(&mut self, name: &str, items: &[i64]) {
        if self.key(name).is_some() {
            self.out.push(b'[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    self.out.push(b',');
                }
                write_int(&mut self.out, *item);
            }
            self.out.push(b']');
        }
    }

    pub(crate) fn int(&mut self, name: &str, value: i64) {
        if self.key(name).is_some() {
            write_int(&mut self.out, value);
        }
    }

    /// A whole number in the way some servers write it, `1.0`.
    pub(crate) fn int_as_float(&mut self, name: &str, value: i64) {
        if self.key(name).is_some() {
            write_int(&mut self.out, value);
            self.out.extend_from_slice(b".0");
        }
    }

    pub(crate) fn amount(&mut self, name: &str, value: Amount) {
        if self.key(name).is_some() {
            write_amount(&mut self.out, value);
        }
    }

    pub(crate) fn bool(&mut self, name: &str, value: bool) {
        if self.key(name).is_some() {
            self.out.extend_from_slice(if value { b"true" } else { b"false" });
        }
    }

    pub(crate) fn null(&mut self, name: &str) {
        if self.key(name).is_some() {
            self.out.extend_from_slice(b"null");
        }
    }

    pub(crate) fn text(&mut self, name: &str, value: &str) {
        self.parts(name, &[value]);
    }

    /// Text put together from parts.
    pub(crate) fn parts(&mut self, name: &str, parts: &[&str]) {
        if self.key(name).is_some() {
            self.out.push(b'"');
            for part in parts {
                write_escaped(&mut self.out, part);
            }
            self.out.push(b'"');
        }
    }

    /// Text that takes work to make, which is left undone where nobody asked for it.
    pub(crate) fn made(&mut self, name: &str, make: impl FnOnce() -> String) {
        if self.key(name).is_some() {
            self.out.push(b'"');
            let text = make();
            write_escaped(&mut self.out, &text);
            self.out.push(b'"');
        }
    }

    pub(crate) fn time(&mut self, name: &str, at: Micros) {
        if self.key(name).is_some() {
            self.out.push(b'"');
            instant::write(&mut self.out, at);
            self.out.push(b'"');
        }
    }

    /// A link in `_info`: `name` with the address of a record or a list.
    pub(crate) fn href(&mut self, name: &str, path: &str, id: i64) {
        if self.key(name).is_some() {
            self.out.push(b'"');
            self.raw(HREF);
            self.raw(path);
            self.out.push(b'/');
            write_int(&mut self.out, id);
            self.out.push(b'"');
        }
    }

    /// A reference with an id, a name and a link.
    pub(crate) fn reference(&mut self, name: &str, id: i64, text: &str, link: (&str, &str)) {
        self.object(name, |json| {
            json.int("id", id);
            json.text("name", text);
            json.object("_info", |json| json.href(link.0, link.1, id));
        });
    }

    /// A record, or part of one, that is kept as a value.
    pub(crate) fn value(&mut self, name: &str, value: &Value) {
        let Some(below) = self.key(name) else { return };
        self.below(below, |json| json.bare_value(value));
    }

    fn bare_value(&mut self, value: &Value) {
        match value {
            Value::Object(map) => self.braces(|json| {
                for (name, value) in map {
                    json.escaped_value(name, value);
                }
            }),
            Value::Array(items) => {
                self.out.push(b'[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        self.out.push(b',');
                    }
                    self.bare_value(item);
                }
                self.out.push(b']');
            }
            Value::String(text) => {
                self.out.push(b'"');
                write_escaped(&mut self.out, text);
                self.out.push(b'"');
            }
            other => self.raw(&other.to_string()),
        }
    }

    /// A property of a kept value, whose name may hold anything.
    fn escaped_value(&mut self, name: &str, value: &Value) {
        if name.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
            self.value(name, value);
        } else {
            let mut escaped = Vec::with_capacity(name.len() + 8);
            write_escaped(&mut escaped, name);
            self.value(&String::from_utf8_lossy(&escaped), value);
        }
    }

    /// A kept record's properties, into the object that is open.
    pub(crate) fn properties(&mut self, value: &Value) {
        if let Value::Object(map) = value {
            for (name, value) in map {
                self.escaped_value(name, value);
            }
        }
    }
}

fn write_int(out: &mut Vec<u8>, value: i64) {
    let mut text = [0_u8; 20];
    let mut at = text.len();
    let mut rest = value.unsigned_abs();
    loop {
        at -= 1;
        text[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&text[at..]);
}

fn write_amount(out: &mut Vec<u8>, value: Amount) {
    if value < 0 {
        out.push(b'-');
    }
    let value = value.abs();
    write_int(out, value / ONE);
    let mut rest = value % ONE;
    if rest != 0 {
        out.push(b'.');
        let mut digit = ONE / 10;
        while rest != 0 {
            out.push(b'0' + (rest / digit) as u8);
            rest %= digit;
            digit /= 10;
        }
    }
}

/// Appends the inside of a JSON string.
fn write_escaped(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    let mut from = 0;
    for (at, byte) in bytes.iter().enumerate() {
        let escape: &[u8] = match byte {
            b'"' => b"\\\"",
            b'\\' => b"\\\\",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            b'\t' => b"\\t",
            0..0x20 => b"",
            _ => continue,
        };
        out.extend_from_slice(&bytes[from..at]);
        if escape.is_empty() {
            out.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
        } else {
            out.extend_from_slice(escape);
        }
        from = at + 1;
    }
    out.extend_from_slice(&bytes[from..]);
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Json, Selection};

    fn write(fields: &[&str], value: &Value) -> Value {
        let mut selection = Selection::default();
        for field in fields {
            selection.add(field);
        }
        let mut json = Json::new(Vec::new());
        json.record((!fields.is_empty()).then_some(&selection), |json| json.properties(value));
        serde_json::from_slice(&json.into_bytes()).unwrap()
    }

    #[test]
    fn values_come_back_whole_or_cut_down() {
        let value = json!({"id": 1, "a": {"b": "x\"\n\u{1}", "c": [{"d": 1.5, "e": null}]}, "q\"\\": true});
        assert_eq!(write(&[], &value), value);
        assert_eq!(write(&["id", "a/c/d", "nothing"], &value), json!({"id": 1, "a": {"c": [{"d": 1.5}]}}));
        assert_eq!(write(&["a/b", "a"], &value)["a"], value["a"]);
        assert_eq!(write(&["a", "a/b"], &value)["a"], value["a"]);
    }

    #[test]
    fn amounts_are_exact() {
        let text = |value| {
            let mut out = Vec::new();
            super::write_amount(&mut out, value);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(text(26_750), "2.675");
        assert_eq!(text(-1_000), "-0.1");
        assert_eq!(text(180_000_000), "18000");
        assert_eq!(text(1), "0.0001");
        assert_eq!(text(0), "0");
    }
}
