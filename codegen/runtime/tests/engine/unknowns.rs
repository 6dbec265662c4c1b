//! Properties that the spec does not know: kept at any depth, counted, and valid JSON.

use serde_json::{Value, json};

use crate::common::{page, row};

fn unknown(properties: &str) -> Value {
    let row = row(properties);
    row.get("_unknown").map_or(Value::Null, |text| serde_json::from_str(text.as_str().unwrap()).unwrap())
}

#[test]
fn they_are_kept_with_their_path() {
    for (json, expected) in [
        (r#""name":"x""#, Value::Null),
        (r#""new":1"#, json!({ "new": 1 })),
        (r#""new":null"#, json!({ "new": null })),
        (r#""new":{"a":[1,{"b":"c"}]}"#, json!({ "new": { "a": [1, { "b": "c" }] } })),
        (r#""company":{"newThing":"x"}"#, json!({ "company/newThing": "x" })),
        (r#""company":{"region":{"y":1}}"#, json!({ "company/region/y": 1 })),
        (
            r#""customFields":[{"hint":1},{},{"hint":2,"owner":{"z":3}}]"#,
            json!({ "customFields/0/hint": 1, "customFields/2/hint": 2, "customFields/2/owner/z": 3 }),
        ),
        (r#""Name":"other case","NAME":1"#, json!({ "Name": "other case", "NAME": 1 })),
        (r#""":1"#, json!({ "": 1 })),
        (r#""a\"b\\c\u000a\u0001þ":1"#, json!({ "a\"b\\c\n\u{1}þ": 1 })),
        (r#""new":1,"new":2"#, json!({ "new": 2 })),
        (r#""company":{"x":1},"company":{"y":2}"#, json!({ "company/y": 2 })),
        (r#""company":{"x":1},"new":3,"company":null"#, json!({ "new": 3 })),
        (r#""company":{"id":1,"region":{"x":1},"region":{"y":2}}"#, json!({ "company/region/y": 2 })),
        (r#""companyx":1,"company":{"x":1},"company":{}"#, json!({ "companyx": 1 })),
    ] {
        assert_eq!(unknown(json), expected, "{json}");
    }
}

#[test]
fn they_do_not_disturb_the_others() {
    let row = row(r#""x":1,"name":"n","y":[2],"count":3,"company":{"q":1,"id":4,"r":2,"name":"c"},"z":{}"#);
    assert_eq!((&row["name"], &row["count"]), (&json!("n"), &json!(3)));
    assert_eq!(row["company"], json!({ "id": 4, "name": "c" }));
}

#[test]
fn they_are_counted_by_pattern_where_the_record_is_kept() {
    let decoded = page(
        r#"[{"id":1,"new":1,"customFields":[{"hint":1},{"hint":1}]},{"id":2,"new":1},{"id":3,"new":1,"count":"x"},
            {"id":4,"company":{"n":1}}]"#,
    );
    let counts: Vec<_> = decoded.unknown_fields.iter().map(|(path, count)| (path.as_str(), *count)).collect();
    assert_eq!(counts, [("company/n", 1), ("customFields/*/hint", 2), ("new", 2)]);
}

#[test]
fn map_keys_are_all_known() {
    assert_eq!(unknown(r#""_info":{"anything":"x"}"#), Value::Null);
}
