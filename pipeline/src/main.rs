//! The binary `connectwise-etl`.

use clap::Parser as _;
use connectwise_etl::cli::{Cli, LogFormat, Output};
use connectwise_etl::progress::Progress;
use connectwise_etl::telemetry::Telemetry;
use connectwise_etl::{Error, Result};
use std::io::IsTerminal as _;
use std::process::ExitCode;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

/// A run allocates much on several threads: a tenth of its time goes with this allocator in the place of the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Planning a large statement recurses deeper than a default stack allows.
const STACK_BYTES: usize = 16 * 1024 * 1024;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let progress = cli.progress();
    let filter = EnvFilter::try_from_env("CW_LOG").unwrap_or_else(|_| EnvFilter::new(cli.log_level()));
    let telemetry = match Telemetry::from_env() {
        Ok(telemetry) => telemetry,
        Err(error) => {
            Progress::silent().error(&error);
            return ExitCode::from(error.exit_code());
        }
    };
    let log = tracing_subscriber::fmt::layer().with_writer(LogWriter(progress.clone()));
    // Bars are gone when the last error is told; an event stays one.
    let (log, last) = match cli.log_format() {
        LogFormat::Text => {
            let log = log.with_ansi(std::io::stderr().is_terminal()).with_target(false).compact();
            (log.with_filter(filter).boxed(), Progress::silent())
        }
        LogFormat::Json => {
            std::panic::set_hook(Box::new(|fault| tracing::error!("{fault}")));
            let log = log.json().flatten_event(true).with_current_span(false).with_span_list(false);
            (log.with_filter(filter).boxed(), progress.clone())
        }
    };
    tracing_subscriber::registry().with(log).with(telemetry.layer()).init();
    let output = Output::standard(progress);
    let outcome = std::thread::Builder::new()
        .stack_size(STACK_BYTES)
        .spawn(move || execute(cli, output))
        .map_err(|error| Error::io("starting the main thread", error))
        .and_then(|thread| {
            thread.join().unwrap_or_else(|_| Err(Error::Query("the command stopped on a fault of its own".to_owned())))
        });
    telemetry.finish();
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            last.error(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

fn execute(cli: Cli, mut output: Output) -> Result<u8> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(STACK_BYTES)
        .build()
        .map_err(|error| Error::io("starting the runtime", error))?;
    let outcome = runtime.block_on(cli.execute(&mut output));
    output.flush()?;
    outcome
}

/// Log lines to standard error that leave progress bars whole.
struct LogWriter(Progress);

impl<'a> tracing_subscriber::fmt::MakeWriter<'a> for LogWriter {
    type Writer = LogLine;

    fn make_writer(&'a self) -> LogLine {
        LogLine(self.0.clone())
    }
}

struct LogLine(Progress);

impl std::io::Write for LogLine {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.suspend(|| std::io::stderr().write(bytes))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stderr().flush()
    }
}
