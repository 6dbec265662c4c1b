//! The value of a field that is a password is kept nowhere, in whatever form and place the field comes.

use std::borrow::Cow;

use arrow_array::BooleanArray;
use connectwise_runtime::{
    ChangeDetection, Decoder, Field, Kind, Recall, SilverColumn, Source, Table, bronze_schema, password_columns,
    redact, redact_stored, without_passwords,
};

use crate::common::{TABLE, fields, rows_of};
use crate::personal::{PERSONAL, key};

const SECRET: &str = "hunter2";

const CUSTOM: &[Field] = fields! {
    "id": Kind::Int, "caption": Kind::Text, "type": Kind::Text, "value": Kind::Json, "connectWiseId": Kind::Text,
};
const ANSWER: &[Field] = fields! {
    "question": Kind::Text, "fieldType": Kind::Text, "answer": Kind::Int, "details": Kind::Struct(CUSTOM),
};
const SECRETIVE: &[Field] = fields! { "type": Kind::Sensitive, "value": Kind::Text };

pub(crate) static FIELDS: Table = Table {
    reconcile: &[],
    entity: "Thing",
    table: "cw_thing",
    endpoint: "/things",
    counted: true,
    parent: None,
    optional: false,
    schema: "Thing",
    key: "id",
    lookback_days: None,
    change_detection: ChangeDetection::FullScan,
    variants: &[],
    sensitive: &[],
    excluded: &[],
    hashed: &[],
    shape: fields! {
        "id": Kind::Int,
        "count": Kind::Int,
        "type": Kind::Struct(CUSTOM),
        "customFields": Kind::List(&Kind::Struct(CUSTOM)),
        "questions": Kind::List(&Kind::Struct(ANSWER)),
        "secretive": Kind::Struct(SECRETIVE),
        "extra": Kind::Json,
        "_info": Kind::Map,
    },
    silver: &[SilverColumn { name: "id", source: Source::Path(&["id"]) }],
    children: &[],
};

/// The properties of a field that is a password: in both orders, in any case, with escapes, several times, or with a value
/// that is none of the property's type.
const SPELLINGS: [&str; 16] = [
    r#""type":"Password","value":"hunter2""#,
    r#""value":"hunter2","type":"Password""#,
    r#""value":"hunter2","id":9,"type" : "PASSWORD" ,"caption":"c""#,
    r#""Type":" password ","Value":"hunter2""#,
    r#""VALUE":"hunter2","t\u0079pe":"p\u0061ssword""#,
    r#""v\u0061lue":"hunter2","type":"Password""#,
    r#""value":{"a":["hunter2"]},"type":"Password""#,
    r#""value":["hunter2",{"value":"hunter2"}],"type":"Password""#,
    r#""type":"Text","value":"hunter2","type":"Password""#,
    r#""type":"Password","value":"hunter2","type":"Text""#,
    r#""value":"hunter2","value":null,"type":"Password""#,
    r#""value":null,"type":"Password","value":"hunter2""#,
    r#""type":"Password","value":"hunter2","oldValue":"hunter2","Answer":"hunter2""#,
    r#""fieldType":"Password","answer":"hunter2""#,
    r#""answer":"hunter2","fieldTypeIdentifier":"Password""#,
    r#""type":null,"Type":"Password","value":"hunter2""#,
];

/// Where such properties can stand.
fn places(properties: &str) -> Vec<String> {
    [
        "{}",
        r#""customFields":[{"id":1,{}}]"#,
        r#""customFields":[{"type":"Text","value":"plain"},{{},"hint":{{}}}]"#,
        r#""customFields":[],"customFields":[{{}}]"#,
        r#""customfields":[{{}}]"#,
        r#""custom":{"of":[[{{}}]]}"#,
        r#""extra":{{}}"#,
        r#""extra":[{"a":{{}}}]"#,
        r#""secretive":{{},"x":[{{}}]}"#,
        r#""type":{"id":1,"deep":{{}}}"#,
        r#""questions":[{"question":"q",{}}]"#,
        r#""questions":[{"details":{{}}}]"#,
    ]
    .map(|place| place.replace("{}", properties))
    .to_vec()
}

/// All that comes of a page, as one text.
fn outcome(table: &'static Table, page: &str) -> String {
    let mut kept = Kept::default();
    let mut decoder = Decoder::new(table).with_key(Some(key()));
    let read = decoder.page_recalling(page.as_bytes(), &mut kept);
    let found = decoder.finish().unwrap();
    format!("{read:?} {:?} {:?} {:?} {:?}", rows_of(&found.batch), found.quarantined, found.unknown_fields, kept.0)
}

/// The texts that are told of records.
#[derive(Default)]
struct Kept(Vec<String>);

impl Recall for Kept {
    fn recall(&mut self, _: &str) -> Option<usize> {
        None
    }

    fn kept(&mut self, record: &str, _: &[&str]) {
        self.0.push(record.to_owned());
    }
}

#[test]
fn it_is_in_no_column_no_rejected_record_and_no_reason() {
    for table in [&FIELDS, &TABLE, &PERSONAL] {
        for properties in SPELLINGS.iter().flat_map(|spelling| places(spelling)) {
            for bad in ["", r#","count":"x""#, r#","customFields":"x""#, r#","_info":[]"#, r#","extra":1e999"#] {
                let page = format!(r#"[{{"id":1,{properties}{bad}}},{{"id":2}}]"#);
                let found = outcome(table, &page);
                assert!(found.contains("records: 2") && !found.contains(SECRET), "{page}: {found}");
            }
        }
    }
}

#[test]
fn it_is_in_no_map() {
    for spelling in SPELLINGS {
        let many: String = (0..40).map(|n| format!(r#""k{n}":1,"#)).collect();
        for entries in [spelling.to_owned(), format!(r#"{many}{spelling}"#), format!(r#"{spelling},"a":1,"a":2"#)] {
            for bad in ["", r#","count":"x""#] {
                let found = outcome(&FIELDS, &format!(r#"[{{"id":1,"_info":{{{entries}}}{bad}}}]"#));
                assert!(found.contains("records: 1") && !found.contains(SECRET), "{entries}: {found}");
            }
        }
    }
}

#[test]
fn it_is_in_no_text_of_a_record() {
    for properties in SPELLINGS.iter().flat_map(|spelling| places(spelling)) {
        let raw = format!(r#"{{"id": 1, {properties}, "notes":"stays"}}"#);
        for kept in [redact(&FIELDS, None, &raw), redact_stored(&FIELDS, None, &raw), redact(&TABLE, None, &raw)] {
            let kept = kept.unwrap();
            assert!(!kept.contains(SECRET) && kept.contains(r#""notes":"stays""#), "{raw}: {kept}");
            serde_json::from_str::<serde_json::Value>(&kept).unwrap();
        }
        for text in [raw.clone(), format!("{raw}x"), raw[..raw.len() - 1].to_owned(), format!("[{raw},{{")] {
            let error = Decoder::new(&FIELDS).page(text.as_bytes()).unwrap_err();
            assert!(!format!("{error} {error:?}").contains(SECRET), "{text}: {error}");
        }
    }
}

#[test]
fn the_field_stays_without_it_and_the_record_is_a_row() {
    for (properties, row) in [
        (
            r#""customFields":[{"value":"hunter2","id":1,"type":"Password","caption":"Router","new":1},{"id":2,"type":"Text","value":"x"}]"#,
            r#"{"customFields":[{"caption":"Router","id":1,"type":"Password"},{"id":2,"type":"Text","value":"x"}],"_unknown":"{\"customFields/0/new\":1}"}"#,
        ),
        // What is no number is no fault of the record where it is left out anyway.
        (
            r#""questions":[{"answer":"hunter2","fieldType":"Password"},{"answer":"7","fieldType":"Number"}]"#,
            r#"{"questions":[{"fieldType":"Password"},{"answer":7,"fieldType":"Number"}]}"#,
        ),
        (
            r#""_info":{"value":"hunter2","a":"b","type":"Password"},"secretive":{"value":"hunter2","type":"Password"}"#,
            r#"{"_info":{"a":"b","type":"Password"},"secretive":{}}"#,
        ),
        (
            r#""extra":{"a":1,"type":"Password","value":[1],"b":2}"#,
            r#"{"extra":"{\"a\":1,\"type\":\"Password\",\"b\":2}"}"#,
        ),
        (r#""extra":[{"value":1,"type":"password"}]"#, r#"{"extra":"[{\"type\":\"password\"}]"}"#),
    ] {
        let mut decoder = Decoder::new(&FIELDS);
        assert_eq!(decoder.page(format!(r#"[{{"id":1,{properties}}}]"#).as_bytes()).unwrap().kept, 1, "{properties}");
        let mut found = rows_of(&decoder.finish().unwrap().batch);
        found[0].remove("id");
        let expected: serde_json::Map<_, _> = serde_json::from_str(row).unwrap();
        assert_eq!(found[0], expected, "{properties}");
    }
}

#[test]
fn what_is_no_password_is_as_it_was() {
    for properties in [
        r#""customFields":[{"type":"Text","value":"hunter2"},{"type":"Passwords","value":"hunter2"},{"value":"hunter2"}]"#,
        r#""customFields":[{"type":"Text","caption":"Password","value":"hunter2"}]"#,
        r#""customFields":[{"type":"Password"},{"value":"hunter2"}]"#,
        r#""extra":{"type":{"password":1},"value":"hunter2"}"#,
        r#""extra":{"a":{"type":"Password"},"value":"hunter2"}"#,
        r#""_info":{"password":"type","value":"hunter2"}"#,
    ] {
        let raw = format!(r#"{{"id":1, {properties}}}"#);
        assert!(matches!(redact(&FIELDS, None, &raw).unwrap(), Cow::Borrowed(_)), "{raw}");
        let found = outcome(&FIELDS, &format!("[{raw}]"));
        assert_eq!(found.matches(SECRET).count(), 2 * raw.matches(SECRET).count(), "{found}");
    }
    let found = outcome(&FIELDS, r#"[{"id":1,"questions":[{"answer":"seven","fieldType":"Text"}]}]"#);
    assert!(found.contains(r#"found the text \"seven\", expected a whole number"#), "{found}");
}

#[test]
fn rows_that_an_earlier_version_stored_lose_it_and_nothing_else() {
    let stored = r#"
        {"id":1,"customFields":[{"id":1,"type":"Password","value":"hunter2"},{"id":2,"type":"Text","value":"stays"}]}
        {"id":2,"customFields":[{"id":1,"type":"Text","value":"stays"}],"extra":"{ is no JSON"}
        {"id":3,"questions":[{"fieldType":"password","answer":7,"details":{"type":"PASSWORD","value":"hunter2"}}]}
        {"id":4,"customFields":[{"id":1,"type":"Password"},null],"extra":"{\"type\":\"Password\"}","_unknown":"{\"a\": 1}"}
        {"id":5,"extra":"[{\"value\":\"hunter2\",\"type\":\"Password\"}]"}
        {"id":6,"_unknown":"{\"a\":{\"type\":\"Password\",\"value\":\"hunter2\"},\"b\":1}"}"#;
    let reader = arrow_json::ReaderBuilder::new(bronze_schema(&FIELDS)).build(stored.as_bytes()).unwrap();
    let batch = reader.map(Result::unwrap).next().unwrap();
    assert_eq!(password_columns(&FIELDS), ["type", "customFields", "questions", "secretive", "extra", "_unknown"]);
    let (less, held) = without_passwords(&FIELDS, &batch).unwrap().unwrap();
    assert_eq!(held, BooleanArray::from(vec![true, false, true, false, true, true]));
    let (before, after) = (rows_of(&batch), rows_of(&less));
    assert!(!format!("{after:?}").contains(SECRET), "{after:?}");
    assert_eq!((&after[1], &after[3]), (&before[1], &before[3]));
    for (place, expected) in [
        (0, r#"{"id":1,"customFields":[{"id":1,"type":"Password"},{"id":2,"type":"Text","value":"stays"}]}"#),
        (2, r#"{"id":3,"questions":[{"fieldType":"password","details":{"type":"PASSWORD"}}]}"#),
        (4, r#"{"id":5,"extra":"[{\"type\":\"Password\"}]"}"#),
        (5, r#"{"id":6,"_unknown":"{\"a\":{\"type\":\"Password\"},\"b\":1}"}"#),
    ] {
        assert_eq!(after[place], serde_json::from_str(expected).unwrap());
    }
    assert!(without_passwords(&FIELDS, &less).unwrap().is_none());
}
