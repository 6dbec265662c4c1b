//! The generated tables and models against the engine: what is static is sound, and a record goes all the way.

use connectwise_generated::{models, tables};

#[test]
fn the_engine_accepts_every_table() {
    for table in tables::TABLES {
        if let Err(error) = connectwise_runtime::check(table) {
            panic!("{}: {error}", table.entity);
        }
    }
}

#[test]
fn a_table_is_found_by_its_entity_or_a_variant() {
    assert_eq!(tables::by_entity("Invoice").map(|table| table.table), Some("cw_invoice"));
    assert_eq!(tables::by_entity("PostedInvoice").map(|table| table.table), Some("cw_invoice"));
    assert!(tables::by_entity("Nobody").is_none());
}

#[test]
fn a_page_becomes_bronze_and_silver() {
    let page = br#"[{"id": 7, "company": {"id": 1, "name": "ACME"}, "status": "SomethingNew",
        "timeStart": "2025-06-15T12:00:00Z", "_info": {"lastUpdated": "2025-06-15T12:00:00Z", "updatedBy": "jon "}}]"#;
    let mut decoder = tables::time_entry::decoder();
    decoder.page(page).unwrap();
    let decoded = decoder.finish().unwrap();
    assert_eq!(decoded.batch.schema(), tables::time_entry::schema());
    let silver = tables::time_entry::flatten(&decoded.batch).unwrap();
    assert_eq!(silver.num_rows(), 1);
    assert!(silver.column_by_name("companyId").is_some());
    assert!(silver.column_by_name("infoLastUpdated").is_some());
}

#[test]
fn a_model_takes_what_the_spec_does_not_know() {
    let text = r#"{"id": 7, "status": "SomethingNew", "later": 1, "password": "p",
        "customFields": [{"id": 1, "value": "x"}, {"id": 2, "value": 3}]}"#;
    let entry: models::TimeEntry = serde_json::from_str(text).unwrap();
    assert_eq!(entry.status.as_deref(), Some("SomethingNew"));
    let fields = entry.custom_fields.unwrap();
    assert_eq!(fields.len(), 2);
    let member: models::Member = serde_json::from_str(r#"{"id": 1, "password": "p", "token": "t"}"#).unwrap();
    let written = serde_json::to_string(&member).unwrap();
    assert_eq!(written, r#"{"id":1}"#);
}
