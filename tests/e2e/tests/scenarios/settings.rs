//! What the YAML sets: the fiscal year, the reporting time zone, which custom field holds the agreement number; and a
//! dimension that is added. Each by generating anew, and by running what was generated.

use crate::support::{EMPTY, Scene, rows_in};
use crate::variant::Variant;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const DATES: &str = "schema/dimensions/dimdate.yaml";
/// A business date.
pub(crate) const DAY: &str = "2026-06-15";

/// The changes of all settings at once.
pub(crate) const OTHER_SETTINGS: [(&str, &str, &str); 3] = [
    (DATES, "fiscalYearStartMonth: 1", "fiscalYearStartMonth: 7"),
    (DATES, "timeZone: Atlantic/Reykjavik", "timeZone: America/New_York"),
    (
        "schema/entities.yaml",
        "table: cw_agreement\n",
        "table: cw_agreement\n    agreementNumberCaption: Samningsnúmer\n",
    ),
];

async fn by_key(context: &datafusion::prelude::SessionContext, sql: &str) -> BTreeMap<String, Vec<String>> {
    rows_in(context, sql).await.into_iter().map(|mut row| (row.remove(0), row)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fiscal_year_begins_in_the_month_that_the_yaml_says() {
    let scene = Scene::new(EMPTY).await;
    scene.world().put("TimeEntry", json!({ "id": 1, "timeStart": "2024-02-01T12:00:00Z" }));
    scene.full().await;
    let gold = Variant::new(&OTHER_SETTINGS, &[]).session(&scene, DAY).await;
    let days = by_key(&gold, "SELECT DateKey, FiscalYear, FiscalQuarter, Year, Quarter FROM gold.dimdate").await;
    for (day, expected) in [
        ("20240201", ["2024", "3", "2024", "1"]),
        ("20240630", ["2024", "4", "2024", "2"]),
        ("20240701", ["2025", "1", "2024", "3"]),
        ("20240930", ["2025", "1", "2024", "3"]),
        ("20241001", ["2025", "2", "2024", "4"]),
        ("20241231", ["2025", "2", "2024", "4"]),
        ("20250101", ["2025", "3", "2025", "1"]),
    ] {
        assert_eq!(days[day], expected, "{day}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_begins_at_midnight_of_the_reporting_time_zone() {
    let scene = Scene::new(EMPTY).await;
    // New York is five hours behind in winter, four in summer; Reykjavík never moves.
    let instants = [
        ("2026-01-02T04:59:59Z", "20260101", "20260102"),
        ("2026-01-02T05:00:00Z", "20260102", "20260102"),
        ("2026-07-02T03:59:59Z", "20260701", "20260702"),
        ("2026-07-02T04:00:00Z", "20260702", "20260702"),
        ("2026-01-01T00:30:00Z", "20251231", "20260101"),
    ];
    for (id, (instant, ..)) in (1_i64..).zip(instants) {
        scene.world().put("TimeEntry", json!({ "id": id, "timeStart": instant }));
    }
    scene.full().await;
    let sql = "SELECT timeEntryId, WorkDateKey FROM gold.fact_timeentry";
    let (here, there) = (scene.by_key(sql).await, Variant::new(&OTHER_SETTINGS, &[]).session(&scene, DAY).await);
    let there = by_key(&there, sql).await;
    for (id, (instant, new_york, reykjavik)) in (1_i64..).zip(instants) {
        let id = id.to_string();
        assert_eq!((&*there[&id][0], &*here[&id][0]), (new_york, reykjavik), "{instant}");
    }
}

/// Agreements whose number stands in a field that is not their first.
pub(crate) fn put_captioned_agreements(scene: &Scene) {
    let field = |id: i64, caption: &str, value: Value| json!({ "id": id, "caption": caption, "value": value });
    let number = "Samningsnúmer";
    for (id, parent, fields) in [
        (1, None, json!([field(1, "Litur", json!("blár")), field(2, number, json!("S-1"))])),
        // A caption is compared without the space around it; another one is another field.
        (2, None, json!([field(1, " Samningsnúmer ", json!(" S-2 ")), field(2, "Samningsnúmer 2", json!("x"))])),
        (3, Some(1), json!([field(1, "Litur", json!("rauður")), field(2, number, json!(""))])),
        (4, Some(3), json!([field(1, "Litur", json!("grænn"))])),
        (5, None, json!([field(1, "Litur", json!("gulur"))])),
    ] {
        let mut record = json!({ "id": id, "name": "Samningur", "customFields": fields });
        if let Some(parent) = parent {
            record["parentAgreement"] = json!({ "id": parent });
        }
        scene.world().put("Agreement", record);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_agreement_number_is_the_field_that_the_yaml_names() {
    let scene = Scene::new(EMPTY).await;
    put_captioned_agreements(&scene);
    scene.full().await;
    let sql = "SELECT agreementId, agreementNumber FROM gold.dimagreement WHERE agreementId IS NOT NULL";
    // By the first field with a value, as it is checked in.
    let first = scene.by_key(sql).await;
    let named = by_key(&Variant::new(&OTHER_SETTINGS, &[]).session(&scene, DAY).await, sql).await;
    for (id, by_place, by_caption) in
        [("1", "blár", "S-1"), ("2", "S-2", "S-2"), ("3", "rauður", "S-1"), ("4", "grænn", "S-1"), ("5", "gulur", "∅")]
    {
        assert_eq!((&*first[id][0], &*named[id][0]), (by_place, by_caption), "agreement {id}");
    }
}

const LOCATION: &str = "table: dimlocation
description: Locations, as time entries name them.
key: LocationKey
naturalKey: locationId
columns:
  - name: locationId
    type: bigint
    expr: locationId
    description: The location's id.
  - name: locationName
    type: string
    expr: locationName
    unknown: \"'Unknown'\"
    description: The name.
";

const LOCATION_KEY: &str = "  - name: LocationKey
    dimension: dimlocation
    expr: t.locationId
    carries:
      locationName: TRIM(t.locationName)
    description: Where.
  - name: timeStart
";

#[tokio::test(flavor = "multi_thread")]
async fn a_dimension_of_ones_own_is_filled_and_referred_to() {
    let scene = Scene::new(EMPTY).await;
    let world = scene.world();
    let entry = |id: i64, location: Option<i64>, name: &str, changed: &str| {
        let mut record = json!({ "id": id, "_info": { "lastUpdated": changed } });
        if let Some(location) = location {
            (record["locationId"], record["locationName"]) = (json!(location), json!(name));
        }
        world.put("TimeEntry", record);
    };
    entry(1, Some(7), "Akureyri", "2026-01-01T00:00:00Z");
    entry(2, Some(7), " Akureyrarbær ", "2026-01-02T00:00:00Z");
    entry(3, Some(8), "Egilsstaðir", "2026-01-01T00:00:00Z");
    entry(4, None, "", "2026-01-01T00:00:00Z");
    entry(5, Some(9), "Horfinn", "2026-01-01T00:00:00Z");
    scene.full().await;
    assert!(world.delete("TimeEntry", 5));
    scene.full().await;
    let changes = [("schema/facts/fact_timeentry.yaml", "  - name: timeStart\n", LOCATION_KEY)];
    let variant = Variant::new(&changes, &[("schema/dimensions/dimlocation.yaml", LOCATION)]);
    assert!(variant.tables().contains(&"dimlocation".to_owned()));
    let gold = variant.session(&scene, DAY).await;
    let locations =
        by_key(&gold, "SELECT LocationKey, locationId, locationName, isInferred FROM gold.dimlocation").await;
    assert_eq!(locations.len(), 3, "a deleted entry refers to nothing: {locations:?}");
    assert_eq!(locations["-1"], ["∅", "Unknown", "false"]);
    assert_eq!(locations["7"], ["7", "Akureyrarbær", "false"], "the newest reference speaks");
    assert_eq!(locations["8"], ["8", "Egilsstaðir", "false"]);
    let joined = "SELECT t.timeEntryId, d.locationName FROM gold.fact_timeentry AS t JOIN gold.dimlocation AS d ON \
                  d.LocationKey = t.LocationKey";
    let joined = by_key(&gold, joined).await;
    let names: Vec<&str> = joined.values().map(|row| &*row[0]).collect();
    assert_eq!(names, ["Akureyrarbær", "Akureyrarbær", "Egilsstaðir", "Unknown"]);
}
