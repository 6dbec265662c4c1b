//! The binary `connectwise-etl`.

use clap::Parser as _;
use connectwise_etl::cli::{Cli, Output};
use connectwise_etl::{Error, Result};
use std::io::IsTerminal as _;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

/// Planning a large statement recurses deeper than a default stack allows.
const STACK_BYTES: usize = 16 * 1024 * 1024;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = EnvFilter::try_from_env("CW_LOG").unwrap_or_else(|_| EnvFilter::new(cli.log_level()));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .compact()
        .init();
    let output = Output::standard(cli.quiet());
    let outcome = std::thread::Builder::new()
        .stack_size(STACK_BYTES)
        .spawn(move || execute(cli, output))
        .map_err(|error| Error::io("starting the main thread", error))
        .and_then(|thread| {
            thread.join().unwrap_or_else(|_| Err(Error::Query("the command stopped on a fault of its own".to_owned())))
        });
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            Output::standard(false).progress(format!("error: {error}"));
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
