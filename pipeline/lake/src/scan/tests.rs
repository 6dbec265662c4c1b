//! Tests of what is read of a table's files, and of tables that are not read.

use super::super::testing::{content, filled, lake, rows, schema};
use super::*;
use arrow::array::{AsArray as _, Int64Array, ListArray, RecordBatch, StringArray, StructArray};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{Field, Fields, Int64Type, Schema, TimeUnit, TimestampMicrosecondType};
use datafusion::logical_expr::{ident, lit};
use parquet::data_type::{Int64Type as Long, Int96, Int96Type};
use parquet::file::writer::SerializedFileWriter;
use serde_json::{Value, json};
use std::path::Path;

/// Actions of a commit.
fn commit(folder: &Path, version: u64) -> Vec<Value> {
    let text = std::fs::read_to_string(log(folder, version)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Commits actions as another writer would.
fn write_commit(folder: &Path, version: u64, actions: &[Value]) {
    let lines: Vec<String> = actions.iter().map(Value::to_string).collect();
    std::fs::write(log(folder, version), lines.join("\n")).unwrap();
}

fn log(folder: &Path, version: u64) -> std::path::PathBuf {
    folder.join(format!("silver/cw_test/_delta_log/{version:020}.json"))
}

/// Features that Spark lists when a table gets deletion vectors.
fn with_features(reader: &[&str]) -> Value {
    let writer: Vec<&str> = reader.iter().copied().chain(["appendOnly", "invariants"]).collect();
    let protocol =
        json!({"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": reader, "writerFeatures": writer});
    json!({"protocol": protocol})
}

/// Error of reading the table at its newest version, and of writing it.
async fn refused(lake: &super::super::Lakehouse) -> (String, String) {
    let table = match lake.open("silver", "cw_test").await {
        Ok(table) => table.unwrap(),
        Err(error) => return (error.to_string(), error.to_string()),
    };
    let mut written = table.clone();
    let added = lake.context().read_batch(rows([70], "b")).unwrap();
    let writing = written.append(added, 1).await.map_or_else(|error| error.to_string(), |()| String::new());
    let reading = table.frame().unwrap().collect().await;
    (reading.map_or_else(|error| error.to_string(), |_| String::new()), writing)
}

#[tokio::test]
async fn rows_that_a_deletion_vector_deletes_are_never_read() {
    let (folder, lake) = lake(100);
    filled(&lake, rows(0..5, "a")).await;
    let mut add = commit(folder.path(), 1).into_iter().find(|action| action.get("add").is_some()).unwrap();
    let vector = json!({
        "storageType": "u", "pathOrInlineDv": "ab^-aqEH.-t@S}K{vb[*k^", "offset": 4, "sizeInBytes": 40, "cardinality": 1
    });
    add["add"]["deletionVector"] = vector;
    write_commit(folder.path(), 2, &[with_features(&["deletionVectors"]), add]);
    let (reading, writing) = refused(&lake).await;
    assert!(reading.contains("silver/cw_test") && reading.contains("deletion vectors"), "{reading}");
    assert!(reading.contains("--mode full"), "what to do: {reading}");
    assert!(writing.contains("silver/cw_test") && writing.contains("features that are not written"), "{writing}");
    assert!(writing.contains("invariants") && writing.contains("--mode full"), "{writing}");
    let other = lake.context().sql("SELECT 1").await.unwrap().count().await.unwrap();
    assert_eq!(other, 1, "what does not read the table is not refused");
}

#[tokio::test]
async fn partitions_and_columns_of_other_names_are_never_read_as_nulls() {
    for (key, value, expected) in [
        ("partitionColumns", json!(["text"]), "partitioned by text"),
        ("configuration", json!({"delta.columnMapping.mode": "name"}), "columnMapping"),
    ] {
        let (folder, lake) = lake(100);
        filled(&lake, rows(0..5, "a")).await;
        let created = commit(folder.path(), 0);
        let mut metadata = created.into_iter().find(|action| action.get("metaData").is_some()).unwrap();
        metadata["metaData"][key] = value;
        write_commit(folder.path(), 2, &[with_features(&["columnMapping"]), metadata]);
        let (reading, _) = refused(&lake).await;
        assert!(reading.contains(expected), "{reading}");
    }
}

#[tokio::test]
async fn a_file_without_a_match_is_not_opened() {
    let (folder, lake) = lake(10);
    let table = filled(&lake, rows(0..50, "a")).await;
    for file in table.files().unwrap() {
        if file.ids("id").unwrap().0 >= 20 {
            std::fs::remove_file(folder.path().join("silver/cw_test").join(file.path())).unwrap();
        }
    }
    let below = |limit: i64| table.frame().unwrap().filter(ident("id").lt(lit(limit))).unwrap().count();
    assert_eq!(below(20).await.unwrap(), 20);
    assert_eq!(below(5).await.unwrap(), 5);
    assert!(below(21).await.is_err(), "a file that is gone is told where it is needed");
    let none = table.frame().unwrap().filter(ident("text").eq(lit("b"))).unwrap();
    assert_eq!(none.count().await.unwrap(), 0, "texts have bounds, too");
}

#[tokio::test]
async fn rows_are_counted_by_what_is_there_and_limits_hold_behind_filters() {
    let (_folder, lake) = lake(10);
    let table = filled(&lake, rows(0..50, "a")).await;
    assert_eq!(table.frame().unwrap().count().await.unwrap(), 50);
    let late = table.frame().unwrap().filter(ident("id").gt_eq(lit(40_i64))).unwrap().limit(0, Some(3)).unwrap();
    assert_eq!(late.count().await.unwrap(), 3);
    assert!(table.provider_of_paths(&["part-of-another-version.parquet".to_owned()]).is_err());
}

/// `id`, and a list of structs with these properties.
fn nested(properties: &[&str]) -> SchemaRef {
    let fields: Fields = properties.iter().map(|name| Field::new(*name, DataType::Utf8, true)).collect();
    let item = Field::new("element", DataType::Struct(fields), true);
    let list = Field::new("list", DataType::List(Arc::new(item)), true);
    Arc::new(Schema::new(vec![Field::new("id", DataType::Int64, false), list]))
}

/// A row of that schema, whose list has one item.
fn one(id: i64, properties: &[&str]) -> RecordBatch {
    let schema = nested(properties);
    let DataType::List(item) = schema.field(1).data_type() else { panic!("no list") };
    let DataType::Struct(fields) = item.data_type() else { panic!("no struct") };
    let texts = properties.iter().map(|name| Arc::new(StringArray::from(vec![format!("{name} of {id}")])) as _);
    let items = StructArray::new(fields.clone(), texts.collect(), None);
    let list = ListArray::new(Arc::clone(item), OffsetBuffer::from_lengths([1]), Arc::new(items), None);
    RecordBatch::try_new(schema, vec![Arc::new(Int64Array::from(vec![id])), Arc::new(list)]).unwrap()
}

#[tokio::test]
async fn a_property_that_came_later_is_null_in_older_rows_at_any_depth() {
    let (_folder, lake) = lake(10);
    let context = lake.context();
    let mut table = Table::create_or_evolve(&lake, "silver", "cw_test", &nested(&["b"])).await.unwrap();
    table.append(context.read_batch(one(1, &["b"])).unwrap(), 1).await.unwrap();
    let wider = nested(&["a", "b"]);
    let mut table = Table::create_or_evolve(&lake, "silver", "cw_test", &wider).await.unwrap();
    let stored = table.schema().unwrap();
    let fresh = super::super::cast_to_schema(&one(2, &["a", "b"]), &stored).unwrap();
    table.append(context.read_batch(fresh).unwrap(), 1).await.unwrap();

    let read = table.frame().unwrap().sort(vec![ident("id").sort(true, false)]).unwrap().collect().await.unwrap();
    let text = arrow::util::pretty::pretty_format_batches(&read).unwrap().to_string();
    for expected in ["| 1  | [{b: b of 1, a: }]", "| 2  | [{b: b of 2, a: a of 2}]"] {
        assert!(text.contains(expected), "{text}");
    }
    let known = table.schema().unwrap();
    assert!(!known.field(0).is_nullable(), "the key stays what it was");
    // Filters over what older files lack, and over nulls.
    let items = |text: &str| {
        let sql = format!("SELECT id FROM rows WHERE {text}");
        let context = lake.context().clone();
        context.register_table("rows", table.provider().unwrap()).unwrap();
        async move {
            let found = context.sql(&sql).await.unwrap().count().await.unwrap();
            context.deregister_table("rows").unwrap();
            found
        }
    };
    assert_eq!(items("list[1]['a'] IS NULL").await, 1);
    assert_eq!(items("list[1]['a'] = 'a of 2'").await, 1);
    assert_eq!(items("list[1]['a'] <> 'a of 1'").await, 1, "null is not known to differ");
    assert_eq!(items("list[1]['b'] IS NOT NULL AND id > 1").await, 1);
}

#[tokio::test]
async fn instants_of_spark_are_read_whatever_their_year() {
    let (folder, lake) = lake(10);
    let instant = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let dated = Arc::new(Schema::new(vec![schema().field(0).clone(), Field::new("at", instant, true)]));
    Table::create_or_evolve(&lake, "silver", "cw_test", &dated).await.unwrap();
    // Days of the Julian calendar: 9999-12-31 and 1970-01-01.
    let form = "message spark { required int64 id; optional int96 at; }";
    let form = Arc::new(parquet::schema::parser::parse_message_type(form).unwrap());
    let path = folder.path().join("silver/cw_test/spark.parquet");
    let mut writer = SerializedFileWriter::new(std::fs::File::create(&path).unwrap(), form, Arc::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<Long>().write_batch(&[1, 2], None, None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let days = [5_373_484, 2_440_588].map(|day| {
        let mut value = Int96::new();
        value.set_data(0, 0, day);
        value
    });
    column.typed::<Int96Type>().write_batch(&days, Some(&[1, 1]), None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
    let add = json!({"add": {
        "path": "spark.parquet", "size": std::fs::metadata(&path).unwrap().len(), "partitionValues": {},
        "modificationTime": 0, "dataChange": true
    }});
    write_commit(folder.path(), 1, &[add]);

    let table = lake.open("silver", "cw_test").await.unwrap().unwrap();
    let read = table.frame().unwrap().sort(vec![ident("id").sort(true, false)]).unwrap().collect().await.unwrap();
    let column = read[0].column(1).as_primitive::<TimestampMicrosecondType>();
    assert_eq!(column.values(), &[253_402_214_400_000_000, 0]);
    assert_eq!(read[0].column(0).as_primitive::<Int64Type>().values(), &[1, 2]);
    assert_eq!(table.rows().await.unwrap(), 2, "a file without statistics is counted");
}

#[tokio::test]
async fn only_the_rows_of_a_filter_come_back_however_it_is_applied() {
    let (_folder, lake) = lake(1_000);
    let mut table = filled(&lake, rows(0..500, "a")).await;
    super::super::testing::merge(&lake, &mut table, rows((0..500).step_by(7), "b"), false).await;
    let odd = table.frame().unwrap().filter(ident("text").eq(lit("b")).and(ident("id").gt(lit(400_i64)))).unwrap();
    let found: i64 = (0..500).step_by(7).filter(|id| *id > 400).count().try_into().unwrap();
    assert_eq!(odd.count().await.unwrap(), usize::try_from(found).unwrap());
    assert_eq!(content(&table).await.len(), 500);
}

/// Whether a query sorts.
async fn sorts(rows: datafusion::prelude::DataFrame) -> bool {
    let plan = rows.create_physical_plan().await.unwrap();
    datafusion::physical_plan::displayable(plan.as_ref()).indent(false).to_string().contains("SortExec")
}

#[tokio::test]
async fn rows_that_are_in_order_are_not_sorted_again() {
    let (_folder, lake) = lake(10);
    let table = filled(&lake, rows(0..50, "a")).await;
    let by_id = |table: &Table| super::super::table::sorted(table.frame().unwrap(), &["id"]).unwrap();
    assert!(sorts(by_id(&table)).await, "nobody said that these are in order");

    let mut table = table;
    // Two of ten rows are merged, not patched: what is patched keeps what was said of it.
    super::super::testing::merge(&lake, &mut table, rows((0..50).step_by(5), "b"), false).await;
    assert!(table.files().unwrap().len() > 1);
    assert!(!sorts(by_id(&table)).await);
    let nulls_first = table.frame().unwrap().sort(vec![ident("id").sort(true, true)]).unwrap();
    assert!(!sorts(nulls_first).await, "a key is never null");
    let batches = by_id(&table).collect().await.unwrap();
    let ids: Vec<i64> = batches.iter().flat_map(|batch| super::super::longs(batch, "id")).collect();
    assert_eq!(ids, (0..50).collect::<Vec<_>>());
    super::super::testing::merge(&lake, &mut table, rows([15], "c"), false).await;
    assert!(!sorts(by_id(&table)).await, "a patched file is as it was");
    let backwards = table.frame().unwrap().sort(vec![ident("id").sort(false, false)]).unwrap();
    let batches = backwards.collect().await.unwrap();
    let ids: Vec<i64> = batches.iter().flat_map(|batch| super::super::longs(batch, "id")).collect();
    assert_eq!(ids, (0..50).rev().collect::<Vec<_>>());

    // Another writer's rows have no order.
    table.append(lake.context().read_batch(rows([60, 59], "c")).unwrap(), 2).await.unwrap();
    assert!(sorts(by_id(&table)).await);
}

#[tokio::test]
async fn neighbouring_files_are_read_together() {
    let file = |size| PartitionedFile::new("file", size);
    let sizes = |sizes: &[u64], parts| -> Vec<Vec<u64>> {
        let groups = parts_of(sizes.iter().map(|size| file(*size)).collect(), parts);
        groups.iter().map(|group| group.iter().map(|file| file.object_meta.size).collect()).collect()
    };
    assert_eq!(sizes(&[5, 5, 5, 5], 2), [[5, 5], [5, 5]]);
    assert_eq!(sizes(&[1, 1, 9], 2), [vec![1, 1], vec![9]]);
    assert_eq!(sizes(&[3, 4], 1), [[3, 4]]);
    assert_eq!(sizes(&[3, 4], 8), [[3], [4]]);
    assert_eq!(sizes(&[], 2), [[0; 0]], "a scan has one part at least");
    assert_eq!(sizes(&[0, 0], 2), [[0, 0]]);
}
