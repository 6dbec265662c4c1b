//! A simulator, a lakehouse in a temporary folder, and short ways to ask it.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use connectwise_etl::catalog;
use connectwise_etl::client::{Client, RetryPolicy};
use connectwise_etl::lake::{Lakehouse, Layout};
use connectwise_etl::run::report::RunReport;
use connectwise_etl::run::{self, Mode, Options};
use connectwise_etl::secret::Secret;
use connectwise_etl::settings::ApiSettings;
use connectwise_etl::staging;
use connectwise_simulator::{Config, Counts, Scale, Simulator, World};
use datafusion::prelude::SessionContext;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A world small enough for the dev profile, with everything in it.
pub(crate) const SMALL: Counts =
    Counts { companies: 12, members: 6, agreements: 24, time_entries: 400, expenses: 40, products: 40, invoices: 30 };

/// The folder of the workspace, also where the tests were compiled in another checkout.
pub(crate) fn workspace() -> PathBuf {
    let package = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap());
    package.join("../..")
}

/// No records at all: tests put their own.
pub(crate) const EMPTY: Counts =
    Counts { companies: 0, members: 0, agreements: 0, time_entries: 0, expenses: 0, products: 0, invoices: 0 };

/// A simulator and a lakehouse that end with the test.
pub(crate) struct Scene {
    simulator: Simulator,
    pub(crate) client: Client,
    pub(crate) lake: Lakehouse,
    pub(crate) folder: tempfile::TempDir,
}

impl Scene {
    pub(crate) async fn new(counts: Counts) -> Self {
        Self::with(Config { scale: Scale::Custom(counts), ..Config::default() }).await
    }

    pub(crate) async fn with(config: Config) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("lake").display().to_string();
        Self::at(config, &place, folder).await
    }

    /// A scene whose lakehouse lies elsewhere than in its folder.
    pub(crate) async fn at(config: Config, place: &str, folder: tempfile::TempDir) -> Self {
        let simulator = Simulator::start(config.clone()).await.unwrap();
        let lake = catalog::open(place, Layout::Schemas).unwrap();
        let client = client(&simulator.base_url(), &config.username, &config.password, &config.client_id);
        Self { simulator, client, lake, folder }
    }

    pub(crate) fn world(&self) -> Arc<World> {
        self.simulator.world()
    }

    pub(crate) fn base_url(&self) -> String {
        self.simulator.base_url()
    }

    pub(crate) async fn run(&self, options: Options) -> RunReport {
        run::run(Some(&self.client), &self.lake, &options).await.unwrap()
    }

    /// A full run that has to succeed.
    pub(crate) async fn full(&self) -> RunReport {
        let report = self.run(Options { mode: Mode::Full, ..Options::default() }).await;
        assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
        report
    }

    /// An incremental run that has to succeed.
    pub(crate) async fn incremental(&self) -> RunReport {
        let report = self.run(Options::default()).await;
        assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
        report
    }

    /// The rows of a query, every value as text, null as "∅".
    pub(crate) async fn rows(&self, sql: &str) -> Vec<Vec<String>> {
        Self::rows_of(&self.lake, sql).await
    }

    /// The rows of a query over another lakehouse.
    pub(crate) async fn rows_of(lake: &Lakehouse, sql: &str) -> Vec<Vec<String>> {
        rows_in(&catalog::register(lake).await.unwrap(), sql).await
    }

    /// The one value of a query.
    pub(crate) async fn value(&self, sql: &str) -> String {
        self.rows(sql).await[0][0].clone()
    }

    /// The first column against the rest.
    pub(crate) async fn by_key(&self, sql: &str) -> BTreeMap<String, Vec<String>> {
        self.rows(sql).await.into_iter().map(|mut row| (row.remove(0), row)).collect()
    }

    /// The versions of all tables but meta's.
    pub(crate) async fn versions(&self) -> BTreeMap<String, i64> {
        let mut versions = BTreeMap::new();
        for table in catalog::known_tables() {
            if table.layer != "meta"
                && let Some(opened) = self.lake.open(table.layer, table.name).await.unwrap()
            {
                versions.insert(format!("{}/{}", table.layer, table.name), opened.version());
            }
        }
        versions
    }
}

impl Drop for Scene {
    /// What a run leaves for the next lies outside of the lakehouse's folder.
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(staging::place(&self.lake));
    }
}

/// Patient enough for faults and quick enough for tests.
pub(crate) const RETRY: RetryPolicy =
    RetryPolicy { base: Duration::from_millis(2), cap: Duration::from_millis(20), tries: 12 };

/// A client with these credentials.
pub(crate) fn client(base_url: &str, username: &str, password: &str, client_id: &str) -> Client {
    let settings = ApiSettings {
        base_url: base_url.parse().unwrap(),
        username: Secret::new(username),
        password: Secret::new(password),
        client_id: Secret::new(client_id),
        api_version: None,
    };
    Client::new(settings, RETRY).unwrap()
}

/// The simulator's own login, at any address.
pub(crate) fn settings(base_url: &str) -> ApiSettings {
    let config = Config::default();
    ApiSettings {
        base_url: base_url.parse().unwrap(),
        username: Secret::new(config.username),
        password: Secret::new(config.password),
        client_id: Secret::new(config.client_id),
        api_version: None,
    }
}

/// The rows of a query in a session, every value as text, null as "∅".
pub(crate) async fn rows_in(context: &SessionContext, sql: &str) -> Vec<Vec<String>> {
    let batches = context.sql(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}")).collect().await.unwrap();
    batches.iter().flat_map(texts).collect()
}

fn texts(batch: &RecordBatch) -> Vec<Vec<String>> {
    let columns: Vec<_> = batch.columns().iter().map(|column| cast(column, &DataType::Utf8).unwrap()).collect();
    (0..batch.num_rows())
        .map(|row| {
            columns
                .iter()
                .map(|column| {
                    let column = column.as_string::<i32>();
                    if column.is_valid(row) { column.value(row).to_owned() } else { "∅".to_owned() }
                })
                .collect()
        })
        .collect()
}

/// The first and the last key of each of a table's files, as the log has them, in the order of the first. Numbers are
/// padded, so that they are in order as texts.
pub(crate) async fn ranges(lake: &Lakehouse, layer: &str, table: &str, key: &str) -> Vec<(String, String)> {
    let table = deltalake::open_table(lake.url(layer, table).unwrap()).await.unwrap();
    let end = |statistics: &serde_json::Value, which: &str| match &statistics[which][key] {
        serde_json::Value::String(text) => text.clone(),
        number => format!("{:020}", number.as_i64().unwrap() as i128 + (1 << 60)),
    };
    let files = table.snapshot().unwrap().log_data();
    let mut ranges: Vec<_> = files
        .iter()
        .map(|file| serde_json::from_str(&file.stats().unwrap()).unwrap())
        .map(|statistics| (end(&statistics, "minValues"), end(&statistics, "maxValues")))
        .collect();
    ranges.sort();
    ranges
}

/// What a command writes, for the test to read.
#[derive(Clone, Default)]
pub(crate) struct Shared(pub(crate) Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Copies a folder.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}
