//! Whatever is given to `import` ends in a canonical file or in a message that says what, where and how to go on.

mod common;

use common::{golden, put, run, workspace};
use connectwise_codegen::import::{Lock, import};
use connectwise_codegen::report::Problems;

#[test]
fn the_read_side_is_kept_and_nothing_else() {
    let mut problems = Problems::new();
    let imported = import("some/where/All.json", golden("source.json").as_bytes(), &mut problems).unwrap();
    assert_eq!(imported.file, "connectwise-1.0.json");
    for gone in ["\"post\"", "OnlyWritten", "\"tags\": [", "\"summary\"", "\"description\": \"\""] {
        let found = imported.text.replace("\"tags\": {", "").contains(gone);
        assert!(!found, "{gone} is still there");
    }
    for kept in ["/things/{id:regex(^(types. |(", "Thing.Part", "LoopNext"] {
        assert!(imported.text.contains(kept), "{kept} is gone");
    }
    let lock: Lock = serde_json::from_str(&imported.lock).unwrap();
    assert_eq!((lock.source.as_str(), lock.version.as_str(), lock.sha256.len()), ("All.json", "1.0", 64));
    let again = import("x", imported.text.as_bytes(), &mut problems).unwrap();
    assert_eq!(imported.text, again.text, "importing the canonical file changes it");
}

#[test]
fn garbage_is_refused_with_a_reason() {
    let head = r#""openapi": "3.0.1", "info": {"version": "1"}"#;
    let get = |schema: &str| {
        format!(
            r#"{{{head}, "paths": {{"/a": {{"get": {{"responses": {{"200": {{"content": {{"j": {{"schema": {schema}}}}}}}}}}}}}}}}}"#
        )
    };
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (b"".to_vec(), "not valid JSON"),
        (b"<html>Sign in</html>".to_vec(), "not valid JSON"),
        (b"{\"openapi\": \"3.0.1\",\n \"paths\"".to_vec(), "x.json:2:"),
        (vec![0xff, 0xfe, 0x00], "byte 0 is not UTF-8"),
        (deep.into_bytes(), "recursion limit"),
        (b"[]".to_vec(), "not a JSON object"),
        (b"null".to_vec(), "not a JSON object"),
        (b"{}".to_vec(), "`openapi` is missing"),
        (br#"{"swagger": "2.0", "paths": {}}"#.to_vec(), "`openapi` is missing"),
        (br#"{"openapi": 3, "info": {"version": "1"}, "paths": {}}"#.to_vec(), "no text"),
        (br#"{"openapi": "2.0", "info": {"version": "1"}, "paths": {}}"#.to_vec(), "OpenAPI 2.0 is not supported"),
        (br#"{"openapi": "3.0.1", "info": {}, "paths": {}}"#.to_vec(), "the version is missing"),
        (
            br#"{"openapi": "3.0.1", "info": {"version": "../../x"}, "paths": {}}"#.to_vec(),
            "can't be part of a file name",
        ),
        (format!("{{{head}}}").into_bytes(), "`paths` is missing"),
        (format!("{{{head}, \"paths\": []}}").into_bytes(), "`paths` is missing or not an object"),
        (format!("{{{head}, \"paths\": {{}}}}").into_bytes(), "no path has a GET operation"),
        (format!("{{{head}, \"paths\": {{\"/a\": 1}}}}").into_bytes(), "the path item is not an object"),
        (format!("{{{head}, \"paths\": {{}}, \"components\": 1}}").into_bytes(), "/components"),
        (get(r##"{"$ref": "#/components/schemas/Gone"}"##).into_bytes(), "`#/components/schemas/Gone` leads nowhere"),
        (get(r#"{"$ref": 1}"#).into_bytes(), "a `$ref` is not text"),
        (get(r#"{"$ref": "other.yaml#/X"}"#).into_bytes(), "leads nowhere"),
        (get(r#"{"$ref": ""}"#).into_bytes(), "leads nowhere"),
    ];
    for (bytes, wanted) in cases {
        let shown = String::from_utf8_lossy(&bytes).chars().take(80).collect::<String>();
        let mut problems = Problems::new();
        assert!(import("x.json", &bytes, &mut problems).is_none(), "{shown} was imported");
        let text = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        assert!(text.contains(wanted), "{shown}: {wanted} is not in:\n{text}");
        assert!(text.contains("x.json") && text.contains("fix: "), "{shown}: no way out in:\n{text}");
    }
}

/// Every value of the small spec in turn is replaced by values of other types: importing and generating never panic.
#[test]
fn nothing_in_the_spec_can_make_it_panic() {
    fn pointers(value: &serde_json::Value, here: &str, found: &mut Vec<String>) {
        found.push(here.to_owned());
        let escape = |key: &str| key.replace('~', "~0").replace('/', "~1");
        match value {
            serde_json::Value::Object(entries) => {
                for (key, value) in entries {
                    pointers(value, &format!("{here}/{}", escape(key)), found);
                }
            }
            serde_json::Value::Array(items) => {
                for (index, value) in items.iter().enumerate() {
                    pointers(value, &format!("{here}/{index}"), found);
                }
            }
            _ => {}
        }
    }
    let document: serde_json::Value = serde_json::from_str(&golden("source.json")).unwrap();
    let mut found = Vec::new();
    pointers(&document, "", &mut found);
    let entities = golden("input/schema/entities.yaml");
    for pointer in found {
        for other in [
            serde_json::json!(null),
            serde_json::json!(7),
            serde_json::json!("þ"),
            serde_json::json!([1]),
            serde_json::json!({"a": {"$ref": "#/components/schemas/Thing"}}),
        ] {
            let mut document = document.clone();
            *document.pointer_mut(&pointer).unwrap() = other;
            let text = serde_json::to_string(&document).unwrap();
            let mut problems = Problems::new();
            let Some(imported) = import("x.json", text.as_bytes(), &mut problems) else {
                assert!(!problems.is_empty(), "{pointer}: refused without a reason");
                continue;
            };
            let mut inputs = connectwise_codegen::inputs::Inputs { spec: imported.text, ..Default::default() };
            inputs.files.insert("schema/entities.yaml".to_owned(), entities.clone());
            inputs.files.insert("templates/dictionary.md.j2".to_owned(), "{{ version }}".to_owned());
            let _ = connectwise_codegen::render::render(&inputs, &mut problems);
        }
    }
}

#[test]
fn a_new_version_takes_the_place_of_the_old_one_and_says_what_changed() {
    let workspace = workspace();
    let root = workspace.path();
    let newer = golden("source.json")
        .replace("\"version\": \"1.0\"", "\"version\": \"2.0\"")
        .replace("\"ok\": { \"type\": \"boolean\" }", "\"okay\": { \"type\": \"boolean\" }");
    put(root, "newer.json", &newer);
    let (status, out, errors) = run(root, &["import", root.join("newer.json").to_str().unwrap()]);
    assert_eq!((status, errors.as_str()), (0, ""));
    for wanted in [
        "schema/connectwise-2.0.json: 6 GET operations, 3 list endpoints, 7 schemas",
        "- Thing.ok: boolean",
        "+ Thing.okay: boolean",
        "- Thing silver cw_thing.ok: boolean (breaking)",
        "schema/connectwise-1.0.json removed",
    ] {
        assert!(out.contains(wanted), "{wanted} is not in:\n{out}");
    }
    assert!(!root.join("schema/connectwise-1.0.json").exists());
    let (_, out, _) = run(root, &["import", root.join("newer.json").to_str().unwrap()]);
    assert!(out.contains("nothing changed in the spec"), "{out}");
}

#[test]
fn a_refused_file_leaves_everything_as_it_was() {
    let workspace = workspace();
    let root = workspace.path();
    let lock = std::fs::read_to_string(root.join("schema/openapi.lock")).unwrap();
    put(root, "bad.json", "{");
    let (status, out, errors) = run(root, &["import", root.join("bad.json").to_str().unwrap()]);
    assert_eq!((status, out.as_str()), (1, ""));
    assert!(errors.contains("fix: "), "{errors}");
    let (status, _, errors) = run(root, &["import", root.join("missing.json").to_str().unwrap()]);
    assert_eq!(status, 1);
    assert!(errors.contains("missing.json can't be read"), "{errors}");
    assert_eq!(lock, std::fs::read_to_string(root.join("schema/openapi.lock")).unwrap());
}
