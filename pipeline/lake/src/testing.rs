//! Small tables of several files, for the tests of this module and of what stands on it.

use super::{Lakehouse, Layout, Table, Warehouse};
use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use std::path::Path;
use std::sync::Arc;

/// A lakehouse whose tables are cut into files of so few rows.
pub(crate) fn lake(least_rows: u64) -> (tempfile::TempDir, Lakehouse) {
    let folder = tempfile::tempdir().unwrap();
    let lake = lake_at(folder.path());
    (folder, lake.with_least_rows(least_rows))
}

/// A lakehouse in a folder, of a few layers and no table that is known beforehand.
pub(crate) fn lake_at(folder: &Path) -> Lakehouse {
    Lakehouse::new(folder.to_str().unwrap(), Layout::Schemas, &WAREHOUSE).unwrap()
}

static WAREHOUSE: Warehouse = Warehouse {
    catalog: "lakehouse",
    layers: &["silver", "gold", "meta"],
    default_layer: "gold",
    lock: ("meta", "etl_run"),
    tables: Vec::new(),
    functions: Vec::new(),
    aggregates: Vec::new(),
};

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

/// Inserts, updates or, where told, deletes rows.
pub(crate) async fn merge(lake: &Lakehouse, table: &mut Table, rows: RecordBatch, delete: bool) {
    let many = rows.num_rows() as u64;
    let rows = lake.context().read_batch(rows).unwrap();
    let rows = rows.with_column(super::table::DELETE_MARK, datafusion::prelude::lit(delete)).unwrap();
    table.merge(rows, many, &["id"], &[]).await.unwrap();
}

/// The first and the last key of each file, in the order of the first.
pub(crate) fn ranges(table: &Table, key: &str) -> Vec<(serde_json::Value, serde_json::Value)> {
    let mut ranges: Vec<_> = table.files().unwrap().iter().map(|file| file.range(key)).collect();
    ranges.sort_by_key(|(least, _)| (least.as_i64(), least.to_string()));
    ranges
}
