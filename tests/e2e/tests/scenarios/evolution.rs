//! Tables that an older or a newer specification made: columns come, go, and change their type.

use crate::support::{SMALL, Scene};
use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema, SchemaRef};
use connectwise_etl::lake::{Table, cast_to_schema};
use connectwise_etl::run::Options;
use connectwise_simulator::AdvanceRequest;
use std::sync::Arc;

/// Makes a bronze table anew with another schema, as if another specification had made it. Rows keep what fits.
async fn remake(
    scene: &Scene,
    table: &str,
    change: impl Fn(&Fields) -> Vec<FieldRef>,
    fill: impl Fn(RecordBatch) -> RecordBatch,
) {
    let old = scene.lake.open("bronze", table).await.unwrap().unwrap();
    let watermark = old.transaction("watermark").await.unwrap();
    let schema: SchemaRef = Arc::new(Schema::new(change(old.schema().unwrap().fields())));
    let rows = old.frame().unwrap().collect().await.unwrap();
    let rows: Vec<RecordBatch> = rows.into_iter().map(|batch| cast_to_schema(&fill(batch), &schema).unwrap()).collect();
    let many: usize = rows.iter().map(RecordBatch::num_rows).sum();
    std::fs::remove_dir_all(scene.folder.path().join("lake/bronze").join(table)).unwrap();
    let mut new = Table::create_or_evolve(&scene.lake, "bronze", table, &schema).await.unwrap();
    let frame = scene.lake.context().read_batches(rows).unwrap();
    let transactions: Vec<_> = watermark.map(|watermark| ("watermark".to_owned(), watermark)).into_iter().collect();
    new.fill(frame, many as u64, &transactions).await.unwrap();
}

fn without(fields: &Fields, name: &str) -> Vec<FieldRef> {
    fields.iter().filter(|field| field.name() != name).cloned().collect()
}

fn same(batch: RecordBatch) -> RecordBatch {
    batch
}

#[tokio::test(flavor = "multi_thread")]
async fn new_columns_come_without_losing_a_value() {
    let scene = Scene::new(SMALL).await;
    scene.full().await;
    // An older specification: no notes, no identifier in a company, and no caption in a custom field.
    remake(
        &scene,
        "cw_timeentry",
        |fields| {
            without(fields, "notes")
                .into_iter()
                .map(|field| match (field.name().as_str(), field.data_type()) {
                    ("company", DataType::Struct(inner)) => {
                        Arc::new(Field::new("company", DataType::Struct(without(inner, "identifier").into()), true))
                    }
                    ("customFields", DataType::List(item)) => {
                        let DataType::Struct(inner) = item.data_type() else { panic!("custom fields are structs") };
                        let item = Field::new(item.name(), DataType::Struct(without(inner, "caption").into()), true);
                        Arc::new(Field::new("customFields", DataType::List(Arc::new(item)), true))
                    }
                    _ => field,
                })
                .collect()
        },
        same,
    )
    .await;
    let totals = "SELECT count(company['id']), count(company['name']), count(actualHours), count(customFields), \
                  sum(array_length(customFields)) FROM bronze.cw_timeentry";
    let before = scene.rows(totals).await;
    let kept = "SELECT id, company['id'], company['name'], actualHours FROM bronze.cw_timeentry ORDER BY id";
    let old_rows = scene.rows(kept).await;

    let summary = scene.world().advance(AdvanceRequest {
        hours: 24.0,
        change: 5,
        entities: vec!["TimeEntry".into()],
        ..AdvanceRequest::default()
    });
    let report = scene.run(Options { lookback_days: Some(0), ..Options::default() }).await;
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
    let changed = summary.of("TimeEntry").changed;
    assert_eq!(changed.len(), 5);

    // The rows that the MERGE only copied have all that they had, also in the columns that grew.
    let touched = |id: &str| changed.iter().any(|changed| changed.to_string() == id);
    for (old, new) in old_rows.iter().zip(scene.rows(kept).await) {
        if !touched(&old[0]) {
            assert_eq!(*old, new);
        }
    }
    let after = scene.rows(totals).await;
    for (name, (old, new)) in ["company/id", "company/name", "actualHours", "customFields", "items"]
        .iter()
        .zip(before[0].iter().zip(&after[0]))
    {
        let (old, new): (i64, i64) = (old.parse().unwrap(), new.parse().unwrap());
        assert!((old - new).abs() <= 30, "{name}: {old} before, {new} after");
    }
    // The new columns hold what the changed records bring (and those that stand on the window's edge, which are read
    // again), and nothing for the others.
    let with_identifier = "SELECT count(company['identifier']) FROM bronze.cw_timeentry";
    let count: usize = scene.value(with_identifier).await.parse().unwrap();
    assert!((1..30).contains(&count), "{count}");
    // A full run fills them up.
    scene.full().await;
    let count: usize = scene.value(with_identifier).await.parse().unwrap();
    assert!(count > 300, "{count}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_that_the_specification_lost_stays() {
    let scene = Scene::new(SMALL).await;
    scene.full().await;
    remake(
        &scene,
        "cw_company",
        |fields| {
            let mut fields: Vec<FieldRef> = fields.iter().cloned().collect();
            fields.push(Arc::new(Field::new("retired", DataType::Utf8, true)));
            fields
        },
        |batch| {
            let mut fields: Vec<FieldRef> = batch.schema().fields().iter().cloned().collect();
            fields.push(Arc::new(Field::new("retired", DataType::Utf8, true)));
            let mut columns = batch.columns().to_vec();
            columns.push(Arc::new(arrow::array::StringArray::from(vec!["old"; batch.num_rows()])));
            RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
        },
    )
    .await;
    let summary = scene.world().advance(AdvanceRequest {
        hours: 24.0,
        change: 2,
        entities: vec!["Company".into()],
        ..AdvanceRequest::default()
    });
    scene.incremental().await;
    let changed = summary.of("Company").changed;
    assert!(!changed.is_empty());
    for row in scene.rows("SELECT id, retired FROM bronze.cw_company").await {
        let wanted = if changed.iter().any(|id| id.to_string() == row[0]) { "∅" } else { "old" };
        assert_eq!(row[1], wanted, "company {}", row[0]);
    }
    scene.full().await;
    assert_eq!(scene.value("SELECT count(retired) FROM bronze.cw_company").await, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_of_another_type_is_refused() {
    let scene = Scene::new(SMALL).await;
    scene.full().await;
    let cast = |batch: RecordBatch| {
        let index = batch.schema().index_of("actualHours").unwrap();
        let mut columns = batch.columns().to_vec();
        columns[index] = arrow::compute::cast(&columns[index], &DataType::Utf8).unwrap();
        let fields: Vec<FieldRef> = batch.schema().fields().iter().map(text_hours).collect();
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
    };
    fn text_hours(field: &FieldRef) -> FieldRef {
        if field.name() == "actualHours" {
            Arc::new(Field::new("actualHours", DataType::Utf8, true))
        } else {
            Arc::clone(field)
        }
    }
    remake(&scene, "cw_timeentry", |fields| fields.iter().map(text_hours).collect(), cast).await;
    let rows = "SELECT count(*) || ' ' || string_agg(DISTINCT etlRunId, ', ') FROM bronze.cw_timeentry";
    let before = scene.value(rows).await;
    scene.world().advance(AdvanceRequest { hours: 24.0, change: 3, ..AdvanceRequest::default() });
    let report = scene.run(Options::default()).await;
    assert_eq!(report.exit_code(), 3);
    let text = report.error_text().unwrap();
    assert!(text.contains("cw_timeentry") && text.contains("actualHours: Utf8 in the table, Float64 now"), "{text}");
    assert!(text.contains("--mode full"), "{text}");
    assert_eq!(scene.value(rows).await, before, "no row was written");
}
