//! Conditions on lists in records and on custom fields.

use super::{Scene, all_ids, ids_of};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The ids of the entries of which a custom field satisfies something.
fn ids_with(scene: &Scene, wanted: impl Fn(&Value) -> bool) -> BTreeSet<i64> {
    let world = scene.simulator.world();
    let records = world.records("TimeEntry");
    let has = |record: &Value| record["customFields"].as_array().is_some_and(|fields| fields.iter().any(&wanted));
    records.filter(has).map(|record| record["id"].as_i64().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_and_counts_are_narrowed_by_lists_in_records_and_by_custom_fields() {
    let scene = Scene::new().await;
    let world = scene.simulator.world();
    let fields: Vec<Value> =
        world.records("TimeEntry").filter_map(|record| record["customFields"].as_array().cloned()).flatten().collect();
    let field = fields.iter().find(|field| field["value"].is_string()).unwrap();
    let (caption, value) = (field["caption"].as_str().unwrap(), field["value"].as_str().unwrap());

    let by_caption = ids_with(&scene, |field| field["caption"] == caption);
    assert!(!by_caption.is_empty() && by_caption.len() < all_ids(&scene).len());
    let condition = format!("customFields/caption = \"{caption}\"");
    let ran = scene.run(&["extract", "/time/entries", "--child-conditions", &condition, "--page-size", "100"]).await;
    assert_eq!((ran.code, ids_of(&ran.out)), (0, by_caption), "{}", ran.err);

    let by_value = ids_with(&scene, |field| field["caption"] == caption && field["value"] == value);
    let condition = format!("caption = \"{caption}\" and value = \"{value}\"");
    for page_size in ["1000", "1"] {
        let arguments = ["--custom-field-conditions", &condition, "--page-size", page_size, "--conditions", "id > 0"];
        let ran = scene.run(&[&["extract", "/time/entries"][..], &arguments].concat()).await;
        assert_eq!((ran.code, ids_of(&ran.out)), (0, by_value.clone()), "{}", ran.err);
    }
    let log = world.requests();
    let mut counts = log.lines.iter().filter(|line| line.path.ends_with("/count"));
    assert!(counts.any(|line| line.parameter("customFieldConditions").is_some()));
    let packed = |headers: &BTreeMap<String, String>| headers.get("accept-encoding").is_some_and(|how| how == "gzip");
    assert!(log.lines.iter().all(|line| packed(&line.headers)), "every body is asked for packed");
}

#[tokio::test(flavor = "multi_thread")]
async fn they_are_checked_before_anything_is_asked() {
    let scene = Scene::new().await;
    for (flag, condition, words) in [
        ("--child-conditions", "customFields/caption = ", &["--child-conditions", "letter 24", "^"][..]),
        ("--custom-field-conditions", "caption = 'a'", &["--custom-field-conditions", "double quotes"]),
        ("--custom-field-conditions", "caption = \"a\" og value = 1", &["expected and, or"]),
        ("--child-conditions", "members/password = \"a\"", &["sensitive"]),
        ("--conditions", "id = ", &["--conditions", "value"]),
    ] {
        let ran = scene.run(&["extract", "/time/entries", flag, condition]).await;
        assert_eq!(ran.code, 2, "{condition}: {}", ran.err);
        for word in words {
            assert!(ran.err.contains(word), "{word}: {}", ran.err);
        }
    }
    assert_eq!(scene.simulator.world().requests().total, 0);
}
