//! The binary `connectwise-etl`.

use connectwise_etl::cli::{Cli, LogFormat, Output};
use connectwise_etl::printable::{lines, one_line};
use connectwise_etl::progress::Progress;
use connectwise_etl::telemetry::Telemetry;
use connectwise_etl::{Error, Result};
use std::io::IsTerminal as _;
use std::process::ExitCode;
use tracing_subscriber::Layer as _;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::fmt::format::debug_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Allocator of the process. A run allocates much on several threads: this one saves a tenth of its time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Stack of a thread, in bytes: planning a large statement recurses deeper than a default one allows.
const STACK_BYTES: usize = 16 * 1024 * 1024;

fn main() -> ExitCode {
    let begun = Cli::read().and_then(|cli| {
        let filter = cli.log_filter()?;
        Ok((cli, filter))
    });
    let (cli, filter) = match begun {
        Ok(begun) => begun,
        Err(error) => {
            Progress::silent().error(&error);
            return ExitCode::from(error.exit_code());
        }
    };
    let progress = cli.progress();
    let telemetry = match Telemetry::from_env() {
        Ok(telemetry) => telemetry,
        Err(error) => {
            Progress::silent().error(&error);
            return ExitCode::from(error.exit_code());
        }
    };
    let log =
        tracing_subscriber::fmt::layer().with_writer(LogWriter { progress: progress.clone(), form: cli.log_format() });
    // Bars are gone when the last error is printed; an event of the log stays one.
    let (log, last) = match cli.log_format() {
        LogFormat::Text => {
            // A line of the log stays one line, whatever text from elsewhere is in it.
            let fields = debug_fn(|out, field, value| {
                let text = format!("{value:?}");
                let text = one_line(&text);
                if field.name() == "message" { write!(out, "{text}") } else { write!(out, "{field}={text}") }
            });
            let log = log.fmt_fields(fields.delimited(" ")).with_ansi(std::io::stderr().is_terminal());
            let log = log.with_target(false).compact();
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
            thread.join().unwrap_or_else(|_| Err(Error::query("the command stopped on a fault of its own".to_owned())))
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
    // It ends with the process: reads of logs that are under way when a run is stopped would panic without it.
    let runtime = Box::leak(Box::new(runtime));
    let outcome = runtime.block_on(cli.execute(&mut output));
    output.flush()?;
    outcome
}

/// Writes log lines to standard error and leaves progress bars intact.
#[derive(Clone)]
struct LogWriter {
    progress: Progress,
    form: LogFormat,
}

impl<'a> tracing_subscriber::fmt::MakeWriter<'a> for LogWriter {
    type Writer = LogWriter;

    fn make_writer(&'a self) -> LogWriter {
        self.clone()
    }
}

impl std::io::Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        // A line for people has colours, and text from elsewhere is escaped in it already.
        let text = if self.form == LogFormat::Json { lines(&text) } else { text.as_ref().into() };
        self.progress.suspend(|| std::io::stderr().write_all(text.as_bytes())).map(|()| bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stderr().flush()
    }
}
