//! `cargo codegen`: the command line of the generator.

use std::io;
use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(connectwise_codegen::cli::run(
        std::env::args_os(),
        &mut io::stdout().lock(),
        &mut io::stderr().lock(),
    ))
}
