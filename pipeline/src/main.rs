//! The binary `connectwise-etl`.

use std::process::ExitCode;

/// Allocator of the process. A run allocates much on several threads: this one saves a tenth of its time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ExitCode::from(connectwise_etl::cli::main(std::env::args_os()))
}
