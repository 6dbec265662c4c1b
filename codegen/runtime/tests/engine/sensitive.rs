//! Sensitive properties reach no column, no `_unknown`, no rejected record and no error.

use connectwise_runtime::Decoder;

use crate::common::{TABLE, page, rejected, row};

const SECRET: &str = "hunter2";

/// Properties with the secret at places where it must not be kept.
const HIDING: [&str; 12] = [
    r#""password":"hunter2""#,
    r#""password":{"a":["hunter2"]}"#,
    r#""Password":"hunter2""#,
    r#""p\u0061ssword":"hunter2""#,
    r#""token":"hunter2""#,
    r#""company":{"secret":"hunter2","token":"hunter2","id":1}"#,
    r#""customFields":[{"secret":"hunter2"},{"token":"hunter2","owner":{"password":"hunter2"}}]"#,
    r#""new":{"a":[{"password":"hunter2","b":1}]}"#,
    r#""extra":{"a":{"token":["hunter2"]}}"#,
    r#""_info":{"password":"hunter2","a":"b"}"#,
    r#""labels":[{"token":"hunter2"}]"#,
    r#""deep":{"inner":{"pin":"hunter2"}}"#,
];

#[test]
fn they_are_in_no_column() {
    for json in HIDING {
        let row = serde_json::to_string(&row(json)).unwrap();
        assert!(!row.contains(SECRET), "{json}: {row}");
    }
}

#[test]
fn they_are_in_no_rejected_record() {
    for json in HIDING {
        for bad in [r#""count":"x""#, r#""name":{}"#, r#""id":"x""#] {
            let found = rejected(&format!("{json},{bad}"));
            assert!(!format!("{found:?}").contains(SECRET), "{json}: {found:?}");
            let (_, value) = bad.split_once(':').unwrap();
            assert!(found.raw_json.contains(value), "{found:?}");
        }
    }
}

#[test]
fn they_are_in_no_rejected_record_of_the_wrong_form() {
    for json in [
        r#""company":[{"secret":"hunter2"}]"#,
        r#""customFields":{"secret":"hunter2"}"#,
        r#""customFields":[[{"secret":"hunter2"}]]"#,
        r#""name":{"password":"hunter2"}"#,
        r#""count":[{"token":"hunter2"}]"#,
        r#""_info":[{"token":"hunter2"}]"#,
        r#""id":{"token":"hunter2"}"#,
    ] {
        let found = rejected(json);
        assert!(!format!("{found:?}").contains(SECRET), "{json}: {found:?}");
    }
    let found = page(r#"[[{"password":"hunter2"}]]"#).quarantined;
    assert_eq!(found[0].raw_json, "[{}]");
}

#[test]
fn what_is_not_sensitive_stays() {
    let found = rejected(r#""company":{"secret":1,"id":2,"x":{"secret":3}},"secret":4,"deep":{"pin":5},"count":"x""#);
    assert_eq!(
        found.raw_json,
        r#"{"id":1,"company":{"id":2,"x":{"secret":3}},"secret":4,"deep":{"pin":5},"count":"x"}"#
    );
    let row = row(r#""secret":4,"deep":{"pin":5,"inner":{"pin":6,"n":7}}"#);
    assert_eq!(row["_unknown"], r#"{"deep":{"pin":5,"inner":{"n":7}},"secret":4}"#);
}

#[test]
fn they_are_in_no_error() {
    for text in [
        r#"{"id":1,"password":"hunter2"}"#,
        r#"{"password":"hunter2""#,
        r#"[{"password":"hunter2","#,
        r#"[{"password":"hunter2\x"}]"#,
        r#"{"code":"x","password":"hunter2"}"#,
        "",
    ] {
        for found in [
            Decoder::new(&TABLE).page(text.as_bytes()),
            Decoder::new(&TABLE).record(&text.as_bytes()[1.min(text.len())..]),
        ] {
            if let Err(error) = found {
                assert!(!format!("{error} {error:?}").contains(SECRET), "{text}: {error}");
            }
        }
    }
}
