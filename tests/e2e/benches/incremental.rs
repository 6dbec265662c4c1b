//! What an incremental run costs against a full one: time, and bytes written anew, by the log's own figures.
//!
//! `cargo bench -p connectwise-e2e --bench incremental` changes one in a hundred time entries of a million, once the
//! latest ones and once ones spread over all, and runs with every entity's usual look-back; and once with a look-back of
//! one day, so that little but what changed is read.
//! `CW_BENCH_SCALE=medium` (or small) takes a smaller world, `CW_BENCH_FOLDER` another place than the temporary folder.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a benchmark that can't be set up has failed")]
#![expect(clippy::print_stdout, reason = "its figures are its result")]

use connectwise_etl::catalog::{self, known_tables};
use connectwise_etl::client::{Client, Limits, RateLimit, RetryPolicy};
use connectwise_etl::lake::{Lakehouse, Layout};
use connectwise_etl::run::report::RunReport;
use connectwise_etl::run::{self, Mode, Options};
use connectwise_etl::secret::Secret;
use connectwise_etl::settings::ApiSettings;
use connectwise_simulator::{AdvanceRequest, Config, Scale, Simulator};
use deltalake::logstore::get_actions;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Instant;

// As the binary does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// One in so many time entries changes.
const SHARE: usize = 100;

/// By layer and table: the version, and the bytes of its files.
type Footprint = BTreeMap<String, (u64, u64)>;

struct Bench {
    simulator: Simulator,
    client: Client,
    lake: Lakehouse,
}

impl Bench {
    async fn footprint(&self) -> Footprint {
        let mut found = Footprint::new();
        for known in known_tables().iter().filter(|known| known.layer != "meta") {
            let url = self.lake.url(known.layer, known.name).unwrap();
            let Ok(table) = deltalake::open_table(url).await else { continue };
            let files = table.snapshot().unwrap().log_data();
            let bytes = files.iter().map(|file| u64::try_from(file.size()).unwrap()).sum();
            found.insert(format!("{}/{}", known.layer, known.name), (table.version().unwrap(), bytes));
        }
        found
    }

    /// The bytes that commits added since, by layer.
    async fn written_since(&self, before: &Footprint) -> BTreeMap<String, u64> {
        let mut written = BTreeMap::new();
        for (name, (now, _)) in self.footprint().await {
            let (layer, table) = name.split_once('/').unwrap();
            let known = known_tables().iter().find(|known| known.layer == layer && known.name == table).unwrap();
            let log = deltalake::open_table(self.lake.url(known.layer, known.name).unwrap()).await.unwrap().log_store();
            let from = before.get(&name).map_or(0, |(version, _)| version + 1);
            for version in from..=now {
                let bytes = log.read_commit_entry(version).await.unwrap().unwrap();
                for action in get_actions(version, &bytes).unwrap() {
                    if let deltalake::kernel::Action::Add(add) = action {
                        *written.entry(layer.to_owned()).or_default() += u64::try_from(add.size).unwrap();
                    }
                }
            }
        }
        written
    }

    async fn run(&self, mode: Mode, lookback_days: Option<u32>) -> (f64, RunReport) {
        let started = Instant::now();
        let options = Options { mode, lookback_days, ..Options::default() };
        let report = run::run(Some(&self.client), &self.lake, &options).await.unwrap();
        assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
        (started.elapsed().as_secs_f64(), report)
    }

    /// Changes time entries, as the source would.
    fn change(&self, ids: impl Iterator<Item = i64>, round: i64) -> usize {
        let world = self.simulator.world();
        world.advance(AdvanceRequest { hours: 1.0, ..AdvanceRequest::default() });
        let at = world.now().format("%Y-%m-%dT%H:%M:%SZ").to_string();
        let mut changed = 0;
        for id in ids {
            let mut record = world.record("TimeEntry", id).unwrap();
            record["actualHours"] = json!(round);
            record["_info"]["lastUpdated"] = json!(at);
            world.put("TimeEntry", record);
            changed += 1;
        }
        changed
    }

    async fn measure(
        &self,
        what: &str,
        ids: impl Iterator<Item = i64>,
        round: i64,
        lookback_days: Option<u32>,
        full: f64,
    ) {
        let changed = self.change(ids, round);
        let before = self.footprint().await;
        let all: u64 = before.values().map(|(_, bytes)| bytes).sum();
        let (seconds, report) = self.run(Mode::Incremental, lookback_days).await;
        let written = self.written_since(&before).await;
        let sum: u64 = written.values().sum();
        say(&format!(
            "{what}: {changed} time entries changed; {seconds:.1} s, {:.1} % of the full run; {} of {} written anew, {:.1} %",
            100.0 * seconds / full,
            megabytes(sum),
            megabytes(all),
            100.0 * sum as f64 / all as f64
        ));
        for (layer, bytes) in written {
            say(&format!("  {layer}: {}", megabytes(bytes)));
        }
        steps(&report);
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

fn say(line: &str) {
    println!("{line}");
}

/// The steps that took longest.
fn steps(report: &RunReport) {
    let mut steps: Vec<(f64, String)> =
        report.tables.iter().map(|table| (table.seconds, format!("{}/{}", table.layer, table.table))).collect();
    steps.sort_by(|left, right| right.0.total_cmp(&left.0));
    let shown: Vec<String> = steps.iter().take(12).map(|(seconds, name)| format!("{name} {seconds:.2}")).collect();
    say(&format!("  longest: {}", shown.join(", ")));
}

async fn measure() {
    let scale: Scale = std::env::var("CW_BENCH_SCALE")
        .map_or(Scale::Large, |name| name.parse().unwrap_or_else(|error| panic!("{error}")));
    let config = Config { scale, ..Config::default() };
    let simulator = Simulator::start(config.clone()).await.unwrap();
    let settings = ApiSettings {
        base_url: simulator.base_url().parse().unwrap(),
        username: Secret::new(config.username),
        password: Secret::new(config.password),
        client_id: Secret::new(config.client_id),
        api_version: None,
    };
    // A server of one's own needs no consideration.
    let rate = RateLimit { requests_per_minute: 0, workers: 8 };
    let client = Client::with(settings, RetryPolicy::default(), rate, Limits::default()).unwrap();
    let folder =
        tempfile::tempdir_in(std::env::var("CW_BENCH_FOLDER").map_or_else(|_| std::env::temp_dir(), Into::into));
    let folder = folder.unwrap();
    let lake = catalog::open(folder.path().to_str().unwrap(), Layout::Schemas).unwrap();
    let bench = Bench { simulator, client, lake };
    let ids = bench.simulator.world().ids("TimeEntry");

    // As a user's first one is, who gives no mode.
    let (full, report) = bench.run(Mode::Incremental, None).await;
    say(&format!("the first run, of {} time entries: {full:.1} s", ids.len()));
    steps(&report);
    let (idle, report) = bench.run(Mode::Incremental, None).await;
    say(&format!("an incremental run without a change: {idle:.1} s, {:.1} % of the full run", 100.0 * idle / full));
    steps(&report);
    let some = ids.len() / SHARE;
    let latest = || ids.iter().rev().take(some).copied();
    bench.measure("the latest", latest(), 3, None, full).await;
    bench.measure("the latest, with a look-back of one day", latest(), 4, Some(1), full).await;
    bench.measure("spread over all", ids.iter().step_by(SHARE).copied(), 5, None, full).await;
    let (again, report) = bench.run(Mode::Full, None).await;
    say(&format!("a full run over what is there: {again:.1} s"));
    steps(&report);
}

fn main() {
    // `cargo test --benches` and `cargo test --all-targets` only see whether it is built.
    if std::env::args().any(|argument| argument == "--bench") {
        let runtime = tokio::runtime::Builder::new_multi_thread().thread_stack_size(16 << 20).enable_all().build();
        runtime.unwrap().block_on(measure());
    }
}
