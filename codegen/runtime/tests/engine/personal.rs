//! Personal texts become hashes, or are gone, wherever they turn up: in columns, `_unknown`, rejected records and errors.

use connectwise_runtime::{
    DecodeError, Decoded, Decoder, Field, HashKey, Kind, RejectedRecord, Table, redact, redact_stored,
};
use serde_json::{Value, json};

use crate::common::{Random, TABLE, fields, row_of, rows_of};

/// A text of a person, and a part of it that no hash has.
const TEXT: &str = "anna@person.example";

pub(crate) fn key() -> HashKey {
    HashKey::new(b"the key of this lakehouse")
}

const OWNER: &[Field] = fields! { "id": Kind::Int, "name": Kind::Hashed, "_info": Kind::Map };
const COMPANY: &[Field] = fields! {
    "id": Kind::Int, "name": Kind::Hashed, "phone": Kind::Sensitive, "region": Kind::Struct(OWNER), "_info": Kind::Map,
};
const CUSTOM: &[Field] = fields! {
    "id": Kind::Int, "caption": Kind::Text, "value": Kind::Json, "owner": Kind::Struct(OWNER), "mail": Kind::Hashed,
};

/// A table in which texts are hashed or left out: in objects, in lists, as a list's items, under a map's key.
pub(crate) static PERSONAL: Table = Table {
    sensitive: &[],
    excluded: &["phone", "company/phone"],
    hashed: &[
        "name",
        "tags",
        "company/name",
        "company/region/name",
        "customFields/owner/name",
        "customFields/mail",
        "_info/updatedBy",
    ],
    shape: fields! {
        "id": Kind::Int,
        "name": Kind::Hashed,
        "count": Kind::Int,
        "phone": Kind::Sensitive,
        "company": Kind::Struct(COMPANY),
        "tags": Kind::List(&Kind::Hashed),
        "customFields": Kind::List(&Kind::Struct(CUSTOM)),
        "extra": Kind::Json,
        "_info": Kind::Map,
    },
    silver: &[],
    children: &[],
    ..TABLE
};

fn decoder() -> Decoder {
    Decoder::new(&PERSONAL).with_key(Some(key()))
}

fn decoded(properties: &str) -> Decoded {
    let mut decoder = decoder();
    decoder.page(format!(r#"[{{"id":1,{properties}}}]"#).as_bytes()).unwrap();
    decoder.finish().unwrap()
}

fn rejected(properties: &str) -> RejectedRecord {
    let mut decoded = decoded(properties);
    assert_eq!(decoded.batch.num_rows(), 0, "{properties}");
    decoded.quarantined.remove(0)
}

fn hash(text: &str) -> Value {
    json!(key().hash(text))
}

/// The text at every place where it is personal, in the shape's form.
const PLACES: [&str; 12] = [
    r#""name":"T""#,
    r#""n\u0061me":"\u0061nna@person.example""#,
    r#""phone":"T""#,
    r#""phone":{"home":["T"]}"#,
    r#""tags":["T",null,"T"]"#,
    r#""company":{"name":"T","phone":"T","region":{"name":"T"}}"#,
    r#""customFields":[{"mail":"T"},null,{"owner":{"name":"T"}}]"#,
    r#""_info":{"updatedBy":"T","UpdatedBy":"T"}"#,
    r#""Name":"T","NAME":"T","PHONE":"T""#,
    r#""Company":{"Name":"T","phone":"T","x":{"y":1}}"#,
    r#""Tags":["T",{"a":"T"}]"#,
    r#""CustomFields":[[{"owner":[{"NAME":"T"}]}]]"#,
];

/// The same in another form, so that the record does not fit.
const FORMS: [&str; 13] = [
    r#""name":{"first":"T"}"#,
    r#""name":["T"]"#,
    r#""tags":"T""#,
    r#""tags":{"T":"T"}"#,
    r#""tags":[["T"]]"#,
    r#""company":"T""#,
    r#""company":["T"]"#,
    r#""company":[{"name":"T"}]"#,
    r#""company":{"name":["T"]}"#,
    r#""customFields":"T""#,
    r#""customFields":[{"owner":"T"}]"#,
    r#""_info":"T""#,
    r#""_info":{"updatedBy":{"name":"T"}}"#,
];

fn filled(place: &str) -> String {
    place.replace("\"T\"", &format!("\"{TEXT}\""))
}

#[test]
fn columns_hold_hashes() {
    let found = decoded(&filled(
        r#""name":"T","phone":"T","tags":["T",null,""],"company":{"id":2,"name":"T","phone":"T"},
        "customFields":[{"mail":"T","caption":"T"}],"_info":{"updatedBy":"T","enteredBy":"x"}"#,
    ));
    let expected = json!({
        "id": 1, "name": hash(TEXT), "tags": [hash(TEXT), null, hash("")], "company": { "id": 2, "name": hash(TEXT) },
        "customFields": [{ "mail": hash(TEXT), "caption": TEXT }], "_info": { "updatedBy": hash(TEXT), "enteredBy": "x" },
    });
    assert_eq!(json!(row_of(&found.batch, 0)), expected);
    let of = |json: &str| row_of(&decoded(&format!(r#""name":{json}"#)).batch, 0).remove("name");
    assert_eq!(of(r#""\u00de\n""#), Some(hash("Þ\n")), "the text, not how JSON writes it");
    assert_eq!(of("12.50"), Some(hash("12.50")), "a number is its text");
    assert_eq!(of("true"), Some(hash("true")));
    assert_eq!(of("null"), None);
    let other = HashKey::new(b"the key of another lakehouse").hash(TEXT);
    assert_ne!(hash(TEXT), json!(other));
}

#[test]
fn no_text_is_left_anywhere() {
    for place in PLACES {
        let found = decoded(&filled(place));
        assert_eq!(found.quarantined, [], "{place}");
        assert!(!format!("{found:?}").contains("person"), "{place}: {:?}", rows_of(&found.batch));
        for bad in [r#""count":"x""#, r#""id":"x""#] {
            let found = rejected(&format!("{},{bad}", filled(place)));
            assert!(!format!("{found:?}").contains("person"), "{place}: {found:?}");
        }
    }
    for form in FORMS {
        let found = rejected(&filled(form));
        assert!(!format!("{found:?}").contains("person"), "{form}: {found:?}");
    }
    for page in [format!(r#"["{TEXT}"]"#), format!(r#"[["{TEXT}"]]"#), format!(r#"[{{"name":"{TEXT}"}}]"#)] {
        let mut decoder = decoder();
        decoder.page(page.as_bytes()).unwrap();
        let found = decoder.finish().unwrap().quarantined;
        assert_eq!(found.len(), 1);
        assert!(page.starts_with(r#"[["#) || !format!("{found:?}").contains("person"), "{found:?}");
    }
}

#[test]
fn what_is_not_personal_stays() {
    let found =
        rejected(r#""name":"x","company":{"id":"y","phones":1},"phone":2,"caption":"z","tags":["a"],"count":"c""#);
    assert_eq!((found.path.as_str(), found.reason.contains("\"y\"")), ("company/id", true), "{}", found.reason);
    let [name, tag] = ["x", "a"].map(|text| key().hash(text));
    assert_eq!(
        found.raw_json,
        format!(
            r#"{{"id":1,"name":"hmac-sha256:{name}","company":{{"id":"y","phones":1}},"caption":"z","tags":["hmac-sha256:{tag}"],"count":"c"}}"#
        )
    );
    let row = row_of(&decoded(r#""new":{"name":"x","phone":"y"},"Company":"short""#).batch, 0);
    assert_eq!(row["_unknown"], r#"{"Company":"","new":{"name":"x","phone":"y"}}"#, "another path is another property");
}

#[test]
fn what_was_put_aside_is_not_hashed_twice() {
    for (good, bad) in PLACES.iter().flat_map(|place| FORMS.map(|form| (*place, form))) {
        let first = rejected(&format!("{},{}", filled(good), filled(bad)));
        let mut again = decoder().stored();
        again.record(first.raw_json.as_bytes()).unwrap();
        assert_eq!(again.finish().unwrap().quarantined, [first], "{good} {bad}: the same rejected record");
    }
    for place in PLACES {
        let expected = decoded(&filled(place));
        let aside = rejected(&format!(r#"{},"count":"x""#, filled(place)));
        let mut again = decoder().stored();
        again.record(aside.raw_json.replace(r#""count":"x""#, r#""count":null"#).as_bytes()).unwrap();
        let found = again.finish().unwrap();
        assert_eq!(found.quarantined, [], "{place}");
        let row = |decoded: &Decoded| row_of(&decoded.batch, 0);
        let (found, expected) = (row(&found), row(&expected));
        for (column, value) in &expected {
            assert_eq!(found.get(column), Some(value), "{place}: {column}");
        }
        assert_eq!(found.len(), expected.len());
    }
    // Put aside before the property was personal.
    let mut old = decoder().stored();
    old.record(filled(r#"{"id":1,"name":"T"}"#).as_bytes()).unwrap();
    assert_eq!(row_of(&old.finish().unwrap().batch, 0)["name"], hash(TEXT));
    // What the API sends is never taken for a hash.
    let sent = format!("hmac-sha256:{}", key().hash(TEXT));
    let row = row_of(&decoded(&format!(r#""name":"{sent}""#)).batch, 0);
    assert_eq!(row["name"], hash(&sent));
}

#[test]
fn no_record_is_read_without_a_key() {
    let mut decoder = Decoder::new(&PERSONAL);
    for found in [decoder.page(b"[]"), decoder.record(br#"{"id":1}"#)] {
        assert!(matches!(found, Err(DecodeError::NoKey { table: "cw_thing" })), "{found:?}");
    }
    static EXCLUDING: Table =
        Table { hashed: &[], shape: fields! { "id": Kind::Int, "phone": Kind::Sensitive }, ..PERSONAL };
    assert!(Decoder::new(&EXCLUDING).page(b"[]").is_ok());
}

#[test]
fn errors_hold_none() {
    for text in [
        r#"{"id":1,"name":"T"}"#,
        r#"[{"name":"T""#,
        r#"[{"name":"T\x"}]"#,
        r#"{"name":"T","phone":"T"}"#,
        r#"{"company":"T"}"#,
        r#""T""#,
    ] {
        let found = decoder().page(filled(text).as_bytes()).unwrap_err();
        assert!(!format!("{found} {found:?}").contains("person"), "{text}: {found}");
    }
}

#[test]
fn json_for_a_reader_has_plain_hashes() {
    let raw = filled(r#"{"id":1,"name":"T","phone":"T","company":{"id":1.50,"name":"T"}}"#);
    let hash = key().hash(TEXT);
    let with = redact(&PERSONAL, Some(&key()), &raw).unwrap();
    assert_eq!(with, format!(r#"{{"id":1,"name":"{hash}","company":{{"id":1.50,"name":"{hash}"}}}}"#));
    let without = redact(&PERSONAL, None, &raw).unwrap();
    assert_eq!(without, r#"{"id":1,"name":null,"company":{"id":1.50,"name":null}}"#);
    let stored = redact_stored(&PERSONAL, Some(&key()), &raw).unwrap();
    assert_eq!(stored, with.replace(&hash, &format!("hmac-sha256:{hash}")));
    assert_eq!(redact_stored(&PERSONAL, Some(&key()), &stored).unwrap(), stored, "once is enough");
    assert!(redact(&PERSONAL, None, "{").is_err());
}

/// A random value with the text in it.
fn anything(random: &mut Random, depth: usize) -> Value {
    let names =
        ["name", "Name", "phone", "company", "tags", "customFields", "owner", "mail", "region", "_info", "updatedBy"];
    match random.below(if depth > 3 { 4 } else { 8 }) {
        0 => json!(random.below(9)),
        1 => Value::Null,
        2 | 3 => json!(TEXT),
        4 => (0..random.below(3)).map(|_| anything(random, depth + 1)).collect(),
        _ => (0..random.below(5)).map(|_| ((*random.pick(&names)).to_owned(), anything(random, depth + 1))).collect(),
    }
}

/// Takes the text out of a value at every path that is nothing personal and leads to nothing personal.
fn without_the_rest(value: &mut Value, path: &str) {
    let personal = || PERSONAL.hashed.iter().chain(PERSONAL.excluded);
    let at = path.to_lowercase();
    let below = |entry: &str| entry.to_lowercase().strip_prefix(&at).is_some_and(|rest| rest.starts_with('/'));
    let above = |entry: &str| at.strip_prefix(&entry.to_lowercase()).is_some_and(|rest| rest.starts_with('/'));
    let is_personal =
        path.is_empty() || personal().any(|entry| entry.to_lowercase() == at || below(entry) || above(entry));
    match value {
        Value::String(_) if !is_personal => *value = json!("x"),
        Value::Array(items) => items.iter_mut().for_each(|item| without_the_rest(item, path)),
        Value::Object(properties) => properties.iter_mut().for_each(|(name, value)| {
            let path = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
            without_the_rest(value, &path);
        }),
        _ => {}
    }
}

#[test]
fn no_random_record_leaves_a_text() {
    let mut kept = 0;
    for seed in 0..1000 {
        let mut random = Random(seed);
        let mut record = json!({ "id": 1 });
        let top = ["name", "Name", "phone", "company", "tags", "customFields", "_info", "extra", "count", "Company"];
        for _ in 0..1 + random.below(4) {
            record[*random.pick(&top)] = anything(&mut random, 0);
        }
        without_the_rest(&mut record, "");
        let mut decoder = decoder();
        decoder.page(json!([record]).to_string().as_bytes()).unwrap();
        let found = decoder.finish().unwrap();
        assert!(!format!("{found:?}").contains("person"), "seed {seed}: {record} {found:?}");
        kept += found.batch.num_rows();
    }
    assert!((50..950).contains(&kept), "{kept}");
}
