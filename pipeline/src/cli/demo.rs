//! `connectwise-etl demo`: a full run against a simulated ConnectWise inside the process.

use super::measures;
use super::outcome;
use super::output::{Output, grouped};
use super::report::{self, html::Language};
use crate::catalog;
use crate::client::{Client, DataSource, Limits, RateLimit, RetryPolicy};
use crate::context::{Mode, Options, RunId};
use crate::error::{Error, Result};
use crate::gold;
use crate::lake::{self, Lakehouse, Layout};
use crate::lock;
use crate::run;
use crate::run::report::RunReport;
use crate::run::source;
use crate::secret::Secret;
use crate::settings::{ApiSettings, hash_key};
use chrono::{DateTime, TimeDelta, Utc};
use clap::{Args, ValueEnum};
use connectwise_runtime::HashKey;
use connectwise_simulator::{AdvanceRequest, Config, Scale, Simulator};
use std::time::Instant;

#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// How much data: about 5,000, 100,000 or 1,000,000 time entries
    #[arg(long, value_enum, default_value_t)]
    scale: Size,
    /// Where to write the tables
    #[arg(long, env = "CW_LAKEHOUSE", default_value = "./lakehouse", value_name = "DIR")]
    lakehouse: String,
    /// `<layer>/<table>`, or `<layer>_<table>`
    #[arg(long, env = "CW_LAYOUT", value_enum, default_value_t)]
    layout: Layout,
    /// Where the simulated clock starts; a day ago where left out, so that the tables end today
    #[arg(long, value_name = "INSTANT", hide = true)]
    clock: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Size {
    #[default]
    Small,
    Medium,
    Large,
}

/// Measures that are shown, unless all are asked for.
const SHOWN: [&str; 10] = [
    "Actual Hours",
    "Billable Hours",
    "Utilization",
    "Invoiced Revenue",
    "Margin",
    "MRR",
    "Prepaid Hours Remaining",
    "Unbilled Amount",
    "Leakage",
    "Overdue",
];

/// Rate limit of the demo: a simulator inside the process needs no consideration.
const RATE: RateLimit = RateLimit { requests_per_minute: 0, workers: 8 };

pub(super) async fn execute(args: DemoArgs, output: &mut Output) -> Result<u8> {
    let started = Instant::now();
    output.set_place(&args.lakehouse);
    // What the demo hashes is made up, so a publicly known key will do.
    let key = hash_key()?.or_else(|| Some(HashKey::new(b"connectwise-etl demo")));
    let lake = catalog::open(&args.lakehouse, args.layout)?.with_hash_key(key);
    if let Some(holder) = lock::holder(&lake).await? {
        return Err(lake::Error::Locked { location: lake.display(), holder: Box::new(holder) }.into());
    }
    must_be_a_demo(&lake).await?;
    let scale = match args.scale {
        Size::Small => Scale::Small,
        Size::Medium => Scale::Medium,
        Size::Large => Scale::Large,
    };
    let clock = args.clock.unwrap_or_else(|| Utc::now() - TimeDelta::days(1));
    let config = Config { scale, clock, misfits: 1, ..Config::default() };
    let settings = |base_url| ApiSettings {
        base_url,
        username: Secret::new(config.username.clone()),
        password: Secret::new(config.password.clone()),
        client_id: Secret::new(config.client_id.clone()),
        api_version: None,
    };
    let simulator = Simulator::start(config.clone())
        .await
        .map_err(|error| Error::io("starting the simulated ConnectWise", std::io::Error::other(error)))?;
    let base_url = url::Url::parse(&simulator.base_url())
        .map_err(|error| Error::Usage(format!("the simulator's address is not usable: {error}")))?;
    let client = Client::with(settings(base_url), RetryPolicy::default(), RATE, Limits::default())?;
    let client = client.with_source(DataSource::demo());
    output.progress(format!("A simulated ConnectWise answers at {}", simulator.base_url()));

    output.line(format!("1. A full run into {}", lake.display()))?;
    let first =
        run::run(Some(&client), &lake, &Options { mode: Mode::Full, progress: output.watch(), ..Options::default() })
            .await?;
    show(&first, output)?;

    let changes = AdvanceRequest { hours: 24.0, change: 40, add: 25, delete: 3, post: 5, ..AdvanceRequest::default() };
    simulator.world().advance(changes.clone());
    output.line(format!(
        "\n2. A day passes at the source: of each entity up to {} records change, {} come, {} are deleted; {} invoices \
         are posted",
        changes.change, changes.add, changes.delete, changes.post
    ))?;

    output.line("\n3. An incremental run: only what changed is read and written")?;
    let second = run::run(Some(&client), &lake, &Options { progress: output.watch(), ..Options::default() }).await?;
    show(&second, output)?;

    output.line("\n4. What gold answers")?;
    let mut measured = gold::measures(&lake, &RunId::new(Utc::now()), None, None).await?;
    if !output.is_verbose() {
        measured.columns.retain(|(measure, _)| SHOWN.contains(&measure.name));
    }
    measures::tables(&measured, None, output)?;
    let page = lake.root().to_file_path().unwrap_or_default().join("report.html");
    report::html::execute(&lake, Some(&page.to_string_lossy()), Language::En, output).await?;
    // The program's name as it was called, so that the line can be copied; another program's where it is a part of that.
    let is_own = |name: &String| name.contains("connectwise-etl");
    let program = std::env::args().next().filter(is_own).unwrap_or_else(|| "connectwise-etl".to_owned());
    let hours = "SELECT SUM(actualHours) AS hours FROM gold.fact_timeentry";
    output.line(format!(
        "\nDone in {:.1} s: {} rows in gold, and a page about them for your browser:\n\n  {}\n\nNext, try\n\n  {program} query \
         \"{hours}\"{there}\n  {program} report measures --by agreement{there}\n  {program} status{there}",
        started.elapsed().as_secs_f64(),
        grouped(second.tables.iter().filter(|table| table.layer == "gold").map(|table| table.rows).sum()),
        page.display(),
        there = output.place(),
    ))?;
    simulator.stop().await;
    Ok(first.exit_code().max(second.exit_code()))
}

fn show(report: &RunReport, output: &mut Output) -> Result<()> {
    outcome::show(report, output)?;
    if let Some(text) = report.error_text() {
        for line in text.lines() {
            output.error(line);
        }
    }
    Ok(())
}

/// Requires a folder that is empty or a demo's: made-up data must never mix with real data. The folder is recorded as a
/// demo's before anything else is in it.
async fn must_be_a_demo(lake: &Lakehouse) -> Result<()> {
    let refused = |reason: &str| Error::from(lake.unusable(reason));
    let path = lake
        .root()
        .to_file_path()
        .map_err(|()| refused("the demo writes to a local folder: name one with --lakehouse DIR"))?;
    let demo = DataSource::demo();
    let held = source::remembered(lake).await?;
    let occupied = std::fs::read_dir(&path).is_ok_and(|mut entries| entries.next().is_some());
    if let Some(held) = held.as_ref().filter(|held| **held != demo) {
        return Err(Error::Usage(format!(
            "the lakehouse {} holds the data of {held}, and this is {demo}: name another folder with \
             --lakehouse DIR",
            lake.display()
        )));
    }
    if occupied && held.is_none() {
        return Err(refused(
            "it holds something that is no demo's, and made-up data must not mix with it; name another folder with \
             --lakehouse DIR",
        ));
    }
    if occupied {
        // The simulator starts anew, so an earlier demo's tables would only confuse.
        remove_tables(&path)
            .map_err(|error| Error::io(format!("removing the earlier demo's tables in {}", path.display()), error))?;
    }
    lake.check_writable().await?;
    let run = RunId::new(Utc::now());
    run::locked(lake, "demo", source::remember(lake, &run, &demo, false)).await.map(|_| ())
}

/// Removes the folders of tables, in either layout.
fn remove_tables(path: &std::path::Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let is_table =
            |layer: &str| name.strip_prefix(layer).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'));
        if entry.file_type()?.is_dir() && catalog::LAYERS.into_iter().any(is_table) {
            std::fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::SHOWN;
    use connectwise_generated::measures::MEASURES;

    #[test]
    fn what_is_shown_is_a_measure() {
        for name in SHOWN {
            assert!(MEASURES.iter().any(|measure| measure.name == name), "{name}");
        }
    }
}
