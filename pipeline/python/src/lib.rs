//! The pipeline as the Python module `connectwise_etl._native`; the package around it is in `python/`.
//!
//! Invariant: the interpreter's lock is free while a command is at work, and nothing here may end the process.

use connectwise_etl::Error;
use connectwise_etl::cli;
use connectwise_etl::lake::{self, TokenSource};
use connectwise_etl::progress::Progress;
use connectwise_generated::agreement_rules;
use futures::FutureExt as _;
use pyo3::create_exception;
use pyo3::exceptions::{PyException, PyKeyboardInterrupt};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Write;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::runtime::Runtime;

/// Interval at which Python is asked whether Ctrl-C was pressed.
const SIGNALS_EVERY: Duration = Duration::from_millis(100);
/// Interval between lines of an entity that is being read.
const LINES_EVERY: Duration = Duration::from_secs(10);

create_exception!(_native, NativeError, PyException, "A command that ended early: `kind` and `exit_code` say how.");

/// Runs layers of the pipeline.
///
/// Returns the exit status (0 done, 3 some entities failed, 4 a check failed) and the report, as one JSON document.
#[pyfunction]
#[pyo3(signature = (*, lakehouse, layout, mode, layers, lookback_days, entities, storage_options, token, wait, progress))]
#[expect(clippy::too_many_arguments, reason = "each is a keyword of the Python function")]
fn run(
    py: Python<'_>,
    lakehouse: &str,
    layout: Option<&str>,
    mode: &str,
    layers: Vec<String>,
    lookback_days: Option<u32>,
    entities: Vec<String>,
    storage_options: BTreeMap<String, String>,
    token: Option<Py<PyAny>>,
    wait: Option<f64>,
    progress: Option<Py<PyAny>>,
) -> PyResult<(u8, String)> {
    let mut line = CommandLine::new("run");
    line.flag("--json").option("--lakehouse", Some(lakehouse)).option("--layout", layout).option("--mode", Some(mode));
    line.option("--layers", Some(&layers.join(",")));
    line.option("--lookback-days", lookback_days.map(|days| days.to_string()).as_deref());
    line.option("--wait", wait.map(|seconds| format!("{:.0}", seconds.max(0.0).ceil())).as_deref());
    line.option("--entities", Some(entities.join(",")).filter(|names| !names.is_empty()).as_deref());
    for (key, value) in &storage_options {
        line.option("--storage-option", Some(&format!("{key}={value}")));
    }
    let (status, report) = execute(py, line, token.map(token_source), progress)?;
    Ok((status, String::from_utf8_lossy(&report).into_owned()))
}

/// Reads any list of the API. Returns it as the bytes of a Parquet file.
#[pyfunction]
#[pyo3(signature = (
    *, endpoint, conditions, child_conditions, custom_field_conditions, fields, order_by, page_size, limit, progress
))]
#[expect(clippy::too_many_arguments, reason = "each is a keyword of the Python function")]
fn extract<'py>(
    py: Python<'py>,
    endpoint: &str,
    conditions: Option<&str>,
    child_conditions: Option<&str>,
    custom_field_conditions: Option<&str>,
    fields: Vec<String>,
    order_by: Option<&str>,
    page_size: u64,
    limit: Option<u64>,
    progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyBytes>> {
    let mut line = CommandLine::new("extract");
    line.option("--format", Some("parquet")).option("--conditions", conditions);
    line.option("--child-conditions", child_conditions).option("--custom-field-conditions", custom_field_conditions);
    line.option("--fields", Some(fields.join(",")).filter(|names| !names.is_empty()).as_deref());
    line.option("--order-by", order_by).option("--page-size", Some(&page_size.to_string()));
    line.option("--limit", limit.map(|limit| limit.to_string()).as_deref());
    line.flag("--").flag(endpoint);
    let (_, parquet) = execute(py, line, None, progress)?;
    Ok(PyBytes::new(py, &parquet))
}

/// Classifies the name of an agreement type: its normalized type and its billing behavior.
#[pyfunction]
fn classify(name: &str) -> (&'static str, &'static str) {
    let (rule, _) = agreement_rules::classify(name);
    (rule.normalized, rule.behavior)
}

/// Executes a command line, without the program's name, as the program `connectwise-etl`; returns its exit status.
#[pyfunction]
fn main(py: Python<'_>, argv: Vec<OsString>) -> u8 {
    let program = std::iter::once(OsString::from("connectwise-etl"));
    py.detach(|| cli::main(program.chain(argv)))
}

/// The module `connectwise_etl._native`.
#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("NativeError", module.py().get_type::<NativeError>())?;
    module.add_function(wrap_pyfunction!(run, module)?)?;
    module.add_function(wrap_pyfunction!(extract, module)?)?;
    module.add_function(wrap_pyfunction!(classify, module)?)?;
    module.add_function(wrap_pyfunction!(main, module)?)
}

/// Command line that is put together here. A value can't be taken for an option.
struct CommandLine(Vec<OsString>);

impl CommandLine {
    fn new(command: &str) -> Self {
        Self(vec!["connectwise-etl".into(), command.into()])
    }

    fn flag(&mut self, text: &str) -> &mut Self {
        self.0.push(text.into());
        self
    }

    fn option(&mut self, name: &str, value: Option<&str>) -> &mut Self {
        self.0.extend(value.map(|value| format!("{name}={value}").into()));
        self
    }
}

/// Executes a command on a thread of its own, while this one watches for Ctrl-C.
fn execute(
    py: Python<'_>,
    line: CommandLine,
    tokens: Option<TokenSource>,
    progress: Option<Py<PyAny>>,
) -> PyResult<(u8, Vec<u8>)> {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    lake::leave_signals();
    let runtime = match RUNTIME.get() {
        Some(runtime) => runtime,
        None => {
            let runtime = cli::runtime().map_err(|error| native_error(py, &error))?;
            RUNTIME.get_or_init(|| runtime)
        }
    };
    let progress = match progress {
        Some(callback) => Progress::lines(Box::new(Lines { callback, text: Vec::new() }), LINES_EVERY),
        None => Progress::silent(),
    };
    log_to(&progress);
    let (outcome, pressed) = py.detach(|| {
        let (sender, receiver) = channel();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                let _ = sender.send(cli::embedded(runtime, line.0, tokens, progress));
            });
            let mut pressed = None;
            loop {
                match receiver.recv_timeout(SIGNALS_EVERY) {
                    Ok(outcome) => return (outcome, pressed),
                    Err(RecvTimeoutError::Timeout) => {
                        if let Err(signal) = Python::attach(|py| py.check_signals()) {
                            pressed = Some(signal);
                        }
                        // Each time: a command that is only beginning does not listen yet.
                        if pressed.is_some() {
                            lake::request_stop();
                        }
                    }
                    Err(RecvTimeoutError::Disconnected) => {
                        let text = "the command stopped on a fault of its own".to_owned();
                        return (Err(Error::query(text)), pressed);
                    }
                }
            }
        })
    });
    match (outcome, pressed) {
        // What was done before Ctrl-C is done.
        (_, Some(signal)) => Err(signal),
        (Ok(done), None) => Ok(done),
        (Err(Error::Lake(lake::Error::Interrupted)), None) => Err(PyKeyboardInterrupt::new_err("stopped")),
        (Err(error), None) => Err(native_error(py, &error)),
    }
}

fn native_error(py: Python<'_>, error: &Error) -> PyErr {
    let told = NativeError::new_err(error.to_string());
    let kind = if error.exit_code() == 2 { "usage" } else { "failed" };
    let value = told.value(py);
    let set = value.setattr("kind", kind).and_then(|()| value.setattr("exit_code", error.exit_code()));
    match set {
        Ok(()) => told,
        Err(other) => other,
    }
}

/// Asks a Python function for a bearer token, on a thread that may wait for the interpreter.
fn token_source(callback: Py<PyAny>) -> TokenSource {
    let callback = Arc::new(callback);
    Arc::new(move || {
        let callback = Arc::clone(&callback);
        let asked = tokio::task::spawn_blocking(move || {
            Python::attach(|py| callback.call0(py)?.extract::<String>(py)).map_err(|error| error.to_string())
        });
        async move {
            match asked.await {
                Ok(token) => token.map_err(Into::into),
                Err(error) => Err(error.into()),
            }
        }
        .boxed()
    })
}

/// Writer that hands whole lines to a Python function.
struct Lines {
    callback: Py<PyAny>,
    text: Vec<u8>,
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.text.extend_from_slice(bytes);
        while let Some(end) = self.text.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.text.drain(..=end).collect();
            let line = String::from_utf8_lossy(line.get(..end).unwrap_or_default()).into_owned();
            // A function that fails costs its own lines, never the run.
            Python::attach(|py| self.callback.call1(py, (line,))).map_err(std::io::Error::other)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Sends warnings of the log to the progress of the command that began last.
fn log_to(progress: &Progress) {
    static CURRENT: Mutex<Option<Progress>> = Mutex::new(None);
    *CURRENT.lock().unwrap_or_else(PoisonError::into_inner) = Some(progress.clone());
    // Fails from the second time on, and where the program around this one has a log of its own.
    let _ = tracing_subscriber::fmt()
        .compact()
        .with_ansi(false)
        .without_time()
        .with_target(false)
        .with_env_filter("off,connectwise=warn")
        .with_writer(|| LogWriter(&CURRENT))
        .try_init();
}

/// Writer of one event of the log.
struct LogWriter(&'static Mutex<Option<Progress>>);

impl Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let progress = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(progress) = progress {
            progress.say(String::from_utf8_lossy(bytes).trim_end());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
