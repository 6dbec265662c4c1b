//! Small tables of several files, for the tests of this crate.

use super::{FileSizing, Lakehouse, Layout, StorageOptions, Table, TableDef, Warehouse};
use arrow::array::{ArrayRef, AsArray as _, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef};
use datafusion::logical_expr::{ColumnarValue, Volatility, create_udf};
use std::path::Path;
use std::sync::{Arc, LazyLock};

/// A lakehouse whose tables are cut into files of so few rows.
pub(crate) fn lake(least_rows: u64) -> (tempfile::TempDir, Lakehouse) {
    let folder = tempfile::tempdir().unwrap();
    let lake = lake_at(folder.path());
    (folder, lake.with_least_rows(least_rows))
}

/// A lakehouse in a folder, of a few layers and tables.
pub(crate) fn lake_at(folder: &Path) -> Lakehouse {
    let (location, options) = (folder.to_str().unwrap(), StorageOptions::default());
    Lakehouse::new(location, Layout::Schemas, &WAREHOUSE, &options).unwrap()
}

static WAREHOUSE: LazyLock<Warehouse> = LazyLock::new(|| {
    let table = |layer, name, optional| TableDef {
        layer,
        name,
        schema: schema(),
        key: vec!["id"],
        sizing: FileSizing::WIDE,
        optional,
    };
    let twice = |arguments: &[ColumnarValue]| {
        let numbers = ColumnarValue::values_to_arrays(arguments)?;
        let doubled: Int64Array = numbers[0].as_primitive::<Int64Type>().unary(|number| number * 2);
        Ok(ColumnarValue::Array(Arc::new(doubled)))
    };
    let (number, always) = (DataType::Int64, Volatility::Immutable);
    Warehouse {
        catalog: "lakehouse",
        layers: &["silver", "gold", "meta"],
        default_layer: "gold",
        lock: ("meta", "etl_run"),
        tables: vec![
            table("silver", "cw_optional", true),
            table("silver", "cw_test", false),
            table("gold", "dim_test", false),
        ],
        functions: vec![create_udf("twice", vec![number.clone()], number, always, Arc::new(twice))],
        aggregates: Vec::new(),
    }
});

/// Names of folders that mean something else to a shell, a URL or a pattern.
pub(crate) const ODD_NAMES: [&str; 17] = [
    "a[1]", "a?b", "a*", "[!a]", "{a,b}", "p%20q", "p%2520q", "100%", "a#1", "a b", "Þjóð", "a\\b", "a\"b", "a'b", "~",
    "a:b", "a=b",
];

/// `id` and `text`.
pub(crate) fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new("id", DataType::Int64, false), Field::new("text", DataType::Utf8, true)]))
}

/// Rows with these ids and a text.
pub(crate) fn rows(ids: impl IntoIterator<Item = i64>, text: &str) -> RecordBatch {
    let ids: Int64Array = ids.into_iter().collect();
    let texts = StringArray::from(vec![text; ids.len()]);
    RecordBatch::try_new(schema(), vec![Arc::new(ids) as ArrayRef, Arc::new(texts)]).unwrap()
}

/// A new table with these rows.
pub(crate) async fn filled(lake: &Lakehouse, rows: RecordBatch) -> Table {
    let mut table = Table::create_or_evolve(lake, "silver", "cw_test", &rows.schema()).await.unwrap();
    let many = rows.num_rows() as u64;
    table.fill(lake.context().read_batch(rows).unwrap(), many, &[]).await.unwrap();
    table
}

/// Upserts rows or, with `delete`, deletes them.
pub(crate) async fn merge(lake: &Lakehouse, table: &mut Table, rows: RecordBatch, delete: bool) {
    let many = rows.num_rows() as u64;
    let rows = lake.context().read_batch(rows).unwrap();
    let rows = rows.with_column(super::table::DELETE_MARK, datafusion::prelude::lit(delete)).unwrap();
    table.merge(rows, many, &["id"], &[], &Arc::default()).await.unwrap();
}

/// Lists the first and the last key of each file, in the order of the first.
pub(crate) fn ranges(table: &Table, key: &str) -> Vec<(serde_json::Value, serde_json::Value)> {
    let mut ranges: Vec<_> = table.files().unwrap().iter().map(|file| file.range(key)).collect();
    ranges.sort_by_key(|(least, _)| (least.as_i64(), least.to_string()));
    ranges
}

/// The rows of a table of [`schema`], in the order of the id.
pub(crate) async fn content(table: &Table) -> Vec<(i64, String)> {
    let rows = super::table::sorted(table.frame().unwrap(), &["id"]).unwrap().collect().await.unwrap();
    let of = |batch: &RecordBatch| {
        let texts = batch.column(1).as_string::<i32>().clone();
        let ids = super::longs(batch, "id");
        ids.into_iter().enumerate().map(move |(row, id)| (id, texts.value(row).to_owned())).collect::<Vec<_>>()
    };
    rows.iter().flat_map(of).collect()
}
