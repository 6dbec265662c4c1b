//! Each rule for a value whose type differs from the spec: what converts, and what does not.

use arrow_array::Array as _;
use arrow_array::cast::AsArray as _;
use serde_json::{Value, json};

use crate::common::{Random, page, rejected, row, rows_of};

fn one(column: &str, json: &str) -> Value {
    row(&format!(r#""{column}":{json}"#)).remove(column).unwrap_or(Value::Null)
}

#[test]
fn what_fits_is_kept() {
    for (column, json, expected) in [
        ("count", "5", json!(5)),
        ("count", "-9223372036854775808", json!(i64::MIN)),
        ("amount", "12.5", json!(12.5)),
        ("amount", "-0.0", json!(-0.0)),
        ("amount", "5", json!(5.0)),
        ("active", "true", json!(true)),
        ("active", "false", json!(false)),
        ("name", r#""""#, json!("")),
        ("name", r#"" x ""#, json!(" x ")),
        ("at", r#""1970-01-01T00:00:01.5Z""#, json!({ "µs": 1_500_000 })),
        ("tags", r#"["a",null,""]"#, json!(["a", null, ""])),
        ("tags", "[]", json!([])),
        ("matrix", "[[1],[],null,[2,null]]", json!([[1], [], null, [2, null]])),
        ("company", "{}", json!({})),
        ("_info", r#"{"a":"b","c":null,"":""}"#, json!({ "a": "b", "c": null, "": "" })),
        ("_info", "{}", json!({})),
        ("labels", r#"[{"a":"b"},null,{}]"#, json!([{ "a": "b" }, null, {}])),
        ("extra", r#""text""#, json!("text")),
    ] {
        assert_eq!(one(column, json), expected, "{column} {json}");
    }
}

#[test]
fn null_and_absent_are_null() {
    for column in
        ["name", "count", "amount", "active", "at", "company", "tags", "matrix", "customFields", "extra", "_info"]
    {
        assert_eq!(one(column, "null"), Value::Null, "{column}");
    }
    assert_eq!(rows_of(&page(r#"[{"id":1}]"#).batch), [json!({ "id": 1 }).as_object().unwrap().clone()]);
    assert_eq!(one("company", r#"{"id":null,"region":null}"#), json!({}));
}

#[test]
fn what_converts_without_loss_is_converted() {
    for (column, json, expected) in [
        ("count", "5.0", json!(5)),
        ("count", "1e3", json!(1000)),
        ("count", "9007199254740993.0", json!(9_007_199_254_740_993_i64)),
        ("count", r#""11""#, json!(11)),
        ("count", r#"" 11.0 ""#, json!(11)),
        ("amount", r#""12.50""#, json!(12.5)),
        ("amount", r#"" -1e2\n""#, json!(-100.0)),
        ("name", "12.50", json!("12.50")),
        ("name", "-1E+2", json!("-1E+2")),
        ("name", "true", json!("true")),
        ("name", "false", json!("false")),
        ("active", r#""true""#, json!(true)),
        ("active", r#""FALSE ""#, json!(false)),
        ("at", r#""2025-06-15""#, json!({ "µs": 1_749_945_600_000_000_i64 })),
        ("at", r#"" 2025-06-15 00:00:00.0000009+00:00 ""#, json!({ "µs": 1_749_945_600_000_000_i64 })),
        ("at", r#""1969-12-31T23:59:59.9999999""#, json!({ "µs": -1 })),
        ("_info", r#"{"a":12.50,"b":true}"#, json!({ "a": "12.50", "b": "true" })),
        ("tags", "[1,true]", json!(["1", "true"])),
        ("extra", "12.50", json!("12.50")),
        ("extra", "false", json!("false")),
        ("extra", r#"{ "a" : [1, 2] }"#, json!(r#"{ "a" : [1, 2] }"#)),
        ("extra", "[]", json!("[]")),
    ] {
        assert_eq!(one(column, json), expected, "{column} {json}");
    }
}

#[test]
fn blank_text_is_null_where_no_text_is_wanted() {
    for column in ["count", "amount", "active", "at"] {
        assert_eq!(one(column, r#""""#), Value::Null, "{column}");
        assert_eq!(one(column, r#"" \t ""#), Value::Null, "{column}");
    }
}

#[test]
fn what_does_not_convert_is_rejected() {
    for (json, path, reason) in [
        (r#""count":5.5"#, "count", "found 5.5, expected a whole number of 64 bits"),
        (r#""count":9223372036854775808"#, "count", "found 9223372036854775808, expected a whole number of 64 bits"),
        (r#""count":"x""#, "count", r#"found the text "x", expected a whole number of 64 bits"#),
        (r#""count":true"#, "count", "found true, expected a whole number of 64 bits"),
        (r#""count":{}"#, "count", "found an object, expected a whole number of 64 bits"),
        (r#""amount":1e999"#, "amount", "found 1e999, expected a number that a double can hold"),
        (r#""amount":"NaN""#, "amount", r#"found the text "NaN", expected a number that a double can hold"#),
        (r#""amount":"-inf""#, "amount", r#"found the text "-inf", expected a number that a double can hold"#),
        (r#""amount":[1]"#, "amount", "found a list, expected a number that a double can hold"),
        (r#""active":1"#, "active", "found 1, expected true or false"),
        (r#""active":"yes""#, "active", r#"found the text "yes", expected true or false"#),
        (r#""name":{}"#, "name", "found an object, expected text"),
        (r#""name":[]"#, "name", "found a list, expected text"),
        (r#""at":1749945600"#, "at", "found 1749945600, expected a date and time"),
        (r#""at":"2025-02-30""#, "at", r#"found the text "2025-02-30", expected a date and time"#),
        (r#""at":"2016-12-31T23:59:60Z""#, "at", r#"found the text "2016-12-31T23:59:60Z", expected a date and time"#),
        (r#""company":"x""#, "company", r#"found the text "x", expected an object"#),
        (r#""company":[]"#, "company", "found a list, expected an object"),
        (r#""company":{"id":"x"}"#, "company/id", r#"found the text "x", expected a whole number of 64 bits"#),
        (r#""company":{"region":{"id":[]}}"#, "company/region/id", "found a list, expected a whole number of 64 bits"),
        (r#""tags":"a""#, "tags", r#"found the text "a", expected a list"#),
        (r#""tags":["a",{}]"#, "tags/1", "found an object, expected text"),
        (r#""matrix":[[1],[2,"x"]]"#, "matrix/1/1", r#"found the text "x", expected a whole number of 64 bits"#),
        (r#""customFields":[{},{"caption":[]}]"#, "customFields/1/caption", "found a list, expected text"),
        (r#""customFields":{}"#, "customFields", "found an object, expected a list"),
        (r#""_info":"x""#, "_info", r#"found the text "x", expected an object of texts"#),
        (r#""_info":{"a":{}}"#, "_info/a", "found an object, expected text"),
        (r#""labels":[{},{"k":[]}]"#, "labels/1/k", "found a list, expected text"),
    ] {
        let found = rejected(json);
        assert_eq!((found.path.as_str(), found.reason.as_str()), (path, reason), "{json}");
        assert_eq!(found.record_id.as_deref(), Some("1"), "{json}");
        assert_eq!(found.raw_json, format!(r#"{{"id":1,{json}}}"#));
    }
}

#[test]
fn a_long_value_is_shortened_in_the_reason() {
    let found = rejected(&format!(r#""count":"{}""#, "ð".repeat(500)));
    assert_eq!(found.reason, format!(r#"found the text "{}…", expected a whole number of 64 bits"#, "ð".repeat(80)));
}

#[test]
fn a_record_needs_its_key() {
    for (json, id, path) in [
        (r#"{"name":"x"}"#, None, "id"),
        (r#"{"id":null}"#, None, "id"),
        (r#"{"id":""}"#, Some(""), "id"),
        (r#"{"id":"A-1"}"#, Some("A-1"), "id"),
        (r#"{"id":1.5}"#, Some("1.5"), "id"),
        (r#"{"id":{"a":1}}"#, Some(r#"{"a":1}"#), "id"),
        (r#"{"id":1,"id":null}"#, None, "id"),
        (r#"{"id":0}"#, Some("0"), "id"),
        (r#"{"id":-1,"name":"x"}"#, Some("-1"), "id"),
        (r#"{"id":"-1.0"}"#, Some("-1"), "id"),
        (r#"{"id":-9223372036854775808}"#, Some("-9223372036854775808"), "id"),
        (r#"{"id":7.0,"count":"x"}"#, Some("7"), "count"),
        (r#"{"id":" 7 ","count":"x"}"#, Some("7"), "count"),
        (r#"{"Id":1}"#, None, "id"),
        ("5", None, ""),
        ("null", None, ""),
        (r#"[{"id":1}]"#, None, ""),
    ] {
        let decoded = page(&format!("[{json}]"));
        assert_eq!(decoded.quarantined.len(), 1, "{json}");
        let found = &decoded.quarantined[0];
        assert_eq!((found.record_id.as_deref(), found.path.as_str()), (id, path), "{json}: {}", found.reason);
        assert_eq!(found.raw_json, json);
    }
    let found = &page(r#"[{"id":-1}]"#).quarantined[0];
    assert_eq!(found.reason, "found -1, expected a positive whole number");
    assert_eq!(rows_of(&page(r#"[{"id":"11.0"}]"#).batch)[0]["id"], 11);
}

#[test]
fn escapes_are_read_and_lone_surrogates_replaced() {
    for (json, expected) in [
        (r#""a\"\\\/\b\f\n\r\tz""#, "a\"\\/\u{8}\u{c}\n\r\tz"),
        (r#""\u00fe\u00DE\u20ac""#, "þÞ€"),
        (r#""\ud83d\ude00""#, "😀"),
        (r#""\ud800""#, "\u{fffd}"),
        (r#""\ud800x\udc00""#, "\u{fffd}x\u{fffd}"),
        (r#""\ud800\u0041""#, "\u{fffd}A"),
        (r#""\ud800\ud83d\ude00""#, "\u{fffd}😀"),
        (r#""\u0000""#, "\0"),
        ("\"a\tb\u{1}\"", "a\tb\u{1}"),
    ] {
        assert_eq!(one("name", json), json!(expected), "{json}");
        assert_eq!(one("_info", &format!(r#"{{"k":{json}}}"#)), json!({ "k": expected }), "{json}");
        assert_eq!(one("extra", json), json!(expected), "{json}");
    }
    assert_eq!(row(r#""n\u0061me":"x""#)["name"], "x");
}

#[test]
fn of_a_repeated_property_the_last_wins() {
    for (json, column, expected) in [
        (r#""name":"long text","name":"x""#, "name", json!("x")),
        (r#""name":"x","count":1,"name":null"#, "name", Value::Null),
        (r#""name":null,"name":"x""#, "name", json!("x")),
        (r#""tags":["a","b"],"tags":["c"]"#, "tags", json!(["c"])),
        (
            r#""company":{"id":1,"name":"a","_info":{"a":"b"}},"company":{"name":"b"}"#,
            "company",
            json!({ "name": "b" }),
        ),
        (r#""company":{"id":1,"id":2}"#, "company", json!({ "id": 2 })),
        (r#""matrix":[[1,2],[3]],"matrix":[[4]]"#, "matrix", json!([[4]])),
        (r#""_info":{"a":"1","b":"2","a":"3"}"#, "_info", json!({ "a": "3", "b": "2" })),
        (r#""_info":{"a":"1","a":null}"#, "_info", json!({ "a": null })),
        (r#""_info":{"a":"1","\u0061":"2"}"#, "_info", json!({ "a": "2" })),
    ] {
        assert_eq!(row(json).get(column).cloned().unwrap_or(Value::Null), expected, "{json}");
    }
}

#[test]
fn a_map_can_have_many_entries() {
    let entries =
        |range: std::ops::Range<usize>| range.map(|n| format!(r#""k{n}":"v{n}""#)).collect::<Vec<_>>().join(",");
    let map = one("_info", &format!("{{{},{}}}", entries(0..200), entries(100..300)));
    assert_eq!(map.as_object().unwrap().len(), 300);
    assert_eq!(map["k250"], "v250");
}

#[test]
fn a_map_is_read_alike_whatever_maps_came_before() {
    let few = ["a", "b", "c", "type", "value", "password", r"\u0061", r"\u00f0", "ð", ""].map(str::to_owned);
    let many: Vec<String> = few.iter().cloned().chain((0..40).map(|n| format!("k{n}"))).collect();
    for seed in 0..300 {
        let mut random = Random(seed);
        let keys = if seed % 2 == 0 { &few[..] } else { &many };
        let (mut records, mut expected) = (Vec::new(), Vec::new());
        for id in 1..=30 {
            let values = [r#""Text""#, r#""Password""#, r#""x""#, r#""\u0078""#, "null"];
            let entries: Vec<(&str, &str)> = (0..random.below(if seed % 3 == 0 { 40 } else { 8 }))
                .map(|_| (random.pick(keys).as_str(), *random.pick(&values)))
                .collect();
            let written: Vec<String> = entries.iter().map(|(key, value)| format!(r#""{key}" : {value}"#)).collect();
            let info = format!("{{ {} }}", written.join(", "));
            if random.below(5) == 0 {
                records.push(format!(r#"{{"id":{id},"_info":{info},"count":"rejected"}}"#));
                continue;
            }
            records.push(format!(r#"{{"id":{id},"_info":{info}}}"#));
            // A type that says it counts, also where a later one says otherwise.
            let is_password = entries.contains(&("type", r#""Password""#));
            let mut map: serde_json::Map<String, Value> = serde_json::from_str(&info).unwrap();
            map.retain(|key, _| key != "password" && !(is_password && key == "value"));
            expected.push(Value::Object(map));
        }
        let decoded = page(&format!("[{}]", records.join(",")));
        let found: Vec<Value> =
            rows_of(&decoded.batch).into_iter().map(|mut row| row.remove("_info").unwrap()).collect();
        assert_eq!(found, expected, "seed {seed}");
        // Of a key that came twice, the first entry must be gone, too.
        let maps = decoded.batch.column_by_name("_info").unwrap().as_map();
        for (row, map) in expected.iter().enumerate() {
            assert_eq!(maps.value(row).len(), map.as_object().unwrap().len(), "seed {seed}: {map}");
        }
    }
}
