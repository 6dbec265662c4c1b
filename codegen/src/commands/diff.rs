//! `diff`: what changed in the tables since another spec file or a git revision.

use std::path::Path;
use std::process::Command;

use crate::diff::{self, Change, Entry};
use crate::import::Lock;
use crate::inputs::{Inputs, LOCK};
use crate::ir::Ir;
use crate::report::{Problems, Reporter};
use crate::{entities, files, render};

use super::{CommandError, count, none_of};

/// How the changes are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Lines.
    Text,
    /// A Markdown table, for a pull request.
    Md,
    /// One JSON document.
    Json,
}

/// Shows the changes from `against` (a spec file, or a git revision) to the working tree.
///
/// # Errors
/// Where either side can't be read.
pub fn diff(root: &Path, against: &str, format: Format, reporter: &mut Reporter<'_>) -> Result<u8, CommandError> {
    let mut problems = Problems::new();
    let inputs = Inputs::read(root, &mut problems);
    none_of(std::mem::take(&mut problems))?;
    let new = render::lower(&inputs, &mut problems);
    none_of(problems)?;
    let other =
        if Path::new(against).is_file() { of_file(&inputs, Path::new(against))? } else { of_revision(root, against)? };
    // What the other side lacks (an entity of a later spec, say) is a change here and no problem.
    let mut problems = Problems::new();
    let Some(old) = render::lower(&other, &mut problems) else {
        none_of(problems)?;
        return Err(CommandError::Other(format!("{against} could not be read")));
    };
    let empty = Ir::default();
    let entries = diff::tables(&old, new.as_ref().unwrap_or(&empty));
    show(&entries, against, format, reporter)?;
    Ok(0)
}

/// Today's settings with another spec.
fn of_file(inputs: &Inputs, file: &Path) -> Result<Inputs, CommandError> {
    let name = file.display().to_string();
    let spec = std::fs::read_to_string(file).map_err(|error| files::FileError::new(&name, "read", error))?;
    Ok(Inputs { spec_file: name, spec, files: inputs.files.clone() })
}

/// Spec and settings of a revision.
fn of_revision(root: &Path, revision: &str) -> Result<Inputs, CommandError> {
    let mut inputs = Inputs::default();
    let lock = show_file(root, revision, LOCK)?;
    let lock: Lock = serde_json::from_str(&lock)
        .map_err(|error| CommandError::Other(format!("{LOCK} of {revision} can't be read: {error}")))?;
    inputs.spec_file = format!("schema/{}", lock.file);
    inputs.spec = show_file(root, revision, &inputs.spec_file)?;
    inputs.files.insert(entities::FILE.to_owned(), show_file(root, revision, entities::FILE)?);
    Ok(inputs)
}

fn show_file(root: &Path, revision: &str, file: &str) -> Result<String, CommandError> {
    let trouble = |why: &str| {
        CommandError::Other(format!(
            "{revision} is neither a file nor a git revision that has {file}: {why}\n  \
             fix: name a spec file, or a revision that `git log -- schema` shows"
        ))
    };
    if revision.starts_with('-') {
        return Err(trouble("it begins with a dash"));
    }
    let output = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(["show", &format!("{revision}:./{file}")])
        .output()
        .map_err(|error| trouble(&format!("git can't be run: {error}")))?;
    if !output.status.success() {
        return Err(trouble(String::from_utf8_lossy(&output.stderr).trim()));
    }
    String::from_utf8(output.stdout).map_err(|_| trouble("it is not UTF-8"))
}

fn show(entries: &[Entry], against: &str, format: Format, reporter: &mut Reporter<'_>) -> Result<(), CommandError> {
    let breaking = entries.iter().filter(|entry| entry.breaking).count();
    let summary = match entries.len() {
        0 => format!("no table changed since {against}"),
        changes => format!("{} since {against}, {breaking} breaking", count(changes, "change")),
    };
    match format {
        Format::Text => {
            for entry in entries {
                reporter.line(entry)?;
            }
            reporter.line(summary)?;
        }
        Format::Md => {
            reporter.line(format!("**{summary}**"))?;
            if !entries.is_empty() {
                reporter.line(
                    "\n| entity | layer | column | change | before | after | breaking |\n|---|---|---|---|---|---|---|",
                )?;
            }
            for entry in entries {
                let change = match entry.change {
                    Change::Added => "added",
                    Change::Removed => "removed",
                    Change::Retyped => "retyped",
                    Change::Renamed => "renamed",
                    Change::Changed => "changed",
                };
                let column = if entry.column.is_empty() {
                    format!("`{}`", entry.table)
                } else {
                    format!("`{}.{}`", entry.table, entry.column)
                };
                reporter.line(format!(
                    "| {} | {} | {column} | {change} | {} | {} | {} |",
                    entry.entity,
                    entry.layer,
                    entry.before,
                    entry.after,
                    if entry.breaking { "yes" } else { "no" },
                ))?;
            }
        }
        Format::Json => {
            let document = serde_json::json!({ "against": against, "breaking": breaking, "changes": entries });
            let text = serde_json::to_string_pretty(&document)
                .map_err(|error| CommandError::Other(format!("the changes can't be written as JSON: {error}")))?;
            reporter.text(&text)?;
        }
    }
    Ok(())
}
