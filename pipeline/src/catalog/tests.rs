//! What is known of the tables, and what a command needs of the lakehouse before it begins.

use super::*;
use crate::bronze::{Loading, load};
use crate::context::Options;
use crate::testing::{companies, run};
use std::collections::BTreeSet;

#[test]
fn every_table_is_known_once_with_its_keys() {
    let tables = known_tables();
    let names: BTreeSet<_> = tables.iter().map(|table| (table.layer, table.name)).collect();
    assert_eq!(names.len(), tables.len(), "a table is there twice");
    let layers: Vec<_> = tables.iter().map(|table| LAYERS.iter().position(|layer| *layer == table.layer)).collect();
    assert!(layers.is_sorted() && layers.iter().all(Option::is_some), "{layers:?}");
    for table in tables {
        for key in &table.key {
            assert!(table.schema.index_of(key).is_ok(), "{}.{} has no column {key}", table.layer, table.name);
        }
        assert_eq!(table.optional, table.name == quarantine::TABLE, "{}", table.name);
    }
    for entity in TABLES {
        let wanted = [("bronze", entity.table), ("silver", entity.table)];
        let children = entity.children.iter().map(|child| ("silver", child.table));
        for table in wanted.into_iter().chain(children) {
            assert!(names.contains(&table), "{table:?}");
        }
    }
    for gold in connectwise_generated::gold::TABLES {
        assert!(names.contains(&("gold", gold.name)), "{}", gold.name);
    }
}

#[test]
fn a_table_is_found_by_layer_and_name() {
    let lake = open("./nowhere", Layout::Schemas).unwrap();
    for table in known_tables() {
        let found = lake.warehouse().table(table.layer, table.name).unwrap();
        assert_eq!((found.layer, found.name), (table.layer, table.name));
    }
    assert!(lake.warehouse().table("gold", "cw_company").is_none(), "it is of other layers");
}

#[tokio::test]
async fn a_layer_that_was_not_built_is_named_with_what_builds_it() {
    let (_folder, run) = run(Options::default());
    let none = require_layer(&run.lake, "bronze").await.unwrap_err().to_string();
    assert!(none.contains("there are no tables"), "{none}");
    load(&run, &companies(&run.stage, 1..3, "A", true), Loading { full: true, ..Loading::default() }).await.unwrap();
    require_layer(&run.lake, "bronze").await.unwrap();
    let silver = require_layer(&run.lake, "silver").await.unwrap_err().to_string();
    assert!(silver.contains("silver was not built") && silver.contains("--layers"), "{silver}");
}

#[tokio::test]
async fn tables_of_the_other_layout_alone_are_refused() {
    let (folder, run) = run(Options::default());
    let place = folder.path().to_str().unwrap();
    let flat = open(place, Layout::Flat).unwrap();
    require_layout(&flat).await.unwrap();
    load(&run, &companies(&run.stage, 1..3, "A", true), Loading { full: true, ..Loading::default() }).await.unwrap();
    require_layout(&run.lake).await.unwrap();
    let error = require_layout(&flat).await.unwrap_err();
    let text = error.to_string();
    assert_eq!(error.exit_code(), 2, "{text}");
    for word in [place, "schemas", "flat", "bronze/cw_company", "CW_LAYOUT=schemas"] {
        assert!(text.contains(word), "{text} says nothing of {word}");
    }
}
