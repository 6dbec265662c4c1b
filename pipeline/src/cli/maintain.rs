//! `connectwise-etl maintain`: compacts small files, deletes old ones and writes a checkpoint; prints a row per table.

use super::args::{LakeArgs, LockArgs, must_exist};
use super::output::{Output, grouped};
use super::table::table;
use crate::catalog::known_tables;
use crate::error::{Error, Result};
use crate::lake::{Lakehouse, MaintenanceOptions, MaintenanceResult, RETENTION_HOURS, maintain};
use crate::run;
use clap::Args;

#[derive(Debug, Args)]
pub(super) struct MaintainArgs {
    /// Keep the files of earlier versions for so many hours
    #[arg(long, default_value_t = RETENTION_HOURS, value_name = "N")]
    retention_hours: u32,
    /// Keep them for less than a week, though a report or query may still read them
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    lake: LakeArgs,
    #[command(flatten)]
    lock: LockArgs,
    /// Show what would be done, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

pub(super) async fn execute(args: &MaintainArgs, output: &mut Output) -> Result<u8> {
    if args.retention_hours < RETENTION_HOURS && !args.force {
        return Err(Error::Usage(format!(
            "--retention-hours {} is less than {RETENTION_HOURS}: a semantic model or query that reads an earlier \
             version would lose its files. Add --force where nobody reads one",
            args.retention_hours
        )));
    }
    let lake = args.lake.open().await?.with_lock_wait(args.lock.wait());
    must_exist(&lake).await?;
    let upkeep = MaintenanceOptions { retention_hours: args.retention_hours, dry_run: args.dry_run };
    // A dry run takes no lock, as a lock is a file.
    let done = if args.dry_run {
        all(&lake, upkeep).await?
    } else {
        run::locked(&lake, "maintain", all(&lake, upkeep)).await?
    };
    if args.json {
        let text = serde_json::to_string_pretty(&done).map_err(|error| Error::data("the result", error))?;
        output.line(text)?;
    } else {
        show(&done, args.dry_run, output)?;
    }
    let failed: Vec<&str> = done.iter().filter_map(|table| table.error.as_deref()).collect();
    for error in &failed {
        output.error(error);
    }
    Ok(if failed.is_empty() { 0 } else { 3 })
}

async fn all(lake: &Lakehouse, upkeep: MaintenanceOptions) -> Result<Vec<MaintenanceResult>> {
    let mut done = Vec::new();
    for known in known_tables() {
        done.extend(maintain(lake, known, upkeep).await);
    }
    Ok(done)
}

fn show(done: &[MaintenanceResult], dry_run: bool, output: &mut Output) -> Result<()> {
    let cells: Vec<Vec<String>> = done
        .iter()
        .map(|row| {
            let after = |number: u64| {
                // How many there will be is known only when they are written.
                if dry_run && row.compacted { "fewer".to_owned() } else { grouped(number) }
            };
            vec![
                row.layer.to_owned(),
                row.table.to_owned(),
                grouped(row.files_before),
                after(row.files_after),
                grouped(row.bytes_before),
                after(row.bytes_after),
                grouped(row.vacuumed),
                row.checkpoint.map(|version| version.to_string()).unwrap_or_default(),
            ]
        })
        .collect();
    let header = ["layer", "table", "files", "after", "bytes", "after", "old files deleted", "checkpoint"];
    output.line(table(&header, &cells, &[2, 3, 4, 5, 6, 7]))?;
    if dry_run {
        output.line("nothing was written: without --dry-run it is done")?;
    }
    Ok(())
}
