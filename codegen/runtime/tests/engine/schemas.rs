//! The types that tables get.

use arrow_schema::{DataType, Field as ArrowField};
use connectwise_runtime::schema::{map_type, timestamp_type};
use connectwise_runtime::{
    Child, Error, Field, Kind, SilverColumn, Source, Table, bronze_schema, check, child_schema, silver_schema,
};

use crate::common::{TABLE, fields, silver};

fn names(schema: &arrow_schema::Schema) -> Vec<&str> {
    schema.fields().iter().map(|field| field.name().as_str()).collect()
}

#[test]
fn bronze_follows_the_shape() {
    let schema = bronze_schema(&TABLE);
    assert_eq!(
        names(&schema),
        [
            "id",
            "name",
            "count",
            "amount",
            "active",
            "at",
            "company",
            "tags",
            "matrix",
            "customFields",
            "labels",
            "extra",
            "_info",
            "_unknown"
        ]
    );
    for field in schema.fields() {
        assert_eq!(field.is_nullable(), field.name() != "id", "{field}");
    }
    let of = |name| schema.field_with_name(name).unwrap().data_type().clone();
    assert_eq!(of("at"), timestamp_type());
    assert_eq!(of("_info"), map_type());
    assert_eq!(of("extra"), DataType::Utf8);
    assert_eq!(of("tags"), DataType::List(ArrowField::new("element", DataType::Utf8, true).into()));
    let DataType::Struct(company) = of("company") else { panic!("no struct") };
    assert!(company.find("secret").is_none());
    assert!(company.find("_info").is_some());
    let DataType::Map(entries, false) = map_type() else { panic!("no map") };
    assert_eq!((entries.name().as_str(), entries.is_nullable()), ("key_value", false));
}

#[test]
fn silver_has_no_info_inside() {
    let schema = silver_schema(&TABLE);
    assert_eq!(names(&schema).len(), TABLE.silver.len());
    assert!(!schema.field(0).is_nullable());
    assert!(schema.fields().iter().skip(1).all(|field| field.is_nullable()));
    for name in ["customFields", "companyRegion"] {
        let written = schema.field_with_name(name).unwrap().data_type().to_string();
        assert!(!written.contains("_info"), "{written}");
    }
    assert_eq!(schema.field_with_name("infoLastUpdated").unwrap().data_type(), &timestamp_type());
    assert!(matches!(schema.field_with_name("labels").unwrap().data_type(), DataType::List(_)));
}

#[test]
fn children_start_with_their_keys() {
    let schema = child_schema(&TABLE, &TABLE.children[0]);
    assert_eq!(names(&schema), ["parentId", "listIndex", "id", "caption", "value", "ownerName", "tags"]);
    assert_eq!(schema.fields().iter().filter(|field| !field.is_nullable()).count(), 2);
    let schema = child_schema(&TABLE, &TABLE.children[1]);
    assert_eq!(schema.field(2).data_type(), &DataType::Utf8);
}

#[test]
fn contradictions_are_found() {
    static NO_KEY: Table = Table { key: "name", ..TABLE_COPY };
    static NOWHERE: Table = Table { silver: silver! { "x": Source::Path(&["company", "nothing"]) }, ..TABLE_COPY };
    static SECRET: Table = Table { silver: silver! { "x": Source::Path(&["password"]) }, ..TABLE_COPY };
    static TWICE: Table =
        Table { silver: silver! { "x": Source::Path(&["id"]), "X": Source::Path(&["name"]) }, ..TABLE_COPY };
    static NO_LIST: Table = Table { children: &[Child { table: "c", list: "name", columns: &[] }], ..TABLE_COPY };
    static NO_INFO: Table = Table { silver: silver! { "x": Source::InfoText(&[]) }, ..TABLE_COPY };
    check(&TABLE).unwrap();
    for (table, part) in [
        (&NO_KEY, "the key name is no whole number"),
        (&NOWHERE, "taken from company/nothing"),
        (&SECRET, "taken from password"),
        (&TWICE, "two columns x"),
        (&NO_LIST, "made of name, which is no list"),
        (&NO_INFO, "no key to look for"),
    ] {
        let error = check(table).unwrap_err();
        assert!(matches!(error, Error::Shape { .. }) && error.to_string().contains(part), "{error}");
    }
}

const TABLE_COPY: Table = Table {
    shape: fields! {
        "id": Kind::Int, "name": Kind::Text, "password": Kind::Sensitive, "company": Kind::Struct(fields! { "id": Kind::Int }),
    },
    silver: &[],
    children: &[],
    entity: "T",
    table: "cw_t",
    endpoint: "/t",
    counted: true,
    parent: None,
    optional: false,
    schema: "T",
    key: "id",
    lookback_days: None,
    change_detection: connectwise_runtime::ChangeDetection::Snapshot,
    variants: &[],
    sensitive: &["password"],
    excluded: &[],
    hashed: &[],
    reconcile: &[],
};
