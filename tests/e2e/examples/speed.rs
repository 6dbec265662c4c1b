//! How fast a list is read from the simulator into bronze, and what it costs.
//!
//! ```text
//! cargo run --release -p connectwise-e2e --example speed                    # 100 ms a request: 1 worker and 8
//! cargo run --release -p connectwise-e2e --example speed -- --records 1000000 --latency 0 --workers 8
//! ```
//!
//! The simulator runs in a process of its own, so that what is measured is the pipeline alone. Nothing here passes or
//! fails: it prints numbers.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a tool for a person who measures")]

use clap::Parser;
use connectwise_etl::catalog;
use connectwise_etl::client::{Client, Limits, RateLimit, RetryPolicy};
use connectwise_etl::lake::Layout;
use connectwise_etl::run::{self, Layer, Mode, Options};
use connectwise_etl::secret::Secret;
use connectwise_etl::settings::ApiSettings;
use connectwise_simulator::{Config, Counts, Fault, Faults, Scale, Simulator, When};
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

// As the binary does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Debug, Parser)]
struct Arguments {
    /// Time entries to read
    #[arg(long, default_value_t = 100_000)]
    records: u32,
    /// Milliseconds that each answer waits
    #[arg(long, default_value_t = 100)]
    latency: u64,
    /// Workers, one measurement each
    #[arg(long, value_delimiter = ',', default_value = "1,8")]
    workers: Vec<usize>,
    /// Be the simulator (for this program's own use)
    #[arg(long, hide = true)]
    serve: bool,
}

fn main() {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    if arguments.serve {
        return runtime.block_on(serve(&arguments));
    }
    let mut server = Command::new(std::env::current_exe().unwrap())
        .args(["--serve", "--records", &arguments.records.to_string(), "--latency", &arguments.latency.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut base = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut base).unwrap();
    println!("{} time entries, {} ms a request", arguments.records, arguments.latency);
    let mut first = None;
    for workers in arguments.workers {
        let begun = (Instant::now(), processor_time("self"), processor_time(&server.id().to_string()));
        let requests = runtime.block_on(read(base.trim(), workers));
        let seconds = begun.0.elapsed().as_secs_f64();
        let first = *first.get_or_insert(seconds);
        println!(
            "{workers:3} workers: {seconds:6.2} s, {:.2} times as fast as the first; {requests} requests, {:.0} records/s; \
             of {} cores the pipeline kept {:.2} busy, the simulator {:.2}",
            first / seconds,
            f64::from(arguments.records) / seconds,
            std::thread::available_parallelism().map_or(0, usize::from),
            (processor_time("self") - begun.1).as_secs_f64() / seconds,
            (processor_time(&server.id().to_string()) - begun.2).as_secs_f64() / seconds,
        );
    }
    end(&mut server);
}

/// The simulator ends when its standard input does.
fn end(server: &mut Child) {
    drop(server.stdin.take());
    server.wait().unwrap();
}

async fn serve(arguments: &Arguments) {
    let counts =
        Counts { companies: 500, members: 100, agreements: 800, time_entries: arguments.records, ..Counts::default() };
    let faults = match arguments.latency {
        0 => Faults::default(),
        millis => Faults::default().with("", When::Always, Fault::Delay { millis }),
    };
    let simulator =
        Simulator::start(Config { scale: Scale::Custom(counts), faults, ..Config::default() }).await.unwrap();
    println!("{}", simulator.base_url());
    tokio::task::spawn_blocking(|| std::io::stdin().lines().count()).await.unwrap();
    simulator.stop().await;
}

/// Reads all time entries into the bronze of a new lakehouse; how many requests it took.
async fn read(base: &str, workers: usize) -> u64 {
    let config = Config::default();
    let settings = ApiSettings {
        base_url: base.parse().unwrap(),
        username: Secret::new(config.username),
        password: Secret::new(config.password),
        client_id: Secret::new(config.client_id),
        api_version: None,
    };
    let rate = RateLimit { requests_per_minute: 0, workers };
    let client = Client::with(settings, RetryPolicy::default(), rate, Limits::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let lake = catalog::open(&folder.path().join("lake").display().to_string(), Layout::Schemas).unwrap();
    let options = Options {
        mode: Mode::Full,
        layers: vec![Layer::Bronze],
        entities: vec!["TimeEntry".to_owned()],
        ..Options::default()
    };
    let report = run::run(Some(&client), &lake, &options).await.unwrap();
    assert_eq!(report.exit_code(), 0, "{:?}", report.error_text());
    report.entities.iter().map(|entity| entity.numbers.requests).sum()
}

/// The processor time of a process so far, where the system tells.
fn processor_time(process: &str) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // After the name, which is in parentheses: user and system time are the 12th and 13th, in hundredths of a second.
    let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ').skip(11).take(2);
    Duration::from_millis(fields.filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>() * 10)
}
