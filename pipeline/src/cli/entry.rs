//! Entry: a whole command line, as a program of its own or inside another program.
//!
//! Invariant: nothing here may end the process; whoever calls decides what an exit status means.

use super::environment::Refusal;
use super::output::SharedBuffer;
use super::{Cli, LogFormat, Output};
use crate::error::{Error, Result};
use crate::lake::TokenSource;
use crate::printable::{lines, one_line};
use crate::progress::Progress;
use crate::telemetry::Telemetry;
use std::ffi::OsString;
use std::io::{IsTerminal as _, Write};
use std::time::Duration;
use tokio::runtime::Runtime;
use tracing_subscriber::Layer as _;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::fmt::format::debug_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Stack of a thread, in bytes: planning a large statement recurses deeper than a default one allows.
const STACK_BYTES: usize = 16 * 1024 * 1024;

/// Files are read on threads that wait for the disk, at times on hundreds at once, and work goes to all of them in turn.
/// What one allocated and another freed is held until the first allocates again: an idle one must end.
const IDLE_THREAD_ENDS_AFTER: Duration = Duration::from_millis(100);

/// Executes a command line, whose first argument is the program's name, and returns its exit status. Results go to
/// standard output; progress, the log and errors to standard error.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let cli = match Cli::read(arguments) {
        Ok(cli) => cli,
        Err(Refusal::Told(told)) => {
            // A closed pipe is no fault of the command line.
            let _ = told.print();
            return u8::try_from(told.exit_code()).unwrap_or(2);
        }
        Err(Refusal::Wrong(error)) => return ended(Err(error), &Progress::silent()),
    };
    let begun = cli.log_filter().and_then(|filter| Ok((filter, Telemetry::from_env()?)));
    let (filter, telemetry) = match begun {
        Ok(begun) => begun,
        Err(error) => return ended(Err(error), &Progress::silent()),
    };
    let progress = cli.progress();
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
            let log = log.fmt_fields(fields.delimited(" ")).with_ansi(has_colours());
            let log = log.with_target(false).compact();
            (log.with_filter(filter).boxed(), Progress::silent())
        }
        LogFormat::Json => {
            std::panic::set_hook(Box::new(|fault| tracing::error!("{fault}")));
            let log = log.json().flatten_event(true).with_current_span(false).with_span_list(false);
            (log.with_filter(filter).boxed(), progress.clone())
        }
    };
    // Fails where the program around this one has a log already.
    let _ = tracing_subscriber::registry().with(log).with(telemetry.layer()).try_init();
    let outcome = runtime().and_then(|runtime| {
        // It ends with the process: reads of logs that are under way when a run is stopped would panic without it.
        let runtime: &'static Runtime = Box::leak(Box::new(runtime));
        on_large_stack(|| execute(runtime, cli, Output::standard(progress.clone())))
    });
    progress.clear();
    telemetry.finish();
    ended(outcome, &last)
}

/// Returns a runtime that any command can run on.
///
/// # Errors
/// [`Error::Io`] where the system gives no threads.
pub fn runtime() -> Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_keep_alive(IDLE_THREAD_ENDS_AFTER)
        .thread_stack_size(STACK_BYTES)
        .build()
        .map_err(|error| Error::io("starting the runtime", error))
}

/// Executes a command line inside another program, and returns its exit status and its results. Progress goes to a
/// writer, line by line; bearer tokens for the storage come from a source, where there is one. The calling thread waits.
///
/// # Errors
/// [`Error`]; of the command line: [`Error::Usage`]. Requested help is one, too.
pub fn embedded(
    runtime: &Runtime,
    arguments: impl IntoIterator<Item = OsString>,
    tokens: Option<TokenSource>,
    progress: Progress,
) -> Result<(u8, Vec<u8>)> {
    let mut cli = Cli::read(arguments).map_err(|refusal| match refusal {
        Refusal::Told(told) => Error::Usage(told.to_string().trim_start_matches("error: ").trim_end().to_owned()),
        Refusal::Wrong(error) => error,
    })?;
    cli.take_tokens(tokens);
    let results = SharedBuffer::default();
    let output = Output::with(Box::new(results.clone()), progress);
    let status = on_large_stack(|| execute(runtime, cli, output))?;
    Ok((status, results.take()))
}

/// Runs work on a thread of its own, whose stack is large enough for any statement.
fn on_large_stack<T: Send>(work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, work)
            .map_err(|error| Error::io("starting the main thread", error))?;
        thread.join().unwrap_or_else(|_| Err(Error::query("the command stopped on a fault of its own".to_owned())))
    })
}

/// Whether the log has colours: on a terminal that takes them, unless NO_COLOR is set.
fn has_colours() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    std::io::stderr().is_terminal() && !is_dumb && !is_set("NO_COLOR")
}

fn execute(runtime: &Runtime, cli: Cli, mut output: Output) -> Result<u8> {
    let outcome = runtime.block_on(cli.execute(&mut output));
    output.flush()?;
    outcome
}

/// Returns the exit status of a command, whose error is shown.
fn ended(outcome: Result<u8>, progress: &Progress) -> u8 {
    outcome.unwrap_or_else(|error| {
        progress.error(&error);
        error.exit_code()
    })
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

impl Write for LogWriter {
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

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::path::{Path, PathBuf};
    use std::sync::{Arc, Barrier};
    use std::time::Instant;

    #[test]
    fn threads_of_a_burst_of_reads_end_soon_after_it() {
        const READS: usize = 200;
        let runtime = runtime().unwrap();
        let all_there = Arc::new(Barrier::new(READS));
        let threads: Vec<PathBuf> = runtime.block_on(async {
            let read = |_| {
                let all_there = Arc::clone(&all_there);
                tokio::task::spawn_blocking(move || {
                    all_there.wait();
                    std::fs::read_link("/proc/thread-self").unwrap()
                })
            };
            futures::future::try_join_all((0..READS).map(read)).await.unwrap()
        });
        let lives = |thread: &PathBuf| Path::new("/proc").join(thread).exists();
        let began = Instant::now();
        while threads.iter().any(lives) {
            // The engine's own default is ten seconds.
            assert!(
                began.elapsed() < Duration::from_secs(5),
                "{} live",
                threads.iter().filter(|one| lives(one)).count()
            );
            std::thread::yield_now();
        }
    }
}
