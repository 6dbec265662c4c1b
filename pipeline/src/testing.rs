//! Test helpers: small lakehouses and extractions that need no server.

use crate::catalog;
use crate::context::{Options, RunContext, RunId};
use crate::extract::{Extracted, decode_stored};
use crate::lake::{Lakehouse, Layout, Stage};
use arrow::util::display::array_value_to_string;
use connectwise_generated::tables::by_entity;
use connectwise_runtime::RejectedRecord;
use std::collections::HashSet;
use std::io::Write;
use std::sync::{Arc, Mutex};

/// Creates a run over an empty lakehouse in a folder of its own.
pub(crate) fn run(options: Options) -> (tempfile::TempDir, RunContext) {
    let folder = tempfile::tempdir().unwrap();
    let lake = catalog::open(folder.path().to_str().unwrap(), Layout::Schemas).unwrap();
    let id = RunId::new("2026-02-01T00:00:00Z".parse().unwrap());
    let (options, stage) = (Arc::new(options), Arc::new(Stage::new().unwrap()));
    (folder, RunContext { id, options, lake, stage })
}

/// Returns a company as the API returns it.
pub(crate) fn company(id: i64, name: &str) -> RejectedRecord {
    rejected(id, "", &format!(r#"{{"id":{id},"name":"{name}","_info":{{"lastUpdated":"2026-01-05T00:00:00Z"}}}}"#))
}

/// Returns a rejected record.
pub(crate) fn rejected(id: i64, reason: &str, json: &str) -> RejectedRecord {
    let (record_id, path) = (Some(id.to_string()), String::new());
    RejectedRecord { record_id, path, reason: reason.to_owned(), raw_json: json.to_owned() }
}

/// Rows of a run of a list that is read whole.
const ROWS_A_RUN: usize = 3;

/// Stages companies with these ids and a name as if they had been read.
pub(crate) fn companies(stage: &Stage, ids: impl IntoIterator<Item = i64>, name: &str, whole: bool) -> Extracted {
    let records: Vec<RejectedRecord> = ids.into_iter().map(|id| company(id, name)).collect();
    let table = by_entity("Company").unwrap();
    let mut extracted = decode_stored(stage, table, &records, &HashSet::new()).unwrap();
    extracted.whole = whole;
    if whole {
        extracted.staged = extracted.staged.in_runs(stage, table.key, ROWS_A_RUN);
    }
    extracted
}

/// Returns the first value of a query's result, as text.
pub(crate) async fn value(lake: &Lakehouse, sql: &str) -> String {
    let context = catalog::register(lake).await.unwrap();
    let batches = context.sql(sql).await.unwrap().collect().await.unwrap();
    let batch = batches.iter().find(|batch| batch.num_rows() > 0).unwrap();
    array_value_to_string(batch.column(0), 0).unwrap()
}

/// A screen that can be read.
#[derive(Clone, Default)]
pub(crate) struct Screen(Arc<Mutex<Vec<u8>>>);

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Screen {
    /// What it shows.
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}
