//! What the generator makes of its small spec, as `codegen/tests/golden/expected` holds it, compiles against the
//! runtime, and a record goes through it. The files themselves are compared in `codegen/tests/golden.rs`.

#[path = "../../codegen/tests/golden/expected/generated/src/lib.rs"]
pub mod small;

use connectwise_runtime::HashKey;
use small::{models, tables};

#[test]
fn the_engine_accepts_the_tables() {
    for table in tables::TABLES {
        if let Err(error) = connectwise_runtime::check(table) {
            panic!("{}: {error}", table.entity);
        }
    }
}

#[test]
fn a_page_becomes_bronze_silver_and_a_struct() {
    let page = r#"[{"id": 7, "name": "seven", "price": 1.5, "pass_word": "p", "kind": "Big", "tags": ["a", "b"],
        "type": {"id": 2, "secret": "s", "company": {"id": 3}}}]"#;
    let key = HashKey::new(b"a key");
    let mut decoder = tables::thing::decoder().with_key(Some(key.clone()));
    decoder.page(page.as_bytes()).unwrap();
    let bronze = decoder.finish().unwrap().batch;
    assert_eq!(bronze.schema(), tables::thing::schema());
    let silver = tables::thing::flatten(&bronze).unwrap();
    let typed = silver.column_by_name("typeCompanyId").unwrap();
    assert_eq!((silver.num_rows(), typed.null_count()), (1, 0));
    assert!(format!("{bronze:?}").contains(&key.hash("a")), "a personal text is a hash: {bronze:?}");
    let things: Vec<models::Thing> = serde_json::from_str(page).unwrap();
    let written = serde_json::to_value(&things[0]).unwrap();
    assert_eq!(written["type"]["company"]["id"], 3);
    assert!(written.get("pass_word").is_none(), "a sensitive property has no field");
    assert!(written.get("kind").is_none(), "an excluded property has no field");
}
