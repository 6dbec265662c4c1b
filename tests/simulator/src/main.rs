//! The simulator as a program of its own: starts a server, prints how to reach it, and serves until it is stopped.

use std::io::Write;
use std::process::ExitCode;

use chrono::{DateTime, Utc};
use clap::Parser;
use connectwise_simulator::{Config, Scale, Simulator};

/// A stand-in for the ConnectWise PSA REST API.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// The port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 8025)]
    port: u16,
    /// How much data: small, medium or large.
    #[arg(long, default_value = "small")]
    scale: Scale,
    /// What the data is made from.
    #[arg(long, default_value_t = 2025)]
    seed: u64,
    /// When the simulator's own clock starts, as in 2026-01-05T06:00:00Z.
    #[arg(long)]
    clock: Option<DateTime<Utc>>,
    /// How many time entries carry a value that fits no type.
    #[arg(long, default_value_t = 0)]
    misfits: u32,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut config = Config {
        scale: arguments.scale,
        seed: arguments.seed,
        misfits: arguments.misfits,
        port: arguments.port,
        ..Config::default()
    };
    if let Some(clock) = arguments.clock {
        config.clock = clock;
    }
    let (username, password, client_id) = (config.username.clone(), config.password.clone(), config.client_id.clone());
    let mut output = std::io::stdout();
    let done = match Simulator::start(config).await {
        Ok(simulator) => {
            let told = writeln!(
                output,
                "CW_BASE_URL={}\nCW_AUTH_USERNAME={username}\nCW_AUTH_PASSWORD={password}\nCW_CLIENTID={client_id}",
                simulator.base_url()
            );
            let waited = tokio::signal::ctrl_c().await;
            simulator.stop().await;
            told.and(waited)
        }
        Err(error) => Err(std::io::Error::other(error)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to tell where even this can't be written.
            let _ = writeln!(std::io::stderr(), "connectwise-simulator: {error}");
            ExitCode::FAILURE
        }
    }
}
