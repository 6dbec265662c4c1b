//! The decoder against a plain interpretation of serde_json's tree, on random records.

use connectwise_runtime::{Decoder, Field, Kind, Table};
use serde_json::{Map, Value, json};

use crate::common::{Random, TABLE, rows_of};
use crate::personal::{PERSONAL, key};

/// A random value for a kind: mostly one that fits, sometimes one that converts, seldom one that does not.
fn generate(random: &mut Random, kind: &Kind, wild: bool) -> Value {
    if random.below(12) == 0 {
        return Value::Null;
    }
    if wild && random.below(60) == 0 {
        return random.pick(&[json!(5), json!(5.5), json!("x"), json!(true), json!({ "a": 1 }), json!([1])]).clone();
    }
    let text = |random: &mut Random| {
        random
            .pick(&[
                "",
                " ",
                "x",
                "Þjónusta",
                "a\"b\\c\n",
                "😀",
                "\u{1}",
                "12.50",
                "true",
                "a/b",
                "long ".repeat(20).as_str(),
            ])
            .to_string()
    };
    match kind {
        Kind::Int => random
            .pick(&[
                json!(0),
                json!(-7),
                json!(i64::MAX),
                json!(3.0),
                json!("11"),
                json!("12.0"),
                json!(""),
                json!(1e3),
            ])
            .clone(),
        Kind::Float => {
            random.pick(&[json!(0.5), json!(-1e-9), json!(7), json!("12.50"), json!(" "), json!(1e300)]).clone()
        }
        Kind::Bool => random.pick(&[json!(true), json!(false), json!("TRUE"), json!("")]).clone(),
        Kind::Timestamp => random
            .pick(&[
                json!("2025-06-15T12:34:56Z"),
                json!("2025-06-15T12:34:56.123456+02:00"),
                json!("1969-12-31T23:59:59.5Z"),
                json!(""),
            ])
            .clone(),
        Kind::Text | Kind::Hashed => match random.below(6) {
            0 => json!(random.below(1000)),
            1 => json!(0.25),
            2 => json!(false),
            _ => json!(text(random)),
        },
        Kind::Json => match random.below(4) {
            0 => json!({ "a": [1, 2.5, { "b": text(random) }] }),
            1 => json!(true),
            2 => json!([]),
            _ => json!(text(random)),
        },
        Kind::Map => {
            let mut map = Map::new();
            for _ in 0..random.below(4) {
                let key = text(random);
                map.insert(key, generate(random, &Kind::Text, wild));
            }
            Value::Object(map)
        }
        Kind::List(item) => (0..random.below(4)).map(|_| generate(random, item, wild)).collect(),
        Kind::Struct(fields) => object(random, fields, wild),
        Kind::Sensitive => json!("hunter2"),
    }
}

/// Some of the properties in some order, sometimes with one that the shape does not know.
fn object(random: &mut Random, fields: &[Field], wild: bool) -> Value {
    let mut names: Vec<&Field> = fields.iter().collect();
    if random.below(4) == 0 {
        for last in (1..names.len()).rev() {
            names.swap(last, random.below(last + 1));
        }
    }
    let mut out = Map::new();
    for field in names {
        if random.below(5) > 0 {
            out.insert(field.name.to_owned(), generate(random, &field.kind, wild));
        }
        if random.below(40) == 0 {
            let name = random.pick(&["new", "Name", "þ\"\\", ""]);
            out.insert((*name).to_owned(), json!({ "n": random.below(9) }));
        }
    }
    Value::Object(out)
}

/// What a value should become; Err where it does not fit.
fn expect(kind: &Kind, value: &Value, path: &str, unknown: &mut Map<String, Value>) -> Result<Value, ()> {
    if value.is_null() {
        return Ok(Value::Null);
    }
    let blank = value.as_str().is_some_and(|text| text.trim().is_empty());
    match kind {
        Kind::Int | Kind::Float | Kind::Bool | Kind::Timestamp if blank => Ok(Value::Null),
        Kind::Int => match value {
            Value::Number(number) => whole(&number.to_string()),
            Value::String(text) => whole(text.trim()),
            _ => Err(()),
        },
        Kind::Float => match value {
            Value::Number(number) => Ok(json!(number.as_f64().ok_or(())?)),
            Value::String(text) => Ok(json!(text.trim().parse::<f64>().map_err(drop)?)),
            _ => Err(()),
        },
        Kind::Bool => match value {
            Value::Bool(value) => Ok(json!(value)),
            Value::String(text) => text.trim().to_lowercase().parse::<bool>().map(|value| json!(value)).map_err(drop),
            _ => Err(()),
        },
        Kind::Timestamp => {
            let text = value.as_str().ok_or(())?;
            let time = chrono::DateTime::parse_from_rfc3339(text).map_err(drop)?;
            Ok(json!({ "µs": time.timestamp_micros() }))
        }
        Kind::Text => match value {
            Value::String(_) => Ok(value.clone()),
            Value::Number(_) | Value::Bool(_) => Ok(json!(value.to_string())),
            _ => Err(()),
        },
        Kind::Hashed => expect(&Kind::Text, value, path, unknown).map(|text| json!(key().hash(text.as_str().unwrap()))),
        Kind::Json => Ok(json!(value.as_str().map_or_else(|| value.to_string(), str::to_owned))),
        Kind::Map => {
            let entries = value.as_object().ok_or(())?.iter();
            let entries = entries.map(|(key, value)| Ok((key.clone(), expect(&Kind::Text, value, "", unknown)?)));
            entries.collect::<Result<Map<_, _>, ()>>().map(Value::Object)
        }
        Kind::List(item) => {
            let items = value.as_array().ok_or(())?.iter().enumerate();
            items.map(|(index, value)| expect(item, value, &format!("{path}{index}/"), unknown)).collect()
        }
        Kind::Struct(fields) => {
            let mut out = Map::new();
            for (name, value) in value.as_object().ok_or(())? {
                match fields.iter().find(|field| field.name == name).map(|field| &field.kind) {
                    Some(Kind::Sensitive) => {}
                    Some(kind) => {
                        let found = expect(kind, value, &format!("{path}{name}/"), unknown)?;
                        if !found.is_null() {
                            out.insert(name.clone(), found);
                        }
                    }
                    None => {
                        unknown.insert(format!("{path}{name}"), value.clone());
                    }
                }
            }
            Ok(Value::Object(out))
        }
        Kind::Sensitive => Ok(Value::Null),
    }
}

fn whole(text: &str) -> Result<Value, ()> {
    if let Ok(whole) = text.parse::<i64>() {
        return Ok(json!(whole));
    }
    let float = text.parse::<f64>().map_err(drop)?;
    if float.fract() == 0.0 && float.abs() < 9e15 { Ok(json!(float as i64)) } else { Err(()) }
}

#[test]
fn agrees_with_an_interpretation_of_the_tree() {
    agrees(&TABLE);
}

#[test]
fn agrees_where_texts_are_hashed() {
    agrees(&PERSONAL);
}

fn agrees(table: &'static Table) {
    let root = Kind::Struct(table.shape);
    let is_hashed = |path: &str| {
        let names: Vec<&str> = path.split('/').filter(|name| name.parse::<usize>().is_err()).collect();
        table.hashed.iter().any(|hashed| hashed.eq_ignore_ascii_case(&names.join("/")))
    };
    let (mut kept, mut rejected) = (0, 0);
    for seed in 0..400 {
        let mut random = Random(seed);
        let wild = seed % 2 == 0;
        let records: Vec<Value> = (1..=random.below(12))
            .map(|id| {
                let mut record = object(&mut random, table.shape, wild);
                record["id"] = json!(id);
                record
            })
            .collect();
        let text = serde_json::to_string(&records).unwrap();
        let mut decoder = Decoder::new(table).with_key(Some(key()));
        decoder.page(text.as_bytes()).unwrap();
        let decoded = decoder.finish().unwrap();

        let mut expected = Vec::new();
        let mut refused = Vec::new();
        for record in &records {
            let mut unknown = Map::new();
            match expect(&root, record, "", &mut unknown) {
                Ok(Value::Object(mut row)) => {
                    // The objects that were made up, under the name of something hashed in another case.
                    unknown.iter_mut().filter(|(path, _)| is_hashed(path)).for_each(|(_, value)| *value = json!({}));
                    if !unknown.is_empty() {
                        row.insert("_unknown".to_owned(), Value::Object(unknown));
                    }
                    expected.push(row);
                }
                _ => refused.push(record["id"].to_string()),
            }
        }
        let mut found = rows_of(&decoded.batch);
        for row in &mut found {
            if let Some(Value::String(text)) = row.get("_unknown") {
                let unknown = serde_json::from_str(text).unwrap();
                row.insert("_unknown".to_owned(), unknown);
            }
        }
        assert_eq!(found, expected, "seed {seed}: {text}");
        let ids: Vec<_> = decoded.quarantined.iter().map(|rejected| rejected.record_id.clone().unwrap()).collect();
        assert_eq!(ids, refused, "seed {seed}: {text}");
        kept += expected.len();
        rejected += refused.len();
    }
    assert!(kept > 1000 && rejected > 100, "{kept} {rejected}");
}
