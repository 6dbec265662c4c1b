//! The checked-in data dictionary says of every column what an analyst asks: type, source, use, sensitivity, meaning.

#![expect(clippy::unwrap_used, reason = "a test that can't be set up has failed")]

#[expect(dead_code, reason = "shared with tests that begin with the small spec")]
mod common;

use std::fs;

use common::package;

fn dictionary() -> String {
    fs::read_to_string(package().join("../generated/DICTIONARY.md")).unwrap()
}

/// The cells of the rows of the sections whose headings begin so, without the heads of their tables.
fn rows(text: &str, heading: &str) -> Vec<Vec<String>> {
    let mut inside = false;
    let mut rows = Vec::new();
    for line in text.lines() {
        if line.starts_with('#') {
            inside = line.trim_start_matches('#').trim_start().starts_with(heading);
        }
        let is_head = line.starts_with("| column |") || line.starts_with("|---");
        if inside && line.starts_with('|') && !is_head {
            rows.push(line.trim_matches('|').split(" |").map(|cell| cell.trim().to_owned()).collect());
        }
    }
    assert!(!rows.is_empty(), "there is no {heading}");
    rows
}

#[test]
fn a_column_says_where_it_comes_from_and_where_it_goes() {
    let text = dictionary();
    let line = |begins: &str| text.lines().find(|line| line.starts_with(begins)).unwrap_or_else(|| panic!("{begins}"));
    assert!(line("| potentialRevenue | ").contains("`cw_timeentry.actualHours`, `cw_timeentry.hourlyRate`"));
    assert!(line("| actualCost | ").contains("`cw_member.hourlyCost`"));
    assert!(text.contains("| `billingLogId` | long | `billingLogId` | `fact_invoice`"), "joins count apart");
    assert!(line("| lineAmount | ").contains("`cw_productitem.extPrice`"), "through other gold tables");
}

#[test]
fn what_is_secret_is_said_and_is_no_column() {
    let text = dictionary();
    let bronze = rows(&text, "Member: bronze");
    for secret in ["password", "token", "clientId"] {
        let row = bronze.iter().find(|row| row[0] == format!("`{secret}`")).unwrap();
        assert_eq!(row[1..3], ["not stored", "secret"], "{row:?}");
    }
    assert_eq!(bronze.iter().filter(|row| row[2] == "secret").count(), 3);
    assert!(rows(&text, "Member: silver").iter().all(|row| row[0] != "`password`" && row[4] != "secret"));
    // Of a structure, what is left out of it.
    let small = fs::read_to_string(package().join("tests/golden/expected/generated/DICTIONARY.md")).unwrap();
    let row = rows(&small, "Thing: bronze").into_iter().find(|row| row[0] == "`type`").unwrap();
    assert_eq!(row[2], "without `type/secret`");
}

#[test]
fn what_the_spec_does_not_name_has_a_meaning_all_the_same() {
    let text = dictionary();
    let silver = rows(&text, "TimeEntry: silver");
    for lifted in ["infoLastUpdated", "infoUpdatedBy", "infoDateEntered", "infoEnteredBy"] {
        let row = silver.iter().find(|row| row[0] == format!("`{lifted}`")).unwrap();
        assert!(row[2].starts_with("`_info.") && !row[5].is_empty(), "{row:?}");
    }
    for row in rows(&text, "Company: silver `cw_company_types`").iter().take(2) {
        assert!(["`parentId`", "`listIndex`"].contains(&row[0].as_str()) && !row[5].is_empty(), "{row:?}");
    }
    let own = ["_unknown", "etlTimestamp", "etlEntity", "etlRunId", "etlDeletedAt"];
    let own = own.iter().chain(&["_etl_processed_at", "_etl_source", "_etl_batch_id", "_etl_deleted_at"]);
    let found = rows(&text, "Data dictionary");
    assert_eq!(found.iter().map(|row| row[0].trim_matches('`')).collect::<Vec<_>>(), own.copied().collect::<Vec<_>>());
    for table in ["bronze.cw_quarantine", "meta.etl_run", "meta.etl_entity_run", "meta.etl_check", "meta.etl_source"] {
        for row in rows(&text, table).iter().chain(&found) {
            assert!(row.len() == 3 && row.iter().all(|cell| !cell.is_empty()), "{table}: {row:?}");
        }
    }
}
